use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::super::counts::Counts;
use super::*;

fn message(id: &str, kind: &str, test: bool) -> Value {
    json!({
        "reason": "compiler-artifact", "package_id": id, "manifest_path": "/r/a/Cargo.toml",
        "target": {"kind": [kind], "name": "a"}, "profile": {"test": test}, "executable": "/r/target/a-1",
    })
}

#[test]
fn test_programs_are_told_from_libraries_and_benchmarks() {
    let id = "path+file:///r/a#a-crate@0.1.0";
    let found = program(&message(id, "lib", true)).expect("a unit test should be found");
    assert_eq!((found.package.as_str(), found.folder.as_path()), ("a-crate", Path::new("/r/a")));
    assert_eq!(program(&message(id, "bench", true)), None);
    assert_eq!(program(&message(id, "bin", false)), None);
}

#[test]
fn a_warning_is_seen() {
    let warning = json!({"reason": "compiler-message", "message": {"level": "warning", "rendered": "warning: a\n"}});
    assert_eq!(diagnostic(&warning), Some("warning: a\n"));
    assert_eq!(diagnostic(&message("path+file:///r/a#0.1.0", "lib", true)), None);
}

#[test]
fn a_package_named_as_its_folder_has_no_name_in_its_id() {
    assert_eq!(package_name("path+file:///r/tests/e2e#0.1.0"), Some("e2e"));
    assert_eq!(package_name("path+file:///r/origin/core#origin-core@0.1.0"), Some("origin-core"));
}

/// A folder for one test's programs.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("xtask-programs-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder should be writable");
        Self(folder)
    }

    fn program(&self, executable: PathBuf) -> Program {
        Program { package: "a".to_owned(), target: "b".to_owned(), executable, folder: self.0.clone() }
    }

    /// A program that need not be one of libtest.
    fn script(&self, name: &str, text: &str) -> Program {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("the script should be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        self.program(path)
    }

    /// Tests that the compiler makes a program of, as it does with everybody's.
    fn tests(&self, source: &str) -> Program {
        let (file, path) = (self.0.join("tests.rs"), self.0.join("tests"));
        fs::write(&file, source).expect("the source should be written");
        let mut rustc = process::command("rustc", &self.0);
        process::run(rustc.args(["--test", "-o"]).arg(&path).arg(&file)).expect("it compiles");
        self.program(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// How it ends, what comes of it, and what a person sees.
fn run(programs: &[Program], slow_too: bool, limit: Duration) -> (Outcome, Tally, String) {
    let (mut console, mut tally) = (Vec::new(), Tally::default());
    let mut runner =
        Runner { slow_too, limit, interrupts: Interrupts::default(), console: &mut console, tally: &mut tally };
    let end = runner.run_all(programs.iter(), |_| {});
    (end, tally, String::from_utf8_lossy(&console).into_owned())
}

const LONG: Duration = Duration::from_mins(1);

#[test]
fn skips_are_counted_with_their_reasons_and_the_rest_of_what_passed_is_not_shown() {
    let folder = Folder::new("skips");
    let programs = [folder.tests(
        r#"#[test] fn passes() { println!("chatter"); }
           #[test] fn skips() { println!("skipped: no such tool"); }
           #[test] #[ignore = "takes a minute"] fn is_slow() {}"#,
    )];
    let (end, tally, shown) = run(&programs, false, LONG);
    end.expect("nothing fails");
    assert_eq!(tally.counts, Counts { passed: 2, failed: 0, skipped: 2 });
    let mut skipped = tally.skipped;
    skipped.sort();
    assert_eq!(skipped, ["no such tool: skips (a (b))", "takes a minute: is_slow (a (b))"]);
    assert!(shown.contains("skipped: no such tool") && !shown.contains("chatter"), "{shown}");
    let (_, tally, _) = run(&programs, true, LONG);
    assert_eq!(tally.counts, Counts { passed: 3, failed: 0, skipped: 1 });
}

#[test]
fn a_failure_is_shown_with_what_its_test_printed() {
    let folder = Folder::new("fails");
    let source = r#"#[test] fn fails() { println!("a clue"); assert!(false); }"#;
    let (end, tally, shown) = run(&[folder.tests(source)], false, LONG);
    assert_eq!(end.expect_err("it fails").to_string(), "tests failed in: a (b)");
    assert_eq!(tally.counts, Counts { passed: 0, failed: 1, skipped: 0 });
    assert!(shown.contains("a clue"), "{shown}");
}

#[test]
fn where_no_test_ran_nothing_has_passed() {
    let folder = Folder::new("nothing");
    for (programs, reason) in [
        (vec![], "no test ran"),
        (vec![folder.tests("")], "no test ran"),
        (vec![folder.script("ends well", "exit 0")], "tests failed in: a (b)"),
        (vec![folder.script("dies", "echo running 1 test; exit 101")], "tests failed in: a (b)"),
    ] {
        let (end, tally, shown) = run(&programs, false, LONG);
        assert_eq!(end.expect_err("nothing ran").to_string(), reason, "{shown}");
        assert_eq!((tally.counts.passed, tally.counts.failed), (0, u64::from(reason != "no test ran")));
    }
}

#[test]
fn what_a_program_leaves_behind_ends_with_it() {
    let folder = Folder::new("orphans");
    let result = "echo 'test result: ok. 1 passed; 0 failed; 0 ignored;'";
    // One orphan holds on to the program's output for a while, the other one is simply there.
    let orphans = "sleep 20 & sleep 1000 >/dev/null 2>&1 & echo $! >orphan";
    for (script, limit, ends_well) in [
        (format!("{orphans}; {result}"), LONG, true),
        (format!("{orphans}; exec sleep 100"), Duration::from_millis(500), false),
    ] {
        let (end, _, shown) = run(&[folder.script("script", &script)], false, limit);
        assert_eq!(end.is_ok(), ends_well, "{shown}");
        assert_eq!(shown.contains("not over after 0.5 s"), !ends_well, "{shown}");
        let orphan = fs::read_to_string(folder.0.join("orphan")).expect("it was started");
        let alive = || process::capture(process::command("ps", &folder.0).args(["-o", "stat=", "-p", orphan.trim()]));
        assert!(alive().is_none_or(|state| state.starts_with('Z')), "{script}");
    }
}
