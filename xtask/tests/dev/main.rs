//! `cargo xtask dev` as scripts and people meet it: what its ready file says is true of a shop that is open, and nothing of the
//! shop outlives it, however it ends. Runs what `cargo xtask build` has built; `cargo xtask test` does both in its stage dev.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

#[path = "../../src/commands/dev/http.rs"]
mod http;
mod processes;
mod shop;

use std::path::PathBuf;

use processes::Process;
use shop::{Dev, is_on_path};

/// How many products the shop begins with.
const PRODUCTS: u64 = 20;

/// A folder for one test's shop, far from the developer's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("xtask-dev-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder should be writable");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Opens a shop, checks what it says, kills it; opens it again, and asks it to end.
fn opens_and_closes(edge: &str, edge_process: &str) {
    if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        println!("skipped: the given database is kept by somebody else");
        return;
    }
    let folder = Folder::new(edge);
    let mut dev = Dev::start(edge, &folder.0, &["--products", &PRODUCTS.to_string()]);
    dev.shop().check(PRODUCTS);
    assert!(dev.printed().contains("20 products generated"), "{}", dev.printed());
    let all = dev.processes();
    for name in ["local-stack", "postgres", edge_process] {
        assert!(all.iter().any(|process| process.is_called(name)), "{name} is one of {all:?}");
    }
    if is_on_path("setpriv") {
        dev.kill();
        assert_eq!(left_of(&all), Vec::<&Process>::new(), "SIGKILL leaves nothing behind");
    } else {
        println!("skipped: the end by SIGKILL: setpriv is not on PATH");
        dev.interrupt();
    }

    // A product was made while the shop was checked, and the database keeps what it has said it has.
    let mut dev = Dev::start(edge, &folder.0, &["--products", "5"]);
    dev.shop().check(PRODUCTS + 1);
    assert!(dev.printed().contains("the shop keeps its catalog"), "{}", dev.printed());
    let all = dev.processes();
    assert!(dev.interrupt().success(), "Ctrl-C is the way to end it: {}", dev.printed());
    assert_eq!(left_of(&all), Vec::<&Process>::new(), "SIGINT leaves nothing behind");
    assert!(!dev.ready_file().exists(), "what the ready file names is gone");
}

fn left_of(all: &[Process]) -> Vec<&Process> {
    processes::wait_for_the_end_of(all)
}

#[test]
#[ignore = "starts the whole shop: cargo xtask test"]
fn the_shop_on_the_spin_host_is_as_its_ready_file_says_and_leaves_nothing_behind() {
    opens_and_closes("spin-host", "spin-host");
}

#[test]
#[ignore = "starts the whole shop: cargo xtask test"]
fn the_shop_on_workers_is_as_its_ready_file_says_and_leaves_nothing_behind() {
    opens_and_closes("workers", "workerd");
}

#[test]
#[ignore = "starts the whole shop: cargo xtask test"]
fn the_shop_on_spin_is_as_its_ready_file_says_and_leaves_nothing_behind() {
    if is_on_path("spin") {
        opens_and_closes("spin", "spin");
    } else {
        println!("skipped: the shop on `spin up`: spin is not on PATH");
    }
}

#[test]
#[ignore = "starts the tool: cargo xtask test"]
fn a_catalog_that_is_not_there_is_one_line_at_once() {
    let folder = Folder::new("catalog");
    let printed = Dev::fails(&folder.0, &["--catalog", "/nowhere.csv"]);
    assert!(
        printed.starts_with("error: --catalog /nowhere.csv: ") && printed.trim_end().lines().count() == 1,
        "{printed}"
    );
}
