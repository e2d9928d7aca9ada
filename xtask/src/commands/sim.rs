//! `cargo xtask sim`: whole checkouts against stores, a provider and processes that fail as a seed says.

use std::process::Command;

use super::{build, setup};
use crate::failure::Outcome;
use crate::process;
use crate::workspace::Workspace;

/// Seeds that are run with every change, and with `--full`.
pub(crate) const FEW: u64 = 300;
pub(crate) const MANY: u64 = 10_000;

/// Runs seeds of the simulation until one shows what must not happen.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seeds to run.
    #[arg(long, value_name = "N", default_value_t = FEW)]
    seeds: u64,
    /// The first one.
    #[arg(long, value_name = "S", default_value_t = 0)]
    from: u64,
    /// Run this one alone, and show its calls.
    #[arg(long, value_name = "S", conflicts_with_all = ["seeds", "from", "bugs"])]
    seed: Option<u64>,
    /// Plant this bug: look for it, or run a seed with it.
    #[arg(long, value_name = "BUG", conflicts_with_all = ["seeds", "from", "bugs"])]
    bug: Option<String>,
    /// Show that each planted bug is found.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    bugs: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    build::native(workspace, &["sim"])?;
    let mut sim = program(workspace);
    if args.bugs {
        sim.arg("--bugs");
    }
    if let Some(bug) = &args.bug {
        sim.args(["--bug", bug]);
    }
    if let Some(seed) = args.seed {
        sim.args(["--seed", &seed.to_string()]);
    }
    if !args.bugs && args.bug.is_none() && args.seed.is_none() {
        sim.args(["--seeds", &args.seeds.to_string(), "--from", &args.from.to_string()]);
    }
    process::run(&mut sim)
}

/// The simulation, which has been built.
pub(crate) fn program(workspace: &Workspace) -> Command {
    on_postgres(workspace, "sim")
}

/// A program that has been built, and starts databases.
pub(super) fn on_postgres(workspace: &Workspace, name: &str) -> Command {
    let mut program = workspace.command(&workspace.dev_binary(name).to_string_lossy());
    setup::point_at_postgres(&mut program);
    program
}
