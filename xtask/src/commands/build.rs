//! `cargo xtask build`: the two edge artifacts and the native programs, and how large they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use clap::ValueEnum;

use crate::commands::setup::{self, Needs};
use crate::failure::{Failure, Outcome, While};
use crate::wasm::{SPIN, Toolchain, WORKER, module};
use crate::workspace::Workspace;
use crate::{process, tools};

/// The Worker's crate; `worker-build` writes to `build/` inside it.
const WORKER_CRATE: &str = "edge/cloudflare";
/// What `worker-build` makes of it, relative to the repository.
pub(crate) const WORKER_FILES: [&str; 2] = ["edge/cloudflare/build/index.js", "edge/cloudflare/build/index_bg.wasm"];

/// What still starts quickly: the component as it is, the Worker gzipped.
pub(crate) const COMPONENT_BUDGET_BYTES: u64 = 1_500_000;
pub(crate) const WORKER_BUDGET_BYTES: u64 = 1_000_000;

/// Builds the edge for both runtimes and the native programs of the local stack.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
}

/// What to build.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The Spin component and the Worker.
    Edge,
    /// The Spin component (`spin.toml`).
    Spin,
    /// The Worker (`wrangler.toml`).
    Workers,
    /// `local-stack` and `spin-host`, for this machine.
    Stack,
    /// Everything.
    All,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    if let Some(reason) = build(workspace, args.what)? {
        println!("skipped: {reason}");
    }
    Ok(())
}

/// Builds, and says what of it could not be checked on this machine.
fn build(workspace: &Workspace, what: What) -> Outcome<Option<&'static str>> {
    let mut unchecked = None;
    let wants = |one: &[What]| what == What::All || one.contains(&what);
    let workers = wants(&[What::Edge, What::Workers]);
    setup::prepare(workspace, Needs { workers, database: false }, true)?;
    if wants(&[What::Edge, What::Spin]) {
        let size = print_sizes("Spin component", &[spin(workspace)?]);
        within("the Spin component", size.raw, COMPONENT_BUDGET_BYTES)?;
    }
    if workers {
        worker(workspace)?;
        let size = print_sizes("Worker", &WORKER_FILES.map(|file| workspace.path(file)));
        match size.gzipped {
            Some(bytes) => within("the gzipped Worker", bytes, WORKER_BUDGET_BYTES)?,
            None => unchecked = Some("the gzipped size of the Worker: gzip is not installed"),
        }
    }
    if wants(&[What::Stack]) {
        native(workspace, &[LOCAL_STACK, SPIN_HOST])?;
    }
    Ok(unchecked)
}

/// Both edge artifacts, and their sizes. Says what of that could not be checked on this machine.
///
/// # Errors
/// As [`spin`] and [`worker`], or one is over its budget.
pub(crate) fn edge(workspace: &Workspace) -> Outcome<Option<&'static str>> {
    build(workspace, What::Edge)
}

/// The Spin component in release; where npm's packages are installed, a sixth smaller by `wasm-opt`.
///
/// # Errors
/// It does not compile, or spin.toml names another file than Cargo wrote.
pub(crate) fn spin(workspace: &Workspace) -> Outcome<PathBuf> {
    wasm_module(workspace, "edge-spin", SPIN)?;
    let built = module(workspace, SPIN, "edge_spin");
    let manifest = std::fs::read_to_string(workspace.path("spin.toml")).during("spin.toml")?;
    let named = component_source(&manifest).ok_or_else(|| Failure::new("spin.toml names no component source"))?;
    let named = workspace.path(named);
    if named != built && std::env::var_os("CARGO_TARGET_DIR").is_some() {
        // spin.toml cannot follow CARGO_TARGET_DIR, so the component goes where it looks.
        std::fs::create_dir_all(named.parent().unwrap_or(workspace.root())).during(named.display())?;
        std::fs::copy(&built, &named).during(named.display())?;
    }
    if named.is_file() {
        Ok(named)
    } else {
        Err(Failure::new(format!("spin.toml names {}, which was not built", named.display())))
    }
}

