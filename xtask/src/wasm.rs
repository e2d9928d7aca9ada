//! The WebAssembly targets and the toolchain that has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::workspace::Workspace;

/// The Worker's target.
pub(crate) const WORKER: &str = "wasm32-unknown-unknown";
/// The Spin component's target.
pub(crate) const SPIN: &str = "wasm32-wasip2";

/// What `xtask/wasm-toolchain.sh` calls the toolchain that it links.
pub(crate) const FALLBACK_TOOLCHAIN: &str = "cloudcommerce-wasm";

/// Which toolchain builds for WebAssembly here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that is in use anyway.
    Active,
    /// The one that `xtask/wasm-toolchain.sh` linked.
    Fallback,
    /// None: `cargo xtask setup` has to run.
    Missing,
}

impl Toolchain {
    pub(crate) fn find(workspace: &Workspace) -> Self {
        if has_targets(workspace, None) {
            Self::Active
        } else if has_targets(workspace, Some(FALLBACK_TOOLCHAIN)) {
            Self::Fallback
        } else {
            Self::Missing
        }
    }

    /// Makes a command, and every cargo that it starts, use this toolchain.
    pub(crate) fn apply(&self, command: &mut Command) {
        if *self == Self::Fallback {
            command.env("RUSTUP_TOOLCHAIN", FALLBACK_TOOLCHAIN);
        }
    }
}

fn has_targets(workspace: &Workspace, toolchain: Option<&str>) -> bool {
    [WORKER, SPIN].iter().all(|target| {
        let mut rustc = workspace.command("rustc");
        if let Some(toolchain) = toolchain {
            rustc.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        // The folder is named for targets that are not installed, too: what counts is a standard library in it.
        let folder = process::capture(rustc.args(["--print", "target-libdir", "--target", target]));
        folder.is_some_and(|folder| has_std(Path::new(&folder)))
    })
}

fn has_std(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
}

/// Where Cargo puts a crate's release module for a target.
pub(crate) fn module(workspace: &Workspace, target: &str, name: &str) -> PathBuf {
    workspace.target().join(target).join("release").join(name).with_extension("wasm")
}
