//! Process groups: what one child starts ends with it, and all of it ends with xtask.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::clock::Stopwatch;
use crate::failure::{Outcome, While};
use crate::tools;

/// How often children are looked at.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// Whether somebody wants xtask to end: Ctrl-C, or another signal that asks.
#[derive(Clone, Default)]
pub(crate) struct Interrupts(Arc<AtomicBool>);

impl Interrupts {
    /// From here on a signal no longer ends xtask by itself: what it started has to end first.
    ///
    /// # Errors
    /// The signals cannot be caught.
    pub(crate) fn catch() -> Outcome<Self> {
        let seen = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&seen)).during("signal handlers")?;
        }
        Ok(Self(seen))
    }

    #[cfg(test)]
    pub(crate) fn send(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The command in a process group of its own (so that Ctrl-C reaches it only through xtask, and all of it can be ended at once)
/// and, where `setpriv` is there, asked by the kernel to end when xtask does, however that ends.
pub(crate) fn grouped(command: &Command) -> Command {
    let mut grouped = match tools::on_path("setpriv") {
        Some(setpriv) => {
            let mut tied = Command::new(setpriv);
            tied.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
            tied
        }
        None => Command::new(command.get_program()),
    };
    grouped.args(command.get_args()).stdin(Stdio::null()).process_group(0);
    grouped.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => grouped.env(name, value),
            None => grouped.env_remove(name),
        };
    }
    grouped
}

/// Asks a group's first process to end and gives it time, then kills what is left of the group.
pub(crate) fn end(child: &mut Child, grace: Duration) {
    signal("TERM", child.id());
    let watch = Stopwatch::start();
    while watch.elapsed() < grace && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(POLL);
    }
    signal("KILL", child.id());
    drop(child.wait());
}

/// Ends what a process that has ended left behind in its group. Databases among it get time to clean up.
pub(crate) fn sweep(group: u32, grace: Duration) {
    if !signal("TERM", group) {
        return;
    }
    let watch = Stopwatch::start();
    while watch.elapsed() < grace && signal("0", group) {
        thread::sleep(POLL);
    }
    signal("KILL", group);
}

/// Whether there was anybody in the group to signal. The shell's `kill` takes a group as a negative number; the standard
/// library knows only one process and SIGKILL.
fn signal(signal: &str, group: u32) -> bool {
    let script = format!("kill -{signal} -{group}");
    Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
