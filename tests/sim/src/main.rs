//! Runs seeds of the simulation, and says what came of them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]

use std::process::ExitCode;

use clap::Parser;
use sim::{Bug, Found, LabError, Run};
use tracing_subscriber::EnvFilter;

/// Whole checkouts, against stores, a provider and processes that fail as a seed says.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, value_name = "N", default_value_t = 300)]
    seeds: u64,
    /// The first one.
    #[arg(long, value_name = "S", default_value_t = 0)]
    from: u64,
    /// Run this one alone, and show its calls.
    #[arg(long, value_name = "S", conflicts_with_all = ["seeds", "from", "bugs"])]
    seed: Option<u64>,
    /// Plant this bug: look for it, or run a seed with it.
    #[arg(long, value_name = "BUG", value_parser = bug_named, conflicts_with_all = ["seeds", "from", "bugs"])]
    bug: Option<Bug>,
    /// Show that each planted bug is found.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    bugs: bool,
}

/// Seeds within which each planted bug is to be found.
const MOST_FOR_A_BUG: u64 = 1_000;
/// So many seeds must show each call.
const MANY: u64 = 300;
/// Runs between two lines that say how far it is.
const LINE_EVERY: u64 = 200;

fn bug_named(name: &str) -> Result<Bug, String> {
    Bug::ALL.into_iter().find(|bug| bug.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        format!("one of {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let done = match arguments {
        Arguments { seed: Some(seed), bug, .. } => sim::replay(seed, bug).map(|run| show(&run)),
        Arguments { bugs: true, .. } => find_bugs(&Bug::ALL),
        Arguments { bug: Some(bug), .. } => find_bugs(&[bug]),
        Arguments { seeds, from, .. } => search(from, seeds),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("sim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing happened that must not.
fn show(run: &Run) -> bool {
    for line in &run.trace {
        println!("{line}");
    }
    for violation in &run.violations {
        println!("seed {}: {violation}", run.seed);
    }
    run.violations.is_empty()
}

fn search(from: u64, seeds: u64) -> Result<bool, LabError> {
    let progress = |done: u64| {
        if done.is_multiple_of(LINE_EVERY) {
            println!("{done} of {seeds} seeds");
        }
    };
    let (tally, failed) = sim::search(from..from + seeds, &progress)?;
    println!("{tally}");
    if let Some(run) = failed {
        for violation in &run.violations {
            println!("seed {}: {violation}", run.seed);
        }
        println!("to see it again: cargo xtask sim --seed {}", run.seed);
        return Ok(false);
    }
    let (empty, rare, missing) = (tally.empty_cells(), tally.rare_calls(), tally.missing_calls());
    if seeds >= MANY && !rare.is_empty() {
        println!("too seldom to judge: {}", rare.join(", "));
    }
    if !missing.is_empty() {
        println!("never made: {}", missing.join(", "));
    }
    if !empty.is_empty() {
        println!("never happened: {}", empty.join(", "));
    }
    let [checkouts, hit] = tally.checkouts;
    let few = hit * 4 < checkouts;
    if few {
        println!("faults hit too few checkouts");
    }
    Ok(empty.is_empty() && !few && (missing.is_empty() || seeds < MANY))
}

fn find_bugs(bugs: &[Bug]) -> Result<bool, LabError> {
    let missed = std::sync::atomic::AtomicBool::new(false);
    let tell = |found: &Found| {
        if let Some(run) = &found.run {
            let shown = |violation: &&String| found.bug.is_shown_by(violation);
            let violation = run.violations.iter().find(shown).map_or("", String::as_str);
            println!("{}: seed {}: {violation}", found.bug, run.seed);
        } else {
            println!("{}: not found within {MOST_FOR_A_BUG} seeds", found.bug);
        }
        if let Some(violation) = found.without.first() {
            println!("{}: its seed shows without it: {violation}", found.bug);
        }
        if !found.is_found() {
            missed.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    };
    sim::find_bugs(bugs, MOST_FOR_A_BUG, &tell)?;
    Ok(!missed.into_inner())
}
