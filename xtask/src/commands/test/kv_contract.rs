//! Both adapters, built to answer with what comes of the key-value contract instead of serving the shop.
//!
//! In the dev profile, which nothing else builds for WebAssembly: Cargo gives a module the same name with the feature and
//! without, and would take the one for the other.

use crate::commands::build;
use crate::failure::{Outcome, While};
use crate::process;
use crate::wasm::{SPIN, Toolchain};
use crate::workspace::Workspace;

/// Where they go; the end-to-end test looks there.
const FOLDER: &str = "target/kv-contract";
const FEATURE: [&str; 2] = ["--features", "kv-contract"];

/// A Spin application (`spin.toml`) and a Worker (`worker/`).
///
/// # Errors
/// One of them does not compile.
pub(super) fn build(workspace: &Workspace) -> Outcome {
    let folder = workspace.path(FOLDER);
    std::fs::create_dir_all(&folder).during(folder.display())?;
    let mut cargo = workspace.cargo(&["build", "--lib", "-p", "edge-spin", "--target", SPIN]);
    Toolchain::find(workspace).apply(&mut cargo);
    process::run(cargo.args(FEATURE))?;
    let module = workspace.target().join(SPIN).join("debug/edge_spin.wasm");
    std::fs::copy(&module, folder.join("edge_spin.wasm")).during(module.display())?;
    let manifest = std::fs::read_to_string(workspace.path("spin.toml")).during("spin.toml")?;
    let lines = manifest.lines().map(|line| if line.starts_with("source") { SOURCE } else { line });
    let manifest: String = lines.flat_map(|line| [line, "\n"]).collect();
    std::fs::write(folder.join("spin.toml"), manifest).during(folder.display())?;

    let out = format!("../../{FOLDER}/worker");
    process::run(build::worker_build(workspace)?.args(["--dev", "--out-dir", &out, "."]).args(FEATURE))
}

const SOURCE: &str = "source = \"edge_spin.wasm\"";
