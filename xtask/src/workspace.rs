//! The repository: where it is, and what `cargo metadata` says about it.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::failure::{Failure, Outcome, While};
use crate::process;
use crate::wasm::{SPIN, WORKER};

/// Crates that only ever compile to WebAssembly here.
pub(crate) const WASM_CRATES: [&str; 2] = ["edge-cloudflare", "edge-spin"];

/// The compiler with clippy's lints. It takes the same arguments as the compiler without.
const CLIPPY: &str = "clippy-driver";

/// The repository that this xtask was built from.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// # Errors
    /// The sources are no longer where xtask was compiled.
    pub(crate) fn find() -> Outcome<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask should lie in a folder of the workspace");
        if root.join("Cargo.toml").is_file() {
            Ok(Self { root: root.to_owned() })
        } else {
            Err(Failure::new(format!(
                "{} holds no Cargo.toml: build xtask again (touch xtask/src/main.rs)",
                root.display()
            )))
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the repository.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder, which `CARGO_TARGET_DIR` may move.
    pub(crate) fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }

    /// A program of this workspace in the dev profile.
    pub(crate) fn dev_binary(&self, name: &str) -> PathBuf {
        self.target().join("debug").join(name)
    }

    /// A program of this workspace in the profile of what benchmarks measure.
    pub(crate) fn measured_binary(&self, name: &str) -> PathBuf {
        self.target().join("measured").join(name)
    }

    /// A command that runs in the repository's root.
    pub(crate) fn command(&self, program: &str) -> Command {
        process::command(program, &self.root)
    }

    /// `cargo`, in the repository's root, with colour when a person looks on.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = self.command("cargo");
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            cargo.env("CARGO_TERM_COLOR", "always");
        }
        cargo.args(arguments);
        cargo
    }

    /// `cargo` for what is built for this machine in the dev profile. Where clippy is there, it compiles the crates of this repository:
    /// so one build both lints and compiles, and no dependency is compiled a second time to be linted against. That is what `cargo
    /// clippy` does, with `check` in the place of `build`.
    pub(crate) fn native_cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = self.cargo(arguments);
        if process::capture(self.command(CLIPPY).arg("--version")).is_some() {
            cargo.env("RUSTC_WORKSPACE_WRAPPER", CLIPPY);
        }
        cargo
    }

    /// The workspace with its resolved dependencies on this machine's platform.
    ///
    /// # Errors
    /// `cargo metadata` failed: a manifest is broken, or the registry is out of reach.
    pub(crate) fn metadata(&self) -> Outcome<Metadata> {
        self.metadata_on(&[])
    }

    /// As [`Workspace::metadata`], with what the WebAssembly targets bring as well.
    ///
    /// # Errors
    /// As said there.
    pub(crate) fn metadata_on_all_targets(&self) -> Outcome<Metadata> {
        self.metadata_on(&[WORKER, SPIN])
    }

    fn metadata_on(&self, further: &[&str]) -> Outcome<Metadata> {
        let host = host_platform(self).unwrap_or_else(|| "x86_64-unknown-linux-gnu".to_owned());
        let targets = std::iter::once(host.as_str()).chain(further.iter().copied());
        let filters: Vec<String> =
            targets.flat_map(|target| ["--filter-platform".to_owned(), target.to_owned()]).collect();
        MetadataCommand::new().current_dir(&self.root).other_options(filters).exec().during("cargo metadata")
    }

    /// `-p` and name of every crate that is compiled for this machine, except xtask: always this one selection, so that
    /// Cargo resolves features once and builds every dependency once.
    ///
    /// # Errors
    /// As [`Workspace::metadata`].
    pub(crate) fn native_selection(&self, with_spin_host: bool) -> Outcome<Vec<String>> {
        let metadata = self.metadata()?;
        let mut names: Vec<String> =
            metadata.workspace_default_packages().iter().map(|package| package.name.to_string()).collect();
        names.retain(|name| name != "xtask" && !WASM_CRATES.contains(&name.as_str()));
        if with_spin_host {
            names.push("spin-host".to_owned());
        }
        names.sort();
        names.dedup();
        Ok(names.into_iter().flat_map(|name| ["-p".to_owned(), name]).collect())
    }

    /// The version of a crate in Cargo.lock.
    ///
    /// # Errors
    /// The lock file cannot be read, or does not name the crate.
    pub(crate) fn locked_version(&self, name: &str) -> Outcome<String> {
        let text = std::fs::read_to_string(self.path("Cargo.lock")).during("Cargo.lock")?;
        locked_version(&text, name).ok_or_else(|| Failure::new(format!("Cargo.lock does not name {name}")))
    }
}

fn host_platform(workspace: &Workspace) -> Option<String> {
    let version = process::capture(workspace.command("rustc").arg("-vV"))?;
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn locked_version(lock: &str, name: &str) -> Option<String> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    version.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_exactly_the_named_crate_is_read() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
