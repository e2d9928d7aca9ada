//! What a test starts ends with it, however it ends.

use std::{env, fs, time::Duration};

use e2e::{
    EdgeKind,
    edge::{Edge, nowhere},
};
use test_support::process::is_running;

const FILE: &str = "E2E_EDGES_FILE";

/// Not a test of its own: the program that the test below kills.
#[tokio::test]
#[ignore = "run by the_edges_end_when_the_test_program_is_killed"]
async fn program_that_is_killed() {
    let Some(file) = env::var_os(FILE) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut edges = Vec::new();
    for kind in EdgeKind::ALL {
        edges.push(Edge::start(kind, &nowhere(), folder.path()).await);
    }
    let ids: Vec<u32> = edges.iter().map(|edge| edge.process_id).collect();
    let partial = folder.path().join("ids");
    fs::write(&partial, serde_json::to_vec(&ids).unwrap()).unwrap();
    fs::copy(&partial, file).unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test]
async fn the_edges_end_when_the_test_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids");
    let mut program = std::process::Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "processes::program_that_is_killed"])
        .env(FILE, &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let ids: Vec<u32> = loop {
        match fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
            Some(ids) => break ids,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        assert!(program.try_wait().unwrap().is_none(), "the program ended early");
    };
    assert!(ids.len() == EdgeKind::ALL.len() && ids.iter().all(|id| is_running(*id)), "{ids:?}");
    program.kill().unwrap();
    program.wait().unwrap();
    for _ in 0..500 {
        if !ids.iter().any(|id| is_running(*id)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("an edge outlived the test program by ten seconds");
}
