//! The command line: ready line, ready file, signals, and one line for what is wrong.

use crate::fixture::{Application, call, component};
use http::Method;
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};

pub(crate) fn command(application: &Application) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spin-host"));
    command
        .arg("--manifest")
        .arg(application.manifest())
        .arg("--cache-dir")
        .arg(component().with_file_name("spin-host-test-cache"))
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_its_url_writes_the_ready_file_and_ends_on_sigterm() {
    let application = Application::new("");
    let ready = application.folder.path().join("ready");
    let mut child = command(&application)
        .args(["--listen", "127.0.0.1:0", "--variable", "greeting=a=b", "--ready-file"])
        .arg(&ready)
        .env("SPIN_VARIABLE_PEER", "http://127.0.0.1:1")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await.unwrap().unwrap().unwrap();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert_eq!(written["url"], url);
    assert_eq!(call(Method::GET, &format!("{url}/"), "").await.text(), "hello");
    assert_eq!(call(Method::GET, &format!("{url}/var?name=greeting"), "").await.text(), "a=b, world");

    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let status = tokio::time::timeout(Duration::from_secs(10), child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    assert!(
        log.contains("listening") && !log.contains("ERROR"),
        "an instance that ends with the host is no error: {log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn says_in_one_line_why_it_does_not_start() {
    let application = Application::new("");
    for (arguments, expected) in [
        (vec!["--variable", "unknown=x"], "spin-host: variables: \"unknown\""),
        (vec!["--listen", "0.0.0.0:0"], "spin-host: cannot listen on 0.0.0.0:0"),
    ] {
        let output = command(&application).args(arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(expected) && stderr.trim_end().lines().count() == 1, "{stderr}");
        assert!(output.stdout.is_empty());
    }
}
