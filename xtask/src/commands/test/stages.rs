//! What each stage does.

use std::time::Duration;

use clap::ValueEnum;

use super::aws_stack::AwsStack;
use super::counts::{Report, Tally};
use super::kv_contract;
use super::programs::{self, Program, Runner};
use super::terraform;
use crate::commands::setup::Needs;
use crate::commands::{build, check, race, setup, sim};
use crate::failure::{Failure, Outcome};
use crate::group::Interrupts;
use crate::wasm::{SPIN, Toolchain, WORKER};
use crate::workspace::Workspace;
use crate::{process, tools, wasm};

/// What the simulation may take: ten thousand seeds are a quarter of an hour where nothing else runs.
const SIM_LIMIT: Duration = Duration::from_hours(1);

/// In the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Stage {
    /// What the machine needs.
    Setup,
    /// rustfmt.
    Format,
    /// `cargo xtask check`, and xtask's own tests.
    Check,
    /// Format and validity of the Terraform modules.
    Terraform,
    /// Miniflare's server.
    Workers,
    /// The Spin component and the Worker.
    Edge,
    /// clippy of xtask, and of the edge for both WebAssembly targets.
    Lints,
    /// Licences, sources and advisories of dependencies.
    Deny,
    /// Everything for this machine, programs and tests: compiled and linted.
    Native,
    /// Unit and contract tests.
    Unit,
    /// Checkouts against stores, a provider and processes that fail, by seeds; ten thousand of them with `--full`.
    Sim,
    /// Real races and kills of an origin at work; a thousand races with `--full`.
    Race,
    /// The bus over a stand-in for SNS and SQS; with `--full`.
    AwsStack,
    /// The embedded Spin host.
    SpinHost,
    /// Parity of both runtimes, journeys and races against the whole stack.
    E2e,
    /// `cargo xtask dev`: what it says of the shop is true, and nothing of it is left behind.
    Dev,
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
    interrupts: Interrupts,
    pub(super) tally: Tally,
}

impl<'w> Run<'w> {
    /// # Errors
    /// The signals that end a run cannot be caught.
    pub(super) fn new(workspace: &'w Workspace, slow_too: bool) -> Outcome<Self> {
        Ok(Self { workspace, slow_too, programs: None, interrupts: Interrupts::catch()?, tally: Tally::default() })
    }

    /// # Errors
    /// The stage failed; what failed has been printed.
    pub(super) fn stage(&mut self, stage: Stage) -> Outcome {
        let done = match stage {
            Stage::Setup => setup::prepare(self.workspace, Needs::ALL, false),
            Stage::Format => process::run(&mut self.workspace.cargo(&["fmt", "--all", "--check"])),
            Stage::Check => self.check(),
            Stage::Terraform => terraform::check(self.workspace, &mut self.tally),
            Stage::Workers => self.workers(),
            Stage::Edge => self.edge(),
            Stage::Lints => self.lints(),
            Stage::Deny => self.deny(),
            Stage::Native => self.compiled().map(drop),
            Stage::Unit => self.unit(),
            Stage::Sim => self.sim(),
            Stage::Race => self.race(),
            Stage::AwsStack => self.aws_stack(),
            Stage::SpinHost => self.spin_host(),
            Stage::E2e => self.e2e(),
            Stage::Dev => self.dev(),
        };
        if self.interrupts.came() { Err(Failure::new("interrupted")) } else { done }
    }

    fn check(&mut self) -> Outcome {
        check::run(self.workspace, &check::Args::default())?;
        let own = ["test", "--profile", "xtask", "-p", "xtask", "--bins", "--"];
        self.cargo_test(&own, self.slow_too)
    }

    fn workers(&mut self) -> Outcome {
        let mut node = process::command("node", &self.workspace.path("tests/workers"));
        node.args(["--test", "--test-reporter=tap"]);
        let printed = process::watch(&node, programs::LIMIT, &self.interrupts, |line| {
            if shown_of_tap(line) {
                println!("{line}");
            }
        })?;
        let before = self.tally.total();
        if let Some(report) = Report::of_tap(&printed.out) {
            self.tally.add(report, "tests/workers");
        }
        match (printed.success, self.tally.total() > before) {
            (true, true) => Ok(()),
            (true, false) => Err(Failure::new("node --test ran no test in tests/workers")),
            (false, _) => Err(Failure::new("node --test failed in tests/workers")),
        }
    }

    fn edge(&mut self) -> Outcome {
        if let Some(unchecked) = build::edge(self.workspace)? {
            self.tally.skip(unchecked);
        }
        build::hello_component(self.workspace).map(drop)
    }

