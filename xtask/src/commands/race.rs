//! `cargo xtask race`: real races over HTTP, and origins that are killed at work.

use std::process::Command;

use super::{build, sim};
use crate::failure::Outcome;
use crate::process;
use crate::workspace::Workspace;

/// Real races of each kind, and kills, with every change.
pub(crate) const FEW: [u32; 2] = [5, 3];
/// And with `--full`: more than a thousand races.
pub(crate) const MANY: [u32; 2] = [100, 25];

/// Races two requests in one window, kind by kind, and kills origins under load.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Races of each kind in which both sides were inside the window.
    #[arg(long, value_name = "N", default_value_t = FEW[0])]
    each: u32,
    /// How often an origin is killed.
    #[arg(long, value_name = "N", default_value_t = FEW[1])]
    kills: u32,
    /// What the times of the kills follow from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    build::native(workspace, &["race"])?;
    process::run(&mut races(workspace, args.each))?;
    process::run(kills(workspace, args.kills).args(["--seed", &args.seed.to_string()]))
}

/// The races, so many of each kind.
pub(crate) fn races(workspace: &Workspace, each: u32) -> Command {
    let mut program = sim::on_postgres(workspace, "race");
    program.args(["races", "--each", &each.to_string()]);
    program
}

/// The kills.
pub(crate) fn kills(workspace: &Workspace, times: u32) -> Command {
    let mut program = sim::on_postgres(workspace, "race");
    program.args(["kills", "--times", &times.to_string()]);
    program
}
