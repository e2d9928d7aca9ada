//! `cargo xtask dev`: the whole shop on this machine, until Ctrl-C.

pub(super) mod children;
pub(super) mod edge;
pub(super) mod http;
pub(super) mod ready;
pub(super) mod stack;
mod tour;

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use self::children::{Children, Ended};
use self::edge::{Edge, Place};
use self::ready::Announcement;
use self::stack::Wanted;
use crate::commands::build;
use crate::commands::setup::{self, Needs};
use crate::failure::{Failure, Outcome, While};
use crate::workspace::Workspace;

/// Runs the shop: PostgreSQL, DynamoDB, issuer, payments, origin, and the edge as WebAssembly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What runs the edge.
    #[arg(long, value_enum, default_value_t = Edge::SpinHost)]
    edge: Edge,
    /// The edge's port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Forget everything that earlier runs left in the state folder.
    #[arg(long)]
    fresh: bool,
    /// Keep state and logs in this folder instead of .dev: a second shop needs one of its own.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Import this catalog: a Shopify product CSV, or NDJSON as the export writes it.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Generate a catalog of this many products (1,000 if neither this nor a file is given).
    #[arg(long, value_name = "N", conflicts_with = "catalog")]
    products: Option<u32>,
    /// Run what is built already, as it is.
    #[arg(long)]
    no_build: bool,
    /// Once everything answers, write its addresses and tokens into this file as JSON.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    // A file of an earlier run would tell whoever waits for it that this one is ready.
    let announcement = Announcement::at(args.ready_file.as_deref())?;
    args.edge.find()?;
    if let Some(catalog) = &args.catalog {
        // Known before minutes of building, not after them.
        File::open(catalog).during(format!("--catalog {}", catalog.display()))?;
    }
    if args.port != 0 {
        edge::free_port(args.port)?;
    }
    if !args.no_build {
        setup::prepare(workspace, Needs { workers: args.edge == Edge::Workers, database: true }, true)?;
        build_all(workspace, args.edge)?;
    }

    let state = match &args.state_dir {
        Some(folder) => std::path::absolute(folder).during(folder.display())?,
        None => workspace.path(".dev"),
    };
    let logs = state.join("logs");
    private_folder(&logs)?;
    let _lock = lock(&state)?;
    let mut children = Children::new(logs)?;
    let result = serve(workspace, args, &state, &mut children, &announcement);
    announcement.withdraw();
    println!("stopping …");
    children.stop();
    result
}

/// Makes a folder, and those above it that are missing, for its owner alone: there are keys and passwords in it.
///
/// # Errors
/// It cannot be made.
pub(super) fn private_folder(folder: &Path) -> Outcome {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).during(folder.display())
}

fn build_all(workspace: &Workspace, edge: Edge) -> Outcome {
    if edge == Edge::Workers {
        build::worker(workspace)?;
    } else {
        build::spin(workspace)?;
    }
    match edge {
        Edge::SpinHost => build::native(workspace, &[build::LOCAL_STACK, build::SPIN_HOST]),
        _ => build::native(workspace, &[build::LOCAL_STACK]),
    }
}

/// One run at a time: two would write to one database folder.
fn lock(state: &Path) -> Outcome<File> {
    let path = state.join("lock");
    let file = File::create(&path).during(path.display())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Failure::new(format!("another cargo xtask dev is running on {}", state.display()))),
    }
}

fn serve(
    workspace: &Workspace,
    args: &Args,
    state: &Path,
    children: &mut Children,
    announcement: &Announcement,
) -> Outcome {
    let wanted = Wanted { state, fresh: args.fresh, catalog: args.catalog.as_deref(), products: args.products };
    let stack = stack::start(workspace, &wanted, children)?;
    let url = args.edge.start(&Place { workspace, state, port: args.port }, &stack, children)?;
    announcement.publish(&stack, &url)?;
    tour::print(&stack, &url, state);
    match children.watch() {
        Ended::BySignal => Ok(()),
        Ended::Child(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_a_run_keeps_is_for_its_owner_alone() {
        let base = std::env::temp_dir().join(format!("xtask-private-{}", std::process::id()));
        private_folder(&base.join("state/logs")).expect("the folder should be made");
        for folder in [base.clone(), base.join("state"), base.join("state/logs")] {
            let mode = std::fs::metadata(&folder).expect("it should be there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        }
        std::fs::remove_dir_all(base).expect("the folder should be removable");
    }

    #[test]
    fn two_runs_do_not_share_a_folder() {
        let state = std::env::temp_dir().join(format!("xtask-lock-{}", std::process::id()));
        private_folder(&state).expect("the folder should be made");
        let first = lock(&state).expect("nobody else is there");
        assert!(lock(&state).expect_err("the first is there").to_string().starts_with("another cargo xtask dev"));
        drop(first);
        assert!(lock(&state).is_ok());
        std::fs::remove_dir_all(state).expect("the folder should be removable");
    }
}