    fn lints(&mut self) -> Outcome {
        let own = ["clippy", "--profile", "xtask", "-p", "xtask", "--all-targets", "--", "-D", "warnings"];
        process::run(&mut self.workspace.cargo(&own))?;
        if Toolchain::find(self.workspace) == Toolchain::Fallback {
            self.tally.skip("clippy of the edge adapters: the packaged WebAssembly toolchain brings no clippy");
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
        if self.slow_too {
            setup::cargo_deny(self.workspace)?;
        }
        if tools::installed("cargo-deny").is_none() {
            self.tally.skip("cargo-deny is not installed; --full installs it");
            return Ok(());
        }
        let offline = ["deny", "--offline", "--all-features", "check", "bans", "licenses", "sources"];
        process::run(&mut self.workspace.cargo(&offline))?;
        let database = std::env::home_dir().is_some_and(|home| home.join(".cargo/advisory-dbs").is_dir());
        if !database {
            self.tally.skip("advisories: cargo-deny has no advisory database on this machine (cargo deny fetch)");
            return Ok(());
        }
        process::run(&mut self.workspace.cargo(&["deny", "--offline", "check", "advisories"]))
    }

    fn unit(&mut self) -> Outcome {
        self.tests_of(|package| package != "e2e" && package != "spin-host")?;
        // Every crate is compiled once more to look for them.
        if !check::has_examples(self.workspace)? {
            return Ok(());
        }
        let mut arguments = vec!["test".to_owned(), "--doc".to_owned()];
        arguments.extend(self.workspace.native_selection(true)?);
        arguments.push("--".to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // An example that is marked `ignore` is not slow, but not complete.
        self.cargo_test(&arguments, false)
    }

    fn sim(&mut self) -> Outcome {
        self.compiled()?;
        let seeds = if self.slow_too { sim::MANY } else { sim::FEW };
        for arguments in [["--seeds".to_owned(), seeds.to_string()].as_slice(), &["--bugs".to_owned()]] {
            let mut program = sim::program(self.workspace);
            program.args(arguments);
            let printed = process::watch(&program, SIM_LIMIT, &self.interrupts, |line| println!("{line}"))?;
            if !printed.success {
                return Err(Failure::new("the simulation has found something"));
            }
        }
        Ok(())
    }

    fn race(&mut self) -> Outcome {
        self.compiled()?;
        let [each, times] = if self.slow_too { race::MANY } else { race::FEW };
        for program in [race::races(self.workspace, each), race::kills(self.workspace, times)] {
            let printed = process::watch(&program, programs::LIMIT, &self.interrupts, |line| println!("{line}"))?;
            if !printed.success {
                return Err(Failure::new("races or kills have broken something"));
            }
        }
        Ok(())
    }

    fn aws_stack(&mut self) -> Outcome {
        if !self.slow_too {
            self.tally.skip("the bus over SNS and SQS: --full installs a stand-in for them");
            return Ok(());
        }
        let stack = match AwsStack::start(self.workspace)? {
            Ok(stack) => stack,
            Err(reason) => {
                self.tally.skip(format!("the bus over SNS and SQS: {reason}"));
                return Ok(());
            }
        };
        self.compiled()?;
        let programs = self.programs.take().unwrap_or_default();
        let chosen =
            programs.iter().filter(|program| program.package == "origin-events" && program.target == "sns_sqs");
        let done = self.runner(&mut std::io::stdout()).run_all(chosen, |command| {
            command.env("AWS_STACK_ENDPOINT", &stack.endpoint);
        });
        self.programs = Some(programs);
        done
    }

    // What the tests run is WebAssembly, which the native programs know nothing of: a run that starts here must not test an
    // old one. It is quick when nothing has changed.

    fn spin_host(&mut self) -> Outcome {
        build::hello_component(self.workspace)?;
        self.tests_of(|package| package == "spin-host")
    }

    fn e2e(&mut self) -> Outcome {
        build::edge(self.workspace)?;
        if self.slow_too {
            kv_contract::build(self.workspace)?;
        }
        if tools::on_path("spin").is_none() {
            self.tally.skip("the parity table on `spin up`: spin is not on PATH");
        } else {
            self.tally.skip("the parity table on `spin up`: there is no such run yet; stage dev starts the shop on it");
        }
        self.tests_of(|package| package == "e2e")
    }

    fn dev(&mut self) -> Outcome {
        build::edge(self.workspace)?;
        self.compiled()?;
        let own = ["test", "--profile", "xtask", "-p", "xtask", "--test", "dev", "--", "--test-threads=1"];
        self.cargo_test(&own, true)
    }

    /// `cargo test` with arguments that end among those for libtest.
    fn cargo_test(&mut self, arguments: &[&str], slow_too: bool) -> Outcome {
        let mut cargo = self.workspace.cargo(arguments);
        setup::point_at_postgres(&mut cargo);
        let name =
            format!("cargo {}", arguments.split(|argument| *argument == "--").next().unwrap_or_default().join(" "));
        Runner { slow_too, ..self.runner(&mut std::io::stdout()) }.run(&mut cargo, &name)
    }

    fn tests_of(&mut self, wanted: fn(&str) -> bool) -> Outcome {
        self.compiled()?;
        let programs = self.programs.take().unwrap_or_default();
        let component = wasm::module(self.workspace, SPIN, "hello_component");
        let chosen = programs.iter().filter(|program| wanted(&program.package));
        let done = self.runner(&mut std::io::stdout()).run_all(chosen, |command| {
            setup::point_at_postgres(command);
            command.env("HELLO_COMPONENT_WASM", &component);
        });
        self.programs = Some(programs);
        done
    }

    fn runner<'a>(&'a mut self, console: &'a mut (dyn std::io::Write + Send)) -> Runner<'a> {
        Runner {
            slow_too: self.slow_too,
            limit: programs::LIMIT,
            interrupts: self.interrupts.clone(),
            console,
            tally: &mut self.tally,
        }
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
        assert!(Stage::Native < Stage::Dev && Stage::Edge < Stage::Dev, "a shop is made of both");
        assert_eq!(Stage::SpinHost.name(), "spin-host");
    }
}
