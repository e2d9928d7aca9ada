//! `cargo xtask bench function`: how long a Lambda function takes from the start of its process until it asks for its first
//! event, which is when it could answer. No network, no database: a cold start is this and what Lambda adds.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::figures::{Ratio, Spread, grouped, thousandths};
use super::table;
use crate::clock::Stopwatch;
use crate::commands::package::{self, Packaged, ZIP_BUDGET_BYTES};
use crate::failure::{Failure, Outcome, While};
use crate::process;
use crate::workspace::Workspace;

/// What a function on the request path may take.
const START_BUDGET: Duration = Duration::from_millis(25);
/// A function that has not asked by then has failed.
const DEADLINE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_micros(100);
/// What it asks with (AWS Lambda developer guide, "Using the Lambda runtime API").
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";

/// Measures the start of each Lambda function, and its zip.
#[derive(clap::Args)]
pub(super) struct Args {
    /// How often each is started.
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
}

pub(super) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    let functions = package::package(workspace, &package::Args::default())?;
    let times = |measure: &dyn Fn() -> Outcome<Duration>| {
        // One more start than is counted: the first one reads the program from disk.
        measure()?;
        let all: Outcome<Vec<u64>> = (0..args.runs).map(|_| measure().map(micros)).collect();
        Spread::of(all?).ok_or_else(|| Failure::new("nothing was measured"))
    };
    let bare = times(&|| process_alone(workspace))?;
    let heading = ["", "start to ready, ms", "to a bare process", "budget", "", "zip, bytes", "budget", ""];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.push(vec!["a bare process (true)".to_owned(), shown(bare)]);
    for function in functions {
        rows.push(row(&function, times(&|| start(workspace, &function))?, bare)?);
    }
    println!("\n{} starts each, warm disk: median (least–most).", args.runs);
    table::print(&rows);
    Ok(())
}

fn row(function: &Packaged, start: Spread, bare: Spread) -> Outcome<Vec<String>> {
    let zip = std::fs::metadata(&function.archive).during(function.archive.display())?.len();
    let bound = package::has_budget(&function.name);
    let verdict = |within: bool| {
        if !bound {
            "exempt"
        } else if within {
            "within"
        } else {
            "OUTSIDE"
        }
        .to_owned()
    };
    let ratio = Ratio::between(start, bare).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio} ×"));
    Ok(vec![
        function.name.clone(),
        shown(start),
        ratio,
        format!("≤ {} ms", START_BUDGET.as_millis()),
        verdict(start.median <= micros(START_BUDGET)),
        grouped(zip),
        format!("≤ {}", grouped(ZIP_BUDGET_BYTES)),
        verdict(zip <= ZIP_BUDGET_BYTES),
    ])
}

fn shown(times: Spread) -> String {
    format!("{} ({}–{})", thousandths(times.median), thousandths(times.least), thousandths(times.most))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// What the machine takes to start and end a process that does nothing.
fn process_alone(workspace: &Workspace) -> Outcome<Duration> {
    let watch = Stopwatch::start();
    process::run(&mut process::command("true", workspace.root()))?;
    Ok(watch.elapsed())
}

/// Until the function asks for its first event.
fn start(workspace: &Workspace, function: &Packaged) -> Outcome<Duration> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).during("cannot listen on 127.0.0.1")?;
    let api = listener.local_addr().during("the address of a listener")?;
    let mut command = process::command(&function.program, workspace.root());
    configure(&mut command, &api.to_string());
    let watch = Stopwatch::start();
    let mut child = command.spawn().during(format!("cannot start {}", function.program.display()))?;
    let asked = wait_for_next(&listener, &mut child, watch);
    // It waits for an event that never comes.
    drop(child.kill());
    drop(child.wait());
    asked
}

/// The first request that `child` makes, and when it came.
fn wait_for_next(listener: &TcpListener, child: &mut Child, watch: Stopwatch) -> Outcome<Duration> {
    listener.set_nonblocking(true).during("a listener")?;
    let stream = loop {
        if let Ok((stream, _)) = listener.accept() {
            break stream;
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Failure::new(format!("the function ended before it was ready ({status})")));
        }
        if watch.elapsed() > DEADLINE {
            return Err(Failure::new("the function did not ask for an event"));
        }
        std::thread::sleep(POLL);
    };
    stream.set_nonblocking(false).during("a connection")?;
    stream.set_read_timeout(Some(DEADLINE)).during("a connection")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).during("the function's first request")?;
    let time = watch.elapsed();
    if line.starts_with(NEXT) { Ok(time) } else { Err(Failure::new(format!("the function asked for {}", line.trim()))) }
}

/// A whole environment; nothing of it is connected to before the first event.
fn configure(command: &mut Command, api: &str) {
    command.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
    command.envs([
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("DATABASE_URL", "postgres://bench@127.0.0.1/bench"),
        ("TOKEN_ISSUER", "https://issuer.invalid/"),
        ("STRIPE_SECRET_KEY", "bench"),
        ("PAYMENT_RETURN_URL", "https://shop.invalid/"),
        ("CONSUMER", "counters"),
        ("EDGE_PRINCIPAL_ARN", "arn:aws:iam::000000000000:user/edge"),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_at_once_is_no_function() {
        let workspace = Workspace::find().expect("the sources should be where xtask was compiled");
        let (name, program, archive) = ("true".to_owned(), "/bin/true".into(), "/dev/null".into());
        let failure = start(&workspace, &Packaged { name, program, archive }).expect_err("true asks for nothing");
        assert!(failure.to_string().contains("ended before"), "{failure}");
    }
}
