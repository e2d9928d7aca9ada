//! `cargo xtask bench checkout`: how many orders a second the origin places, how long each takes, and where the time goes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::orders::{self, Run};
use crate::commands::setup::{self, Needs};
use crate::failure::{Failure, Outcome, While};
use crate::process;
use crate::workspace::Workspace;

/// The program that measures, and is the origin that is measured.
const PROGRAM: &str = "checkout-load";

/// Measures orders: two lines each, signed, over loopback, on PostgreSQL with its durable defaults.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Clients at once, each waiting for one order before it places the next; may be repeated.
    #[arg(long, value_name = "N", default_values_t = [1, 8, 16, 64], value_parser = clap::value_parser!(u16).range(1..=256))]
    clients: Vec<u16>,
    /// How long one run measures at most, after two seconds of warm-up.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// The most orders of a run: so many carts are filled before it.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    orders: u32,
    /// How often each case is measured; they take turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    runs: u16,
    /// Measure what is built already, as it is.
    #[arg(long)]
    no_build: bool,
}

pub(super) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    if !Path::new("/proc/self/stat").exists() {
        return Err(Failure::new("this benchmark reads processor time from /proc, so it runs on Linux only"));
    }
    if !args.no_build {
        setup::prepare(workspace, Needs { workers: false, database: true }, true)?;
        // In release, as the functions are.
        process::run(&mut workspace.cargo(&["build", "--release", "-p", PROGRAM]))?;
    }
    let state = workspace.path(".dev/bench/checkout");
    let mut load = workspace.command(&workspace.target().join("release").join(PROGRAM).to_string_lossy());
    load.arg("run").arg("--state-dir").arg(&state);
    for clients in &args.clients {
        load.args(["--clients", &clients.to_string()]);
    }
    load.args(["--seconds", &args.seconds.to_string(), "--orders", &args.orders.to_string()]);
    load.args(["--runs", &args.runs.to_string()]);
    let runs = read_runs(&mut load);
    // Gigabytes of log and rows, and of no use to anybody.
    drop(std::fs::remove_dir_all(&state));
    let runs = runs?;
    println!(
        "\nTwo lines an order, {} s a run after 2 s of warm-up, runs in turns: {}. Median (least–most).",
        args.seconds, args.runs
    );
    orders::print(&runs);
    match runs.iter().find_map(Run::fault) {
        None => Ok(()),
        Some(fault) => Err(Failure::new(fault)),
    }
}

/// What the program prints, a run a line.
fn read_runs(load: &mut Command) -> Outcome<Vec<Run>> {
    let mut child = load.stdout(Stdio::piped()).spawn().during("cannot start checkout-load")?;
    let output = child.stdout.take().ok_or_else(|| Failure::new("checkout-load has no output"))?;
    let mut runs = Vec::new();
    for line in BufReader::new(output).lines() {
        let run: Run =
            serde_json::from_str(&line.during("what checkout-load prints")?).during("what checkout-load prints")?;
        println!("  {run}");
        runs.push(run);
    }
    let status = child.wait().during("checkout-load")?;
    if status.success() { Ok(runs) } else { Err(Failure::new(format!("checkout-load failed ({status})"))) }
}
