//! What each stage does.

use clap::ValueEnum;

use super::counts::Counts;
use super::programs::{self, Program};
use crate::commands::setup::Needs;
use crate::commands::{build, check, setup};
use crate::failure::{Failure, Outcome};
use crate::wasm::{SPIN, Toolchain, WORKER};
use crate::workspace::Workspace;
use crate::{process, tools};

/// In the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Stage {
    /// What the machine needs.
    Setup,
    /// rustfmt.
    Format,
    /// `cargo xtask check`, and xtask's own tests.
    Check,
    /// Miniflare's server.
    Workers,
    /// The Spin component and the Worker.
    Edge,
    /// clippy, for this machine and both WebAssembly targets.
    Lints,
    /// Licences, sources and advisories of dependencies.
    Deny,
    /// Everything for this machine: programs and tests.
    Native,
    /// Unit and contract tests.
    Unit,
    /// The embedded Spin host.
    SpinHost,
    /// Parity of both runtimes, journeys and races against the whole stack.
    E2e,
}

impl Stage {
    /// As on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// One run of the stages and what it has seen so far.
pub(super) struct Run<'w> {
    workspace: &'w Workspace,
    slow_too: bool,
    /// Compiled by the first stage that needs them.
    programs: Option<Vec<Program>>,
    pub(super) counts: Counts,
    /// Checks that this machine cannot run, and why.
    pub(super) skipped: Vec<String>,
}

impl<'w> Run<'w> {
    pub(super) fn new(workspace: &'w Workspace, slow_too: bool) -> Self {
        Self { workspace, slow_too, programs: None, counts: Counts::default(), skipped: Vec::new() }
    }

    /// # Errors
    /// The stage failed; what failed has been printed.
    pub(super) fn stage(&mut self, stage: Stage) -> Outcome {
        match stage {
            Stage::Setup => setup::prepare(self.workspace, Needs::ALL, false),
            Stage::Format => process::run(&mut self.workspace.cargo(&["fmt", "--all", "--check"])),
            Stage::Check => self.check(),
            Stage::Workers => self.workers(),
            Stage::Edge => self.edge(),
            Stage::Lints => self.lints(),
            Stage::Deny => self.deny(),
            Stage::Native => self.compiled().map(drop),
            Stage::Unit => self.unit(),
            Stage::SpinHost => self.tests_of(|package| package == "spin-host"),
            Stage::E2e => self.tests_of(|package| package == "e2e"),
        }
    }

    fn skip(&mut self, reason: &str) {
        println!("skipped: {reason}");
        self.skipped.push(reason.to_owned());
        self.counts.skipped += 1;
    }

    fn check(&mut self) -> Outcome {
        check::run(self.workspace, &check::Args::default())?;
        self.cargo_test(&["test", "--profile", "xtask", "-p", "xtask"])
    }

    fn workers(&mut self) -> Outcome {
        let mut node = process::command("node", &self.workspace.path("tests/workers"));
        let printed = process::tee(node.args(["--test", "--test-reporter=tap"]), shown_of_tap)?;
        self.counts.add(Counts::of_tap(&printed.out).unwrap_or_default());
        if printed.success { Ok(()) } else { Err(Failure::new("node --test failed in tests/workers")) }
    }

    fn edge(&mut self) -> Outcome {
        build::edge(self.workspace)?;
        build::hello_component(self.workspace).map(drop)
    }

    fn lints(&mut self) -> Outcome {
        let mut native = self.workspace.cargo(&["clippy", "--all-targets", "--keep-going"]);
        process::run(native.args(self.workspace.native_selection(true)?).args(["--", "-D", "warnings"]))?;
        let own = ["clippy", "--profile", "xtask", "-p", "xtask", "--all-targets", "--", "-D", "warnings"];
        process::run(&mut self.workspace.cargo(&own))?;
        if Toolchain::find(self.workspace) == Toolchain::Fallback {
            self.skip("clippy of the edge adapters: the packaged WebAssembly toolchain brings no clippy");
            return Ok(());
        }
        // In release, because the edge stage has compiled the macros and build scripts of that profile already.
        for (package, target) in [("edge-cloudflare", WORKER), ("edge-spin", SPIN), ("hello-component", SPIN)] {
            let mut clippy = self.workspace.cargo(&["clippy", "--release", "-p", package, "--target", target]);
            process::run(clippy.args(["--", "-D", "warnings"]).env("WASM_BINDGEN_USE_JS_SYS", "1"))?;
        }
        Ok(())
    }

    fn deny(&mut self) -> Outcome {
        if tools::installed("cargo-deny").is_none() {
            self.skip("cargo-deny is not installed");
            return Ok(());
        }
        let offline = ["deny", "--offline", "--all-features", "check", "bans", "licenses", "sources"];
        process::run(&mut self.workspace.cargo(&offline))?;
        let database = std::env::home_dir().is_some_and(|home| home.join(".cargo/advisory-dbs").is_dir());
        if !database {
            self.skip("advisories: cargo-deny has no advisory database on this machine (cargo deny fetch)");
            return Ok(());
        }
        process::run(&mut self.workspace.cargo(&["deny", "--offline", "check", "advisories"]))
    }

    fn unit(&mut self) -> Outcome {
        self.tests_of(|package| package != "e2e" && package != "spin-host")?;
        let mut arguments = vec!["test".to_owned(), "--doc".to_owned()];
        arguments.extend(self.workspace.native_selection(true)?);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.cargo_test(&arguments)
    }

    fn cargo_test(&mut self, arguments: &[&str]) -> Outcome {
        let mut cargo = self.workspace.cargo(arguments);
        let printed = process::tee(&mut cargo, |line| !line.is_empty())?;
        self.counts.add(Counts::of_libtest(&printed.out).unwrap_or_default());
        if printed.success { Ok(()) } else { Err(Failure::new(format!("cargo {} failed", arguments.join(" ")))) }
    }

    fn tests_of(&mut self, wanted: fn(&str) -> bool) -> Outcome {
        self.compiled()?;
        let all = self.programs.iter().flatten().filter(|program| wanted(&program.package));
        programs::run_all(self.workspace, all, self.slow_too, &mut self.counts)
    }

    fn compiled(&mut self) -> Outcome<&[Program]> {
        if self.programs.is_none() {
            self.programs = Some(programs::compile(self.workspace)?);
        }
        Ok(self.programs.as_deref().unwrap_or_default())
    }
}

/// TAP is long: names, failures and the closing numbers are enough.
fn shown_of_tap(line: &str) -> bool {
    let line = line.trim_start();
    ["ok ", "not ok ", "# ", "error:", "code:", "location:", "+ ", "- "].iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tests_run_is_built_before_them() {
        assert!(Stage::Edge < Stage::Unit && Stage::Native < Stage::Unit, "tests need the artifacts");
        assert!(Stage::Setup < Stage::Workers, "Miniflare comes from npm");
        assert_eq!(Stage::SpinHost.name(), "spin-host");
    }
}
