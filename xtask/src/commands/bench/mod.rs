//! `cargo xtask bench`: how fast, at what cost, and how large. Figures are for people: nothing here fails for being slow.

mod answers;
mod budgets;
mod checkout;
mod edge;
mod figures;
mod function;
mod orders;
mod report;
mod servers;
mod sizes;
mod subjects;
mod table;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::workspace::Workspace;

/// Measures on this machine, and prints figures beside their baselines and budgets.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to measure.
#[derive(Subcommand)]
enum What {
    Edge(edge::Args),
    Checkout(checkout::Args),
    Function(function::Args),
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    match &args.what {
        What::Edge(args) => edge::run(workspace, args),
        What::Checkout(args) => checkout::run(workspace, args),
        What::Function(args) => function::run(workspace, args),
    }
}
