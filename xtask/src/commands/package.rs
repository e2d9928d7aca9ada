//! `cargo xtask package`: one zip for each Lambda function.

use std::path::{Path, PathBuf};

use cargo_metadata::TargetKind;

use crate::failure::{Failure, Outcome, While};
use crate::workspace::Workspace;
use crate::{process, tools};

/// The crate whose programs are the functions.
const FUNCTIONS: &str = "origin-functions";
/// What a function on the request path may weigh, as a zip.
pub(crate) const ZIP_BUDGET_BYTES: u64 = 3_000_000;
/// The function that carries fonts and what draws them, and may weigh what that takes (decision 23).
const WITHOUT_BUDGET: &str = "origin-printer";

/// Whether the budgets of functions on the request path are this one's.
pub(crate) fn has_budget(function: &str) -> bool {
    function != WITHOUT_BUDGET
}

/// A zip archive of one executable named `bootstrap`, as Lambda's `provided` runtimes want it. The time stamp is fixed, so
/// that equal programs give equal archives and Terraform sees no change where there is none.
const ZIP_SCRIPT: &str = r"
import sys, zipfile
program, archive = sys.argv[1:]
entry = zipfile.ZipInfo('bootstrap', (1980, 1, 1, 0, 0, 0))
entry.compress_type = zipfile.ZIP_DEFLATED
entry.create_system = 3
entry.external_attr = 0o100755 << 16
with zipfile.ZipFile(archive, 'w') as zipped, open(program, 'rb') as source:
    zipped.writestr(entry, source.read(), compresslevel=9)
";

/// Builds the functions in release and zips each as target/lambda/NAME.zip.
#[derive(Default, clap::Args)]
pub(crate) struct Args {
    /// For Graviton; needs cargo-lambda, which brings the linker.
    #[arg(long)]
    arm64: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Outcome {
    package(workspace, args).map(drop)
}

/// A function as it is deployed.
pub(crate) struct Packaged {
    pub(crate) name: String,
    /// The executable in the archive.
    pub(crate) program: PathBuf,
    pub(crate) archive: PathBuf,
}

/// Builds and zips every function.
///
/// # Errors
/// Something does not compile, or the zips cannot be written.
pub(crate) fn package(workspace: &Workspace, args: &Args) -> Outcome<Vec<Packaged>> {
    let python = tools::on_path("python3").ok_or_else(|| Failure::new("python3 is not on PATH: it writes the zips"))?;
    let functions = functions(workspace)?;
    if functions.is_empty() {
        return Err(Failure::new(format!("{FUNCTIONS} has no programs")));
    }
    let folder = workspace.target().join("lambda");
    std::fs::create_dir_all(&folder).during(folder.display())?;
    let built = if tools::installed("cargo-lambda").is_some() {
        with_cargo_lambda(workspace, args)?
    } else {
        plainly(workspace, args)?
    };
    let zip = |name: String| {
        let archive = folder.join(&name).with_added_extension("zip");
        let program = built(&name);
        process::run(process::command(&python, workspace.root()).args(["-c", ZIP_SCRIPT]).arg(&program).arg(&archive))?;
        print_size(&name, &program, &archive)?;
        Ok(Packaged { name, program, archive })
    };
    functions.into_iter().map(zip).collect()
}

fn functions(workspace: &Workspace) -> Outcome<Vec<String>> {
    let metadata = workspace.metadata()?;
    let package = metadata.packages.iter().find(|package| package.name == FUNCTIONS);
    let targets = package.into_iter().flat_map(|package| &package.targets);
    Ok(targets.filter(|target| target.kind.contains(&TargetKind::Bin)).map(|target| target.name.clone()).collect())
}

/// From a function's name to its executable.
type Built = Box<dyn Fn(&str) -> PathBuf>;

/// Links against the C library of Lambda's own image, for either architecture.
fn with_cargo_lambda(workspace: &Workspace, args: &Args) -> Outcome<Built> {
    let mut cargo = workspace.cargo(&["lambda", "build", "--release", "-p", FUNCTIONS]);
    if args.arm64 {
        cargo.arg("--arm64");
    }
    process::run(&mut cargo)?;
    let folder = workspace.target().join("lambda");
    Ok(Box::new(move |name| folder.join(name).join("bootstrap")))
}

fn plainly(workspace: &Workspace, args: &Args) -> Outcome<Built> {
    if args.arm64 {
        return Err(Failure::new("--arm64 needs cargo-lambda (PyPI: cargo-lambda and ziglang)"));
    }
    println!(
        "  note: without cargo-lambda the programs use this machine's C library, which may be newer than Lambda's"
    );
    process::run(&mut workspace.cargo(&["build", "--release", "--bins", "-p", FUNCTIONS]))?;
    let folder = workspace.target().join("release");
    Ok(Box::new(move |name| folder.join(name)))
}

fn print_size(name: &str, program: &Path, archive: &Path) -> Outcome {
    let bytes = |file: &Path| std::fs::metadata(file).map(|metadata| metadata.len()).during(file.display());
    let zipped = bytes(archive)?;
    let verdict = if has_budget(name) && zipped > ZIP_BUDGET_BYTES { ", over the budget" } else { "" };
    println!("  {name}: {} bytes, {zipped} bytes zipped{verdict} ({})", bytes(program)?, archive.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_programs_give_equal_archives_with_an_executable_bootstrap() {
        let Some(python) = tools::on_path("python3") else {
            println!("skipped: python3 is not on PATH");
            return;
        };
        let folder = std::env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder should be writable");
        let zip = |program: &str, archive: &str| {
            std::fs::write(folder.join(program), b"#!/bin/sh\n").expect("the program should be written");
            process::run(process::command(&python, &folder).args(["-c", ZIP_SCRIPT, program, archive]))
                .expect("it zips");
            std::fs::read(folder.join(archive)).expect("the archive should be there")
        };
        assert_eq!(zip("one", "one.zip"), zip("two", "two.zip"));
        let list = "import sys, zipfile; e, = zipfile.ZipFile(sys.argv[1]).infolist(); print(e.filename, oct(e.external_attr >> 16))";
        let listed = process::capture(process::command(&python, &folder).args(["-c", list, "one.zip"]));
        assert_eq!(listed.as_deref(), Some("bootstrap 0o100755"));
        std::fs::remove_dir_all(folder).expect("the folder should be removable");
    }
}
