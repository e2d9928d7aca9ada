//! The load generator of `cargo xtask bench checkout`: places orders at the origin's own router over loopback HTTP, signed as the
//! edge signs, and prints one JSON object for each run.
//!
//! It starts what it needs: a private PostgreSQL with its durable defaults, DynamoDB in memory, the decorator that cancels
//! transactions which meet, and the origin as processes of their own, so that each one's processor time is known. Carts and
//! customers are there before a run begins. After each run it counts: one order for each request, and held stock that adds up.

mod carts;
mod client;
mod failure;
mod origin;
mod run;
mod sample;
mod shop;
mod steps;
mod verify;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use crate::{
    failure::Failure,
    run::{CASES, Plan, run},
    shop::Shop,
};

/// Places orders at the origin and measures.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts everything and runs all cases.
    Run(RunArguments),
    /// The origin alone; ends when its standard input does.
    Origin(origin::Arguments),
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// Where PostgreSQL keeps its rows: on a disk, or its durability costs nothing. Emptied before.
    #[arg(long)]
    state_dir: PathBuf,
    /// Clients that wait for one order before they place the next; may be repeated.
    #[arg(long, default_values_t = [1, 8, 16, 64], value_parser = clap::value_parser!(u16).range(1..=256))]
    clients: Vec<u16>,
    /// How long a run measures at most.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// How long it runs before that.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=30))]
    warm_up_seconds: u16,
    /// The most orders of a run, warm-up included: so many carts are filled before it.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    orders: u32,
    /// How often each case is run; they take turns.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    runs: u16,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stderr, reason = "a command line tool talks on its standard streams")]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dynoxide=error,deadpool.postgres=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match Arguments::parse().what {
        What::Run(arguments) => run_all(&arguments).await,
        What::Origin(arguments) => origin::serve(&arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("checkout-load: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run_all(arguments: &RunArguments) -> Result<(), Failure> {
    let shop = Shop::open(&arguments.state_dir).await?;
    let done = run_cases(&shop, arguments).await;
    shop.close().await;
    done
}

#[expect(clippy::print_stdout, reason = "what it prints is what it is for")]
async fn run_cases(shop: &Shop, arguments: &RunArguments) -> Result<(), Failure> {
    let mut number = 0;
    for _ in 0..arguments.runs {
        for clients in &arguments.clients {
            for case in CASES {
                number += 1;
                let plan = Plan {
                    number,
                    case,
                    clients: *clients,
                    orders: arguments.orders,
                    warm_up: Duration::from_secs(arguments.warm_up_seconds.into()),
                    measured: Duration::from_secs(arguments.seconds.into()),
                };
                println!("{}", serde_json::to_string(&run(shop, &plan).await?)?);
            }
        }
    }
    Ok(())
}
