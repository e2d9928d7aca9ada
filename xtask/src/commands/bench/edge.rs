//! `cargo xtask bench edge`: cached catalog answers on both runtimes beside bare programs on the same runtimes, in turns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::answers::{LIST_PATH, ShopAnswers, expect};
use super::figures::{Figures, Run};
use super::servers::{Server, Starter};
use super::subjects::{SUBJECTS, Subject, Work};
use super::{report, sizes, table};
use crate::commands::dev::children::Children;
use crate::commands::dev::ready::StackReady;
use crate::commands::dev::stack::{self, Wanted};
use crate::commands::setup::{self, Needs};
use crate::commands::{build, dev};
use crate::failure::{Failure, Outcome, While};
use crate::process;
use crate::progress::step;
use crate::workspace::Workspace;

/// What the manifests name.
const HELLO_COMPONENT: &str = "target/wasm32-wasip2/release/hello_component.wasm";
const EDGE_COMPONENT: &str = "target/wasm32-wasip2/release/edge_spin.wasm";
/// Spin's default: how many requests one instance serves.
const REUSE: u16 = 128;

/// Measures cached product list and detail on workerd and the Spin host, beside bare programs on both.
#[derive(clap::Args)]
pub(super) struct Args {
    /// How long one run measures, after one second of warm-up.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
    seconds: u16,
    /// Connections, and so requests in flight.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// How often each subject is measured; they take turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    runs: u16,
    /// Generate a catalog of this many products.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    products: u32,
    /// NAME=VALUE of an edge variable, for example `catalog_memory_millis=0` to read KV every time; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Measure what is built already, as it is.
    #[arg(long)]
    no_build: bool,
    /// Use the stack that wrote this ready file (`local-stack --ready-file`) instead of starting one.
    #[arg(long, value_name = "PATH")]
    stack: Option<PathBuf>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a variable is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    if !Path::new("/proc/self/stat").exists() {
        return Err(Failure::new("this benchmark reads processor time from /proc, so it runs on Linux only"));
    }
    let given = args.stack.as_deref().map(StackReady::read).transpose()?;
    if !args.no_build {
        setup::prepare(workspace, Needs { workers: true, database: given.is_none() }, true)?;
        build_all(workspace)?;
    }

    let state = workspace.path(".dev/bench");
    let logs = state.join("logs");
    dev::private_folder(&logs)?;
    let mut children = Children::new(logs.clone())?;
    let wanted = Wanted { state: &state, fresh: true, catalog: None, products: Some(args.products) };
    let stack = given.map_or_else(|| stack::start(workspace, &wanted, &mut children), Ok)?;
    let measured = measure_all(workspace, args, &stack, &mut children);
    children.stop();
    let measured = measured?;
    // The edge writes a line for every request: hundreds of megabytes by now, and of no use once all went well.
    drop(std::fs::remove_dir_all(&logs));

    println!(
        "\n{} connections, {} s a run after 1 s of warm-up, runs in turns: {}. Median (least–most), CPU by process tree.",
        args.connections, args.seconds, args.runs
    );
    report::print(workspace, &measured);
    println!();
    table::print(&sizes::rows(workspace, &workspace.path(EDGE_COMPONENT), &workspace.path(HELLO_COMPONENT)));
    report::warn_of_others(&measured);
    let errors: u64 = measured.iter().map(|(_, figures)| figures.errors).sum();
    if errors == 0 { Ok(()) } else { Err(Failure::new(format!("{errors} requests had a wrong answer or none"))) }
}

fn build_all(workspace: &Workspace) -> Outcome {
    build::spin(workspace)?;
    build::worker(workspace)?;
    let hello = build::hello_component(workspace)?;
    let named = workspace.path(HELLO_COMPONENT);
    if hello != named {
        // Its manifest cannot follow CARGO_TARGET_DIR.
        std::fs::create_dir_all(named.parent().unwrap_or(workspace.root())).during(named.display())?;
        std::fs::copy(&hello, &named).during(named.display())?;
    }
    build::measured(workspace, &[build::SPIN_HOST, "load"])?;
    build::native(workspace, &[build::LOCAL_STACK])
}

/// What was measured of each subject.
pub(super) type Measured = Vec<(Subject, Figures)>;

fn measure_all(workspace: &Workspace, args: &Args, stack: &StackReady, children: &mut Children) -> Outcome<Measured> {
    let mut edge_variables = stack.edge_variables.clone();
    edge_variables.extend(args.variables.iter().cloned());
    let starter = Starter { workspace, children, edge_variables };
    let (servers, shop) = step("starting the servers and filling their caches", || start_servers(starter))?;
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); SUBJECTS.len()];
    for round in 1..=args.runs {
        step(&format!("round {round} of {}", args.runs), || {
            for (subject, runs) in SUBJECTS.iter().zip(&mut runs) {
                runs.push(measure(workspace, args, subject, &servers, &shop)?);
            }
            Ok(())
        })?;
    }
    let figures = runs.iter().filter_map(|runs| Figures::of(runs));
    Ok(SUBJECTS.iter().copied().zip(figures).collect())
}

fn start_servers(mut starter: Starter<'_>) -> Outcome<(Vec<Server>, ShopAnswers)> {
    let settings = starter.shop_settings()?;
    let worker = starter.workerd("workerd-shop", "shop.capnp", &settings)?;
    let shop = ShopAnswers::of(worker)?;
    // As many bytes as the list: what KV costs is then the same for both.
    let value_bytes = shop.list.len();
    let settings = BTreeMap::from([("KV_VALUE_BYTES".to_owned(), value_bytes.to_string())]);
    let reader = starter.workerd("workerd-kv", "kv.capnp", &settings)?;
    expect(reader, |body| body.len() == value_bytes)?;
    let mut servers = vec![worker, reader, starter.workerd("workerd-hello", "hello.capnp", &BTreeMap::new())?];
    for (hello, shop, reuse) in [("spin-hello", "spin-shop", REUSE), ("spin-fresh-hello", "spin-fresh-shop", 1)] {
        servers.push(starter.spin(hello, "tests/load/hello-component/spin.toml", reuse)?);
        servers.push(starter.spin(shop, "spin.toml", reuse)?);
    }
    for server in &servers {
        match server.name {
            name if name.ends_with("-hello") => expect(*server, |body| body == "hello")?,
            name if name.ends_with("-shop") => shop.expect_same(*server)?,
            _ => {}
        }
    }
    Ok((servers, shop))
}

fn measure(
    workspace: &Workspace,
    args: &Args,
    subject: &Subject,
    servers: &[Server],
    shop: &ShopAnswers,
) -> Outcome<Run> {
    let server = servers.iter().find(|server| server.name == subject.server);
    let server = server.ok_or_else(|| Failure::new(format!("{} was not started", subject.server)))?;
    let path = match subject.work {
        Work::Hello | Work::KvGet => "/",
        Work::List => LIST_PATH,
        Work::Detail => &shop.detail_path,
    };
    let mut load = workspace.command(&workspace.measured_binary("load").to_string_lossy());
    load.args(["--url", &format!("http://127.0.0.1:{}{path}", server.port), "--pid", &server.pid.to_string()]);
    load.args(["--connections", &args.connections.to_string(), "--seconds", &args.seconds.to_string()]);
    if subject.work.is_cached() {
        load.args(["--expect-header", "cache-status=; hit"]);
    }
    let output = load.output().during("cannot start load")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("{}: {path}: {}", subject.server, process::tail(said.trim(), 5))));
    }
    serde_json::from_slice(&output.stdout).during("what load printed")
}
