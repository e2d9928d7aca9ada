//! Runs the origin side of the shop until it is told to end.
#![allow(clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use local_stack::{LocalStack, Options, Progress, StackError};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The longest reason that is shown, in characters.
const MAX_REASON: usize = 400;

/// PostgreSQL, DynamoDB, the token issuer, the payment provider and the origin, on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where everything that outlives a run is kept.
    #[arg(long, default_value = ".dev")]
    state_dir: PathBuf,
    /// Write addresses, tokens and keys into this file as JSON, once everything answers.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// Forget what earlier runs have left.
    #[arg(long)]
    fresh: bool,
    /// Fill the shop from this file: Shopify product CSV (.csv), or NDJSON (.ndjson, .jsonl).
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Fill the shop with so many generated products.
    #[arg(long, value_name = "N", default_value_t = 1000, conflicts_with = "catalog")]
    products: usize,
    /// The seed of the generated products.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The origin's port; 0 takes any free one.
    #[arg(long, value_name = "P", default_value_t = 0)]
    origin_port: u16,
    /// Check the signatures of DynamoDB's clients and refuse transactions that meet on an item, as AWS does.
    #[arg(long)]
    strict_dynamodb: bool,
    /// Tell of steps, counts and what a person should know on standard output, as a line of JSON each.
    #[arg(long)]
    reports: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,dynoxide=error,deadpool.postgres=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What a tool says of a full disk names every file that it could not write.
            let reason = error.to_string();
            let shown: String = reason.chars().take(MAX_REASON).collect();
            let rest = if shown.len() < reason.len() { " …" } else { "" };
            eprintln!("local-stack: {shown}{rest}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), StackError> {
    let Arguments { state_dir, ready_file, fresh, catalog, products, seed, origin_port, strict_dynamodb, reports } =
        arguments;
    // Caught before anything starts, so that nothing is left behind by a signal that comes early.
    let mut ended = Signals::new()?;
    let development = Options::for_development(state_dir);
    let progress = if reports { Progress::Reports } else { development.progress };
    let options = Options { fresh, catalog, products, seed, origin_port, strict_dynamodb, progress, ..development };
    let stack = tokio::select! {
        started = LocalStack::start(options) => started?,
        () = ended.wait() => return Ok(()),
    };
    if let Some(path) = &ready_file {
        stack.ready().write(path)?;
    }
    eprintln!("the origin answers at {}", stack.ready().origin_url);
    ended.wait().await;
    if let Some(path) = &ready_file {
        // What it names is gone in a moment.
        let _ = std::fs::remove_file(path);
    }
    stack.stop().await;
    Ok(())
}

/// The signals that end the program.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, StackError> {
        let caught =
            |kind| signal(kind).map_err(|cause| StackError::Part { part: "signals", cause: cause.to_string() });
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
