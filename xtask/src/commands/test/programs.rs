//! Test programs: compiled in one go, run one by one.
//!
//! `cargo test -p A` and `cargo test -p B` may resolve the features of what A and B share differently and compile it twice.
//! So everything for this machine is compiled with one selection, and the stages run the programs that came out of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::counts::Counts;
use crate::commands::setup;
use crate::failure::{Failure, Outcome};
use crate::process::{self, Printed};
use crate::workspace::Workspace;
use crate::{tools, wasm};

/// What one test program may take. Hung tests end here and not at the end of the whole run.
const LIMIT_SECONDS: &str = "1200";

/// One compiled test target.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) package: String,
    /// The target's name: the crate's for unit tests, the file's for integration tests.
    target: String,
    executable: PathBuf,
    folder: PathBuf,
}

/// Compiles every target of the native crates, the programs of the local stack among them.
///
/// # Errors
/// Something does not compile.
pub(super) fn compile(workspace: &Workspace) -> Outcome<Vec<Program>> {
    let mut cargo = workspace.cargo(&["build", "--all-targets", "--message-format=json-render-diagnostics"]);
    cargo.args(workspace.native_selection(true)?);
    let printed = process::tee(&mut cargo, |_| false)?;
    if !printed.success {
        return Err(Failure::new("cargo build failed"));
    }
    Ok(printed.out.iter().filter_map(|line| program(line)).collect())
}

/// A test program from one message of Cargo, if the message is about one. Benchmarks also count as tests to Cargo.
fn program(line: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
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

/// Runs the given programs to the end, also after one has failed, so that one run shows everything.
///
/// # Errors
/// At least one test failed.
pub(super) fn run_all<'p>(
    workspace: &Workspace,
    programs: impl Iterator<Item = &'p Program>,
    slow_too: bool,
    counts: &mut Counts,
) -> Outcome {
    let mut failed = Vec::new();
    for program in programs {
        println!("\n{} ({})", program.package, program.target);
        let mut command = command(program);
        setup::point_at_postgres(&mut command);
        command.env("HELLO_COMPONENT_WASM", wasm::module(workspace, wasm::SPIN, "hello_component"));
        if slow_too {
            command.arg("--include-ignored");
        }
        let printed = process::tee(&mut command, |_| true)?;
        counts.add(outcome(&printed));
        if !printed.success {
            failed.push(format!("{} ({})", program.package, program.target));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("tests failed in: {}", failed.join(", ")))) }
}

fn outcome(printed: &Printed) -> Counts {
    let mut counts = Counts::of_libtest(&printed.out).unwrap_or_default();
    if !printed.success {
        counts.failed = counts.failed.max(1);
    }
    let said = printed.out.iter().chain(&printed.err).filter(|line| line.starts_with("skipped: "));
    counts.skipped += said.count() as u64;
    counts
}

/// As `cargo test` would start it: in the package's folder, with the variables that tests look at.
fn command(program: &Program) -> Command {
    let mut command = match tools::on_path("timeout") {
        Some(timeout) => {
            let mut command = process::command(timeout, &program.folder);
            command.args(["--foreground", "--kill-after=10", LIMIT_SECONDS]).arg(&program.executable);
            command
        }
        None => process::command(&program.executable, &program.folder),
    };
    command.env("CARGO_MANIFEST_DIR", &program.folder).env("CARGO_PKG_NAME", &program.package);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, kind: &str, test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/r/a/Cargo.toml",
               "target":{{"kind":["{kind}"],"name":"a"}},"profile":{{"test":{test}}},"executable":"/r/target/a-1"}}"#
        )
    }

    #[test]
    fn test_programs_are_told_from_libraries_and_benchmarks() {
        let id = "path+file:///r/a#a-crate@0.1.0";
        let found = program(&message(id, "lib", true)).expect("a unit test should be found");
        assert_eq!((found.package.as_str(), found.folder.as_path()), ("a-crate", Path::new("/r/a")));
        assert_eq!(program(&message(id, "bench", true)), None);
        assert_eq!(program(&message(id, "bin", false)), None);
        assert_eq!(program("   Compiling a"), None);
    }

    #[test]
    fn a_package_named_as_its_folder_has_no_name_in_its_id() {
        assert_eq!(package_name("path+file:///r/tests/e2e#0.1.0"), Some("e2e"));
        assert_eq!(package_name("path+file:///r/origin/core#origin-core@0.1.0"), Some("origin-core"));
    }

    #[test]
    fn a_program_that_dies_counts_as_a_failure() {
        let printed = Printed { out: vec!["running 1 test".to_owned()], err: vec![], success: false };
        assert_eq!(outcome(&printed).failed, 1);
    }

    #[test]
    fn a_test_that_says_it_skipped_is_counted() {
        let out = vec![
            "skipped: spin is not installed".to_owned(),
            "test result: ok. 2 passed; 0 failed; 0 ignored".to_owned(),
        ];
        assert_eq!(outcome(&Printed { out, err: vec![], success: true }), Counts { passed: 2, failed: 0, skipped: 1 });
    }
}
