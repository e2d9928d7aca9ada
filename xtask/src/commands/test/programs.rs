//! Test programs: compiled in one go, run one by one.
//!
//! `cargo test -p A` and `cargo test -p B` may resolve the features of what A and B share differently and compile it twice.
//! So everything for this machine is compiled with one selection, and the stages run the programs that came out of it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::counts::{Output, Report, Tally};
use crate::failure::{Failure, Outcome};
use crate::group::Interrupts;
use crate::process;
use crate::workspace::Workspace;

/// What one test program may take. Hung tests end here and not at the end of the whole run.
pub(super) const LIMIT: Duration = Duration::from_mins(20);

/// One compiled test target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) package: String,
    /// The target's name: the crate's for unit tests, the file's for integration tests.
    pub(super) target: String,
    executable: PathBuf,
    folder: PathBuf,
}

/// Compiles and lints every target of the native crates, the programs of the local stack among them.
///
/// # Errors
/// Something does not compile, or the compiler warns of something.
pub(super) fn compile(workspace: &Workspace) -> Outcome<Vec<Program>> {
    let mut cargo = workspace.native_cargo(&["build", "--all-targets", "--keep-going", "--message-format=json"]);
    cargo.args(workspace.native_selection(true)?);
    let printed = process::keep(&mut cargo)?;
    let messages: Vec<Value> = printed.out.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let diagnostics: Vec<&str> = messages.iter().filter_map(diagnostic).collect();
    for text in &diagnostics {
        eprint!("{text}");
    }
    match (printed.success, diagnostics.len()) {
        (false, _) => Err(Failure::new("cargo build failed")),
        (true, 0) => Ok(messages.iter().filter_map(program).collect()),
        (true, warnings) => Err(Failure::new(format!("warnings: {warnings}"))),
    }
}

/// What the compiler says of a crate of this repository, as it prints it: Cargo silences those of dependencies.
fn diagnostic(message: &Value) -> Option<&str> {
    if message["reason"] == "compiler-message" { message["message"]["rendered"].as_str() } else { None }
}

/// A test program from one message of Cargo, if the message is about one. Benchmarks also count as tests to Cargo.
fn program(message: &Value) -> Option<Program> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let is_bench = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "bench");
    if !is_test || is_bench {
        return None;
    }
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
    Some(Program {
        package: package_name(message["package_id"].as_str()?)?.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
        executable: message["executable"].as_str()?.into(),
        folder,
    })
}

/// `path+file:///repo/origin/core#origin-core@0.1.0`; where folder and crate have one name, `…/tests/e2e#0.1.0`.
fn package_name(id: &str) -> Option<&str> {
    let (path, fragment) = id.rsplit_once('#')?;
    match fragment.split_once('@') {
        Some((name, _)) => Some(name),
        None => path.rsplit('/').next(),
    }
}

/// How programs are run.
pub(super) struct Runner<'a> {
    /// Also the tests that are marked as slow.
    pub(super) slow_too: bool,
    /// What one program may take.
    pub(super) limit: Duration,
    pub(super) interrupts: Interrupts,
    /// Where lines for a person go.
    pub(super) console: &'a mut (dyn Write + Send),
    pub(super) tally: &'a mut Tally,
}

impl Runner<'_> {
    /// Runs the given programs to the end, also after one has failed, so that one run shows everything.
    ///
    /// # Errors
    /// At least one test failed, no test ran at all, or somebody wants xtask to end.
    pub(super) fn run_all<'p>(
        &mut self,
        programs: impl Iterator<Item = &'p Program>,
        prepare: impl Fn(&mut Command),
    ) -> Outcome {
        let before = self.tally.total();
        let mut failed = Vec::new();
        for program in programs {
            let name = format!("{} ({})", program.package, program.target);
            self.say(&format!("\n{name}"));
            let mut command = command(program);
            prepare(&mut command);
            if let Err(failure) = self.run(&mut command, &name) {
                self.say(&failure.to_string());
                failed.push(name);
            }
            if self.interrupts.came() {
                return Err(Failure::new("interrupted"));
            }
        }
        if !failed.is_empty() {
            return Err(Failure::new(format!("tests failed in: {}", failed.join(", "))));
        }
        if self.tally.total() == before { Err(Failure::new("no test ran")) } else { Ok(()) }
    }

    /// Runs one command that passes its arguments on to libtest, and adds up what it says.
    ///
    /// # Errors
    /// A test failed, the program did not come to its end in time, or printed no result.
    pub(super) fn run(&mut self, command: &mut Command, name: &str) -> Outcome {
        command.arg("--show-output");
        if self.slow_too {
            command.arg("--include-ignored");
        }
        let mut output = Output::default();
        let console = &mut *self.console;
        let printed = process::watch(command, self.limit, &self.interrupts, |line| {
            if output.next(line) {
                // A closed terminal must not stop the tests.
                drop(writeln!(console, "{line}"));
            }
        });
        let (report, end) = match printed {
            Ok(printed) => (Report::of_libtest(&printed.out), if printed.success { Ok(()) } else { Err(failed(name)) }),
            Err(failure) => (None, Err(failure)),
        };
        let end = if report.is_some() { end } else { end.and_then(|()| Err(resultless(name))) };
        let mut report = report.unwrap_or_default();
        if end.is_err() {
            report.counts.failed = report.counts.failed.max(1);
        }
        self.tally.add(report, name);
        end
    }

    fn say(&mut self, line: &str) {
        drop(writeln!(self.console, "{line}"));
    }
}

fn failed(name: &str) -> Failure {
    Failure::new(format!("tests failed in {name}"))
}

fn resultless(name: &str) -> Failure {
    Failure::new(format!("{name} ended well, but printed no result of tests"))
}

/// As `cargo test` would start it: in the package's folder, with the variables that tests look at.
fn command(program: &Program) -> Command {
    let mut command = process::command(&program.executable, &program.folder);
    command.env("CARGO_MANIFEST_DIR", &program.folder).env("CARGO_PKG_NAME", &program.package);
    command
}

#[cfg(test)]
mod tests;
