//! `cargo xtask check`: the rules that the compiler does not know.

mod adapters;
mod floats;
mod layers;
mod rules;
mod sizes;
mod sources;
mod unused;

use crate::failure::{Failure, Outcome};
use crate::workspace::Workspace;

/// Checks crate boundaries, unused dependencies, sizes of files and functions, the adapters' length, and floating point.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Also list files and functions that are merely on the long side.
    #[arg(long)]
    verbose: bool,
}

/// Whether there is an example in a comment for `cargo test --doc` to run.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn has_examples(workspace: &Workspace) -> Outcome<bool> {
    sources::have_example(workspace)
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    let sources = sources::load(workspace)?;
    let metadata = workspace.metadata_on_all_targets()?;
    let mut violations = layers::check(&layers::graph(&metadata));
    violations.extend(unused::check(&unused::packages(workspace.root(), &metadata), &sources));
    violations.extend(sizes::check(&sources, args.verbose));
    violations.extend(adapters::check(&sources, &adapters::scripts(workspace)?));
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