/// The component that the Spin host's tests and the benchmarks run.
///
/// # Errors
/// It does not compile.
pub(crate) fn hello_component(workspace: &Workspace) -> Outcome<PathBuf> {
    wasm_module(workspace, "hello-component", SPIN)?;
    Ok(module(workspace, SPIN, "hello_component"))
}

/// The Worker in release: `edge/cloudflare/build/index.js` and `index_bg.wasm`.
///
/// Its module is compiled first, which is quick when nothing changed; `worker-build` then runs only for a new module, because
/// its own steps (bindings, `wasm-opt`, bundling) take their time on every call.
///
/// # Errors
/// It does not compile, or a tool that setup installs is missing.
pub(crate) fn worker(workspace: &Workspace) -> Outcome {
    wasm_module(workspace, "edge-cloudflare", WORKER)?;
    let module = module(workspace, WORKER, "edge_cloudflare");
    let folder = workspace.path(WORKER_CRATE);
    let stamp = folder.join("build/.built-from");
    let now = fingerprint(workspace, &module)?;
    let complete = WORKER_FILES.iter().all(|file| workspace.path(file).is_file());
    if complete && std::fs::read_to_string(&stamp).is_ok_and(|then| then == now) {
        return Ok(());
    }
    process::run(worker_build(workspace)?.arg("--release"))?;
    std::fs::write(&stamp, now).during(stamp.display())
}

/// `worker-build` in the Worker's crate.
///
/// # Errors
/// A tool that setup installs is missing.
pub(crate) fn worker_build(workspace: &Workspace) -> Outcome<Command> {
    let program = tools::installed("worker-build")
        .ok_or_else(|| Failure::new("worker-build is missing: run cargo xtask setup"))?;
    let mut worker_build = process::command(program, &workspace.path(WORKER_CRATE));
    for (variable, path) in local_binaries(workspace)? {
        worker_build.env(variable, path);
    }
    Toolchain::find(workspace).apply(&mut worker_build);
    Ok(worker_build)
}

