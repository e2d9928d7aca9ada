//! `cargo xtask dev`: the whole shop on this machine, until Ctrl-C.

pub(super) mod children;
pub(super) mod edge;
pub(super) mod http;
pub(super) mod ready;
mod tour;

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use self::children::{Children, Ended};
use self::edge::Edge;
use self::ready::{Announcement, StackReady};
use crate::commands::build;
use crate::commands::setup::{self, Needs};
use crate::failure::{Failure, Outcome, While};
use crate::progress::step;
use crate::workspace::Workspace;

/// Importing a large catalog is part of the start.
const STACK_TIMEOUT: Duration = Duration::from_mins(10);
/// The first start compiles the component for this machine.
const EDGE_TIMEOUT: Duration = Duration::from_mins(2);

/// Runs the shop: PostgreSQL, DynamoDB, issuer, payments, origin, and the edge as WebAssembly.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What runs the edge.
    #[arg(long, value_enum, default_value_t = Edge::SpinHost)]
    edge: Edge,
    /// The edge's port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Forget everything that earlier runs left in .dev.
    #[arg(long)]
    fresh: bool,
    /// Import this catalog: a Shopify product CSV, or NDJSON as the export writes it.
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Generate a catalog of this many products (1,000 if neither this nor a file is given).
    #[arg(long, value_name = "N", conflicts_with = "catalog")]
    products: Option<u32>,
    /// Once everything answers, write its addresses and tokens into this file as JSON.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    // A file of an earlier run would tell whoever waits for it that this one is ready.
    let announcement = Announcement::at(args.ready_file.as_deref())?;
    args.edge.find()?;
    setup::prepare(workspace, Needs { workers: args.edge == Edge::Workers, database: true }, true)?;
    build_all(workspace, args.edge)?;

    let state = workspace.path(".dev");
    std::fs::create_dir_all(state.join("logs")).during(state.display())?;
    let _lock = lock(&state)?;
    let port = edge::free_port(args.port)?;
    let mut children = Children::new(state.join("logs"))?;
    let result = serve(workspace, args, port, &mut children, &announcement);
    announcement.withdraw();
    println!("stopping …");
    children.stop();
    result
}

fn build_all(workspace: &Workspace, edge: Edge) -> Outcome {
    if edge == Edge::Workers {
        build::worker(workspace)?;
    } else {
        build::spin(workspace)?;
    }
    build::native(workspace, edge == Edge::SpinHost)
}

/// One run at a time: two would write to one database folder.
fn lock(state: &std::path::Path) -> Outcome<File> {
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
    port: u16,
    children: &mut Children,
    announcement: &Announcement,
) -> Outcome {
    let stack = start_stack(workspace, args, children)?;
    let url = format!("http://127.0.0.1:{port}");
    let name = children.start(args.edge.label(), &mut args.edge.command(workspace, port, &stack)?)?;
    step(&format!("starting the edge on {}", args.edge.label()), || {
        children
            .wait_until(name, EDGE_TIMEOUT, || http::get(port, "/healthz").is_some_and(|answer| answer.status == 200))
    })?;
    announcement.publish(&stack, &url)?;
    tour::print(&stack, &url, |path| http::get(port, path).map(|answer| answer.body));
    match children.watch() {
        Ended::BySignal => Ok(()),
        Ended::Child(failure) => Err(failure),
    }
}

fn start_stack(workspace: &Workspace, args: &Args, children: &mut Children) -> Outcome<StackReady> {
    let ready_file = workspace.path(".dev/stack-ready.json");
    ready::remove(&ready_file)?;
    let mut command = workspace.command(&workspace.dev_binary("local-stack").to_string_lossy());
    command.arg("--state-dir").arg(workspace.path(".dev")).arg("--ready-file").arg(&ready_file);
    if args.fresh {
        command.arg("--fresh");
    }
    if let Some(catalog) = &args.catalog {
        let catalog = std::path::absolute(catalog).during(catalog.display())?;
        command.arg("--catalog").arg(catalog);
    }
    if let Some(products) = args.products {
        command.arg("--products").arg(products.to_string());
    }
    setup::point_at_postgres(&mut command);
    let name = children.start("local-stack", &mut command)?;
    step("starting PostgreSQL, DynamoDB, the issuer, the payment provider and the origin", || {
        children.wait_until(name, STACK_TIMEOUT, || ready_file.is_file())
    })?;
    StackReady::read(&ready_file)
}
