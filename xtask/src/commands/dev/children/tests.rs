use super::*;

fn children(name: &str) -> Children {
    let logs = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&logs).expect("a temporary folder should be writable");
    Children { logs, running: Vec::new(), interrupted: Arc::default() }
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
    let name = children.start("one", &mut shell("echo no such table >&2; exit 3")).expect("sh should start");
    let failure = children.wait_until(name, Duration::from_secs(10), || false).expect_err("it exits at once");
    let text = failure.to_string();
    assert!(text.starts_with("one ended (exit status: 3)"), "{text}");
    assert!(text.ends_with("no such table"), "{text}");
}

#[test]
fn waiting_ends_when_it_is_ready_and_when_the_time_is_over() {
    let mut children = children("waits");
    let name = children.start("one", &mut shell("exec sleep 60")).expect("sh should start");
    children.wait_until(name, Duration::from_secs(10), || true).expect("it is ready");
    let failure = children.wait_until(name, Duration::from_millis(1), || false).expect_err("it never gets ready");
    assert!(failure.to_string().starts_with("one does not answer"), "{failure}");
}

#[test]
fn stopping_ends_grandchildren_too() {
    let mut children = children("stops");
    let name = children.start("one", &mut shell("sleep 60 & echo $!; wait")).expect("sh should start");
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
    let name = children.start("one", &mut shell("exec sleep 60")).expect("sh should start");
    children.interrupted.store(true, Ordering::Relaxed);
    assert!(matches!(children.watch(), Ended::BySignal));
    assert!(children.wait_until(name, Duration::from_secs(1), || false).is_err());
}
