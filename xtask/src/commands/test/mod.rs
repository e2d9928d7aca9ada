//! `cargo xtask test`: everything that must hold before a change lands, in stages, cheapest first.

mod aws_stack;
mod counts;
mod kv_contract;
mod programs;
mod stages;
mod terraform;

use std::time::Duration;

use clap::ValueEnum;

use self::stages::{Run, Stage};
use crate::clock::{Spelled, Stopwatch};
use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// What a cold run may take on two cores. A longer one is reported, not stopped: each test program has its own limit.
const BUDGET: Duration = Duration::from_hours(1);

/// Runs all stages, or those from one on; stops at the first that fails.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also run the tests that are marked as slow (`#[ignore]`).
    #[arg(long)]
    full: bool,
    /// Skip the stages before this one.
    #[arg(long, value_enum, value_name = "STAGE")]
    from: Option<Stage>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    let watch = Stopwatch::start();
    let first = args.from.unwrap_or(Stage::Setup);
    let mut run = Run::new(workspace, args.full)?;
    let mut times = Vec::new();
    let mut failure = None;
    for stage in Stage::value_variants().iter().copied().filter(|stage| *stage >= first) {
        println!("\n== {} ==", stage.name());
        let stage_watch = Stopwatch::start();
        failure = run.stage(stage).err();
        let time = stage_watch.elapsed();
        println!("-- {}: {} in {}", stage.name(), if failure.is_none() { "ok" } else { "FAILED" }, Spelled(time));
        times.push((stage, time));
        if failure.is_some() {
            break;
        }
    }
    if let Some(failure) = &failure {
        eprintln!("\n{failure}");
        run.tally.counts.failed = run.tally.counts.failed.max(1);
    }
    summarise(&times, failure.is_some(), watch.elapsed(), &run);
    match (failure, times.last()) {
        (Some(_), Some((stage, _))) => {
            Err(Failure::new(format!("stage {0} failed; again from there: cargo xtask test --from {0}", stage.name())))
        }
        _ => Ok(()),
    }
}

/// The table of times, what was skipped, and the closing line that other tools read.
fn summarise(times: &[(Stage, Duration)], failed: bool, total: Duration, run: &Run<'_>) {
    println!("\n{:<14} {:>14}", "stage", "time");
    for (index, (stage, time)) in times.iter().enumerate() {
        let mark = if failed && index + 1 == times.len() { "  FAILED" } else { "" };
        println!("{:<14} {:>14}{mark}", stage.name(), Spelled(*time).to_string());
    }
    println!("{:<14} {:>14}", "total", Spelled(total).to_string());
    if total > BUDGET {
        println!("note: over the {} that a cold run may take", Spelled(BUDGET));
    }
    for reason in &run.tally.skipped {
        println!("skipped: {reason}");
    }
    println!("\n{}", run.tally.counts);
}
