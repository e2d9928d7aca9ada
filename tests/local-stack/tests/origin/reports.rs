//! What whoever starts the program hears of it.

use std::{
    fmt::Write,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

/// So many that not all of them are shown.
const BAD_ROWS: usize = 25;
const SHOWN: usize = 20;

#[test]
fn steps_bad_rows_and_counts_are_reported() {
    if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        println!("skipped: the given database is kept by somebody else");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("bad.ndjson");
    let rows = (0..BAD_ROWS).fold(String::new(), |mut rows, row| {
        writeln!(rows, r#"{{"no such field":{row}}}"#).unwrap();
        rows
    });
    std::fs::write(&catalog, rows).unwrap();
    let mut stack = Command::new(env!("CARGO_BIN_EXE_local-stack"))
        .args(["--reports", "--state-dir"])
        .arg(folder.path())
        .arg("--catalog")
        .arg(&catalog)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut reports = Vec::new();
    for line in BufReader::new(stack.stdout.take().unwrap()).lines() {
        let report: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let is_last = report["step"] == "starting the issuer, the payment providers and the carrier";
        reports.push(report);
        if is_last {
            break;
        }
    }
    let ended = Command::new("kill").args(["-TERM", &stack.id().to_string()]).status().unwrap();
    assert!(ended.success() && stack.wait().unwrap().success());

    let all = |kind: &str| reports.iter().filter_map(|report| report[kind].as_str()).collect::<Vec<_>>();
    assert!(all("step").contains(&"starting PostgreSQL"), "{reports:?}");
    let notices = all("notice");
    let faults: Vec<_> = notices.iter().filter(|notice| notice.contains("bad.ndjson: line ")).collect();
    assert_eq!(faults.len(), SHOWN, "{notices:?}");
    assert!(notices.iter().any(|notice| notice.contains("5 faults more")), "{notices:?}");
    assert!(notices.iter().any(|notice| notice.contains("25 rows (25 refused)")), "{notices:?}");
}
