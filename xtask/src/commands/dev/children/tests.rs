use std::cell::Cell;

use super::*;

fn children(name: &str) -> Children {
    let logs = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&logs).expect("a temporary folder should be writable");
    Children::of_test(logs)
}

fn shell(script: &str) -> Command {
    let mut command = process::command("sh", Path::new("/"));
    command.args(["-c", script]);
    command
}

fn is_alive(id: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn a_child_that_dies_at_the_start_is_named_with_its_last_words() {
    let mut children = children("dies");
    let name = children.start("one", &shell("echo no such table >&2; exit 3")).expect("sh should start");
    let failure = children.wait_until(name, Duration::from_secs(10), || false).expect_err("it exits at once");
    let text = failure.to_string();
    assert!(text.starts_with("one ended (exit status: 3)"), "{text}");
    assert!(text.ends_with("no such table"), "{text}");
}

#[test]
fn waiting_ends_when_it_is_ready_and_when_the_time_is_over() {
    let mut children = children("waits");
    let name = children.start("one", &shell("exec sleep 60")).expect("sh should start");
    children.wait_until(name, Duration::from_secs(10), || true).expect("it is ready");
    let failure = children.wait_until(name, Duration::from_millis(1), || false).expect_err("it never gets ready");
    assert!(failure.to_string().starts_with("one does not answer"), "{failure}");
}

#[test]
fn the_time_begins_anew_with_everything_that_happens() {
    let mut children = children("moves");
    children.start("one", &shell("exec sleep 60")).expect("sh should start");
    let turns = Cell::new(0);
    // Twenty turns take far longer than the limit; only the last one is ready.
    let doing = || match turns.replace(turns.get() + 1) {
        20 => Doing::Ready,
        _ => Doing::Moving,
    };
    children.wait(POLL, doing).expect("it moves until it is ready");
    assert!(matches!(children.wait(POLL, || Doing::Nothing), Err(Vain::Late)));
}

#[test]
fn stopping_ends_grandchildren_too() {
    let mut children = children("stops");
    let name = children.start("one", &shell("sleep 60 & echo $!; wait")).expect("sh should start");
    let log = children.log(name);
    let printed = || std::fs::read_to_string(&log).unwrap_or_default();
    children.wait_until(name, Duration::from_secs(10), || printed().ends_with('\n')).expect("it prints at once");
    let grandchild = printed().trim().to_owned();
    assert!(is_alive(&grandchild));
    children.stop();
    for _ in 0..100 {
        if !is_alive(&grandchild) {
            return;
        }
        thread::sleep(POLL);
    }
    panic!("process {grandchild} is still there");
}

#[test]
fn a_signal_ends_the_watch_and_the_wait() {
    let mut children = children("signal");
    let name = children.start("one", &shell("exec sleep 60")).expect("sh should start");
    children.interrupts.send();
    assert!(matches!(children.watch(), Ended::BySignal));
    assert!(children.wait_until(name, Duration::from_secs(1), || false).is_err());
}

#[test]
fn only_the_end_of_a_long_log_is_read() {
    let children = children("long");
    let log = children.log("one");
    std::fs::write(&log, "first line\n".to_owned() + &"x".repeat(100) + "\nlast line\n").expect("a log");
    assert_eq!(end_of(&log, 20), "xxxxxxxxx\nlast line\n");
    assert_eq!(end_of(&log, 10_000).lines().next(), Some("first line"));
    assert_eq!(end_of(Path::new("/nowhere"), 10), "");
}

#[test]
fn a_log_that_has_grown_too_large_is_moved_aside_under_the_program_that_writes_it() {
    let mut children = children("rotates");
    let script = "echo before; while [ -s \"$LOG\" ]; do sleep 0.05; done; echo after; exec sleep 60";
    let log = children.log("one");
    children.start("one", shell(script).env("LOG", &log)).expect("sh should start");
    let written = || std::fs::read_to_string(&log).unwrap_or_default();
    children.wait_until("one", Duration::from_secs(10), || written() == "before\n").expect("it writes");
    keep_small(&log, 100);
    assert_eq!(written(), "before\n", "it is small");
    keep_small(&log, 1);
    children.wait_until("one", Duration::from_secs(10), || written() == "after\n").expect("it goes on writing");
    assert_eq!(std::fs::read_to_string(log.with_added_extension("1")).expect("the old log"), "before\n");
}