/// Without these, `worker-build` downloads its own.
fn local_binaries(workspace: &Workspace) -> Outcome<[(&'static str, PathBuf); 3]> {
    let npm = workspace.path(NPM_BINARIES);
    let bindgen = tools::installed("wasm-bindgen");
    let bindgen = bindgen.ok_or_else(|| Failure::new("wasm-bindgen is missing: run cargo xtask setup"))?;
    let all =
        [("WASM_BINDGEN_BIN", bindgen), ("ESBUILD_BIN", npm.join("esbuild")), ("WASM_OPT_BIN", npm.join("wasm-opt"))];
    match all.iter().find(|(_, path)| !path.is_file()) {
        Some((_, path)) => Err(Failure::new(format!("{} is missing: run cargo xtask setup", path.display()))),
        None => Ok(all),
    }
}

/// Changes whenever the module or one of the tools does.
fn fingerprint(workspace: &Workspace, module: &Path) -> Outcome<String> {
    let metadata = std::fs::metadata(module).during(module.display())?;
    let modified = metadata.modified().during(module.display())?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let npm = std::fs::metadata(workspace.path("tests/workers/package-lock.json"))
        .during("tests/workers/package-lock.json")?;
    Ok(format!(
        "{} bytes, {} ns, wasm-bindgen {}, npm lock of {} bytes\n",
        metadata.len(),
        modified.as_nanos(),
        workspace.locked_version("wasm-bindgen")?,
        npm.len(),
    ))
}

fn wasm_module(workspace: &Workspace, package: &str, target: &str) -> Outcome {
    let mut cargo = workspace.cargo(&["rustc", "--release", "--lib", "-p", package, "--target", target]);
    // `worker-build` sets it too: the bindings' macro expands differently with it, and Cargo does not see that.
    cargo.env("WASM_BINDGEN_USE_JS_SYS", "1");
    Toolchain::find(workspace).apply(&mut cargo);
    let wasm_opt = workspace.path(NPM_BINARIES).join("wasm-opt");
    if target == SPIN && wasm_opt.is_file() {
        let linker = workspace.path("xtask/wasm-ld.sh");
        cargo.env("WASM_OPT_BIN", wasm_opt).args(["--", &format!("-Clink-arg=--wasm-ld-path={}", linker.display())]);
    }
    process::run(&mut cargo)
}

/// These programs for this machine, in the dev profile, out of the crates that tests are compiled from: so that neither compiles a
/// dependency that the other has compiled. Where `spin-host` has been built before, it belongs to them in any case.
///
/// # Errors
/// Something does not compile.
pub(crate) fn native(workspace: &Workspace, programs: &[&str]) -> Outcome {
    let with_spin_host = programs.contains(&SPIN_HOST) || workspace.dev_binary(SPIN_HOST).is_file();
    let mut cargo = workspace.native_cargo(&["build"]);
    cargo.args(workspace.native_selection(with_spin_host)?);
    for program in programs {
        cargo.args(["--bin", program]);
    }
    // Cargo leaves the features out that only tests ask for, unless it compiles one. This is the smallest.
    process::run(cargo.args(["--test", "golden"]))
}

/// These programs for this machine, in the profile of what benchmarks measure.
///
/// # Errors
/// Something does not compile.
pub(crate) fn measured(workspace: &Workspace, programs: &[&str]) -> Outcome {
    let mut cargo = workspace.cargo(&["build", "--profile", "measured"]);
    for program in programs {
        cargo.args(["-p", program, "--bin", program]);
    }
    process::run(&mut cargo)
}

/// Runs the Spin component without Spin.
pub(crate) const SPIN_HOST: &str = "spin-host";
/// The origin side of the shop.
pub(crate) const LOCAL_STACK: &str = "local-stack";

fn component_source(manifest: &str) -> Option<&str> {
    let line = manifest.lines().map(str::trim).find(|line| line.starts_with("source"))?;
    line.split_once('"')?.1.split_once('"').map(|(path, _)| path)
}

/// What `cargo xtask setup` installs of npm.
const NPM_BINARIES: &str = "tests/workers/node_modules/.bin";

/// Sizes summed over the files of an artifact, in bytes.
pub(crate) struct Size {
    pub(crate) raw: u64,
    /// `None` where gzip is not installed.
    pub(crate) gzipped: Option<u64>,
}

/// Prints one line.
pub(crate) fn print_sizes(what: &str, files: &[PathBuf]) -> Size {
    let raw = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|metadata| metadata.len()).sum();
    let gzipped: Option<u64> = files.iter().map(|file| gzipped(file)).sum();
    let zipped = gzipped.map_or_else(|| "gzip is not installed".to_owned(), |bytes| format!("{bytes} bytes gzipped"));
    println!("  {what}: {raw} bytes, {zipped}");
    Size { raw, gzipped }
}

fn within(what: &str, bytes: u64, budget: u64) -> Outcome {
    if bytes <= budget {
        Ok(())
    } else {
        Err(Failure::new(format!("{what} has {bytes} bytes; its budget is {budget}")))
    }
}

pub(crate) fn gzipped(file: &Path) -> Option<u64> {
    let output =
        std::process::Command::new("gzip").args(["-9", "-n", "-c"]).arg(file).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_where_the_manifest_says() {
        let manifest =
            "spin_manifest_version = 2\n[component.edge]\nsource = \"target/wasm32-wasip2/release/edge_spin.wasm\"\n";
        assert_eq!(component_source(manifest), Some("target/wasm32-wasip2/release/edge_spin.wasm"));
        assert_eq!(component_source("spin_manifest_version = 2\n"), None);
    }

    #[test]
    fn an_artifact_over_its_budget_is_a_failure() {
        assert!(within("it", 10, 10).is_ok());
        assert!(within("it", 11, 10).is_err());
    }
}
