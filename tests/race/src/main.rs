//! Runs real races, or kills origins, and says what came of it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use race::{Failure, Kills, Raced};
use tracing_subscriber::EnvFilter;

/// Real races over HTTP, and origins that are killed at work.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Races of every kind.
    Races {
        /// So many of each kind in which both sides were inside the window.
        #[arg(long, value_name = "N", default_value_t = 5)]
        each: u32,
    },
    /// Kills an origin under load.
    Kills {
        /// How often.
        #[arg(long, value_name = "N", default_value_t = 3)]
        times: u32,
        /// What the times follow from.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
    /// An origin; ends when its standard input does.
    Origin {
        /// The URL of DynamoDB.
        #[arg(long)]
        dynamodb: String,
        /// The URL of Stripe.
        #[arg(long)]
        payments: String,
        /// The URL of PayPal.
        #[arg(long)]
        paypal: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match Arguments::parse().what {
        What::Races { each } => races(each).await,
        What::Kills { times, seed } => kills(times, seed).await,
        What::Origin { dynamodb, payments, paypal } => race::serve(dynamodb, payments, paypal).await.map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("race: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every kind has met so often, and nothing is broken.
async fn races(each: u32) -> Result<bool, Failure> {
    let raced = race::races(each, &|kind, met| println!("{kind:<26}{met:>6} real races")).await?;
    let Raced { broken, conflicts, counts } = &raced;
    for what in broken {
        println!("broken: {what}");
    }
    println!(
        "{} real races, {} transactions met in DynamoDB, {} broken invariants",
        raced.met(),
        conflicts,
        broken.len()
    );
    Ok(broken.is_empty() && counts.values().all(|(met, _)| *met >= each))
}

async fn kills(times: u32, seed: u64) -> Result<bool, Failure> {
    let program = std::env::current_exe().map_err(Failure::of)?;
    let Kills { kills, busy, interrupted, orders, payments, cancelled, broken } =
        race::kills(&program, times, seed).await?;
    for what in &broken {
        println!("broken (seed {seed}): {what}");
    }
    println!(
        "{kills} origins killed, {busy} of them at work on {interrupted} requests; {orders} orders, {payments} payments, {cancelled} called off, {} broken invariants",
        broken.len()
    );
    Ok(broken.is_empty() && busy > 0 && orders > 0 && payments > 0 && cancelled > 0)
}
