//! `cargo xtask check`: the rules that the compiler does not know.

mod adapters;
mod floats;
mod layers;
mod rules;
mod sizes;
mod sources;

use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// Checks crate boundaries, sizes of files and functions, the adapters' length, and floating point near money.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Also list files and functions that are merely on the long side.
    #[arg(long)]
    verbose: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    let sources = sources::load(workspace)?;
    let mut violations = layers::check(&layers::graph(&workspace.metadata()?));
    violations.extend(sizes::check(&sources, args.verbose));
    violations.extend(adapters::check(&sources));
    violations.extend(floats::check(&sources));
    if violations.is_empty() {
        println!("  {} source files, no violations", sources.len());
        return Ok(());
    }
    for violation in &violations {
        eprintln!("  {violation}");
    }
    Err(Failure::new(format!("breaches of the rules in xtask/src/commands/check/rules.rs: {}", violations.len())))
}
