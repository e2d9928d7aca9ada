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
    /// With this planted bug.
    #[arg(long, value_name = "BUG", requires = "seed")]
    bug: Option<String>,
    /// Show that each planted bug is found.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    bugs: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    build::native(workspace, false)?;
    let mut sim = program(workspace);
    match (args.seed, args.bugs) {
        (Some(seed), _) => {
            sim.args(["--seed", &seed.to_string()]);
            args.bug.iter().for_each(|bug| drop(sim.args(["--bug", bug])));
        }
        (None, true) => drop(sim.arg("--bugs")),
        (None, false) => drop(sim.args(["--seeds", &args.seeds.to_string(), "--from", &args.from.to_string()])),
    }
    process::run(&mut sim)
}

/// The simulation, which has been built.
pub(crate) fn program(workspace: &Workspace) -> Command {
    let mut sim = workspace.command(&workspace.dev_binary("sim").to_string_lossy());
    setup::point_at_postgres(&mut sim);
    sim
}
