//! The programs of a running shop: started with a log each, and ended together.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::clock::Stopwatch;
use crate::failure::{Failure, Outcome, While};
use crate::{process, tools};

const POLL: Duration = Duration::from_millis(50);
/// PostgreSQL writes a checkpoint before it ends.
const GRACE: Duration = Duration::from_secs(15);
/// Lines of a log that are shown when its program died.
const TAIL: usize = 20;

/// Why [`Children::watch`] returned.
pub(super) enum Ended {
    /// Ctrl-C, or somebody ended xtask.
    BySignal,
    /// A child ended by itself.
    Child(Failure),
}

/// Running programs, in the order in which they started.
pub(in crate::commands) struct Children {
    logs: PathBuf,
    running: Vec<Running>,
    interrupted: Arc<AtomicBool>,
}

struct Running {
    name: &'static str,
    child: Child,
}

impl Children {
    /// From here on a signal no longer ends xtask by itself: it ends the children first.
    ///
    /// # Errors
    /// The signals cannot be caught.
    pub(in crate::commands) fn new(logs: PathBuf) -> Outcome<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted)).during("signal handlers")?;
        }
        Ok(Self { logs, running: Vec::new(), interrupted })
    }

    /// Starts a program with its output in `<logs>/<name>.log`, in a process group of its own (so that Ctrl-C reaches it only
    /// through xtask, in order), and tied to this process where `setpriv` is there (so that it ends with xtask even if xtask
    /// is killed).
    ///
    /// # Errors
    /// The program or its log cannot be started or written.
    pub(in crate::commands) fn start(&mut self, name: &'static str, command: &mut Command) -> Outcome<&'static str> {
        let path = self.log(name);
        let log = File::create(&path).during(path.display())?;
        let errors = log.try_clone().during(path.display())?;
        let mut command = tied(command);
        let child =
            command.stdout(log).stderr(errors).process_group(0).spawn().during(format!("cannot start {name}"))?;
        self.running.push(Running { name, child });
        Ok(name)
    }

    /// The process of a program that was started here.
    pub(in crate::commands) fn pid(&self, name: &str) -> Option<u32> {
        self.running.iter().find(|running| running.name == name).map(|running| running.child.id())
    }

    /// Returns once `ready` does, and fails as soon as any child has ended, a signal came, or `limit` is over.
    ///
    /// # Errors
    /// As said; with the end of the log of the child at fault.
    pub(in crate::commands) fn wait_until(&mut self, name: &str, limit: Duration, ready: impl Fn() -> bool) -> Outcome {
        let watch = Stopwatch::start();
        while !ready() {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Failure::new("interrupted"));
            }
            if let Some(failure) = self.ended() {
                return Err(failure);
            }
            if watch.elapsed() > limit {
                return Err(Failure::new(format!(
                    "{name} does not answer after {} s{}",
                    limit.as_secs(),
                    self.shown_log(name)
                )));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Returns when the first child ends or a signal comes.
    pub(super) fn watch(&mut self) -> Ended {
        loop {
            if self.interrupted.load(Ordering::Relaxed) {
                return Ended::BySignal;
            }
            if let Some(failure) = self.ended() {
                return Ended::Child(failure);
            }
            thread::sleep(POLL);
        }
    }

    /// Ends what still runs, the youngest first: each is asked, and after some seconds killed with everything in its group.
    pub(in crate::commands) fn stop(&mut self) {
        while let Some(mut running) = self.running.pop() {
            signal_group("TERM", &running.child);
            let watch = Stopwatch::start();
            while watch.elapsed() < GRACE && matches!(running.child.try_wait(), Ok(None)) {
                thread::sleep(POLL);
            }
            // Also what the child left behind in its group; there is nothing to report if that is nothing.
            signal_group("KILL", &running.child);
            drop(running.child.wait());
        }
    }

    fn ended(&mut self) -> Option<Failure> {
        let (name, status) = self.running.iter_mut().find_map(Running::ended)?;
        Some(Failure::new(format!("{name} ended ({status}){}", self.shown_log(name))))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(name).with_added_extension("log")
    }

    fn shown_log(&self, name: &str) -> String {
        let path = self.log(name);
        let text = std::fs::read(&path).unwrap_or_default();
        format!("; the end of {}:\n{}", path.display(), process::tail(&String::from_utf8_lossy(&text), TAIL))
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Running {
    fn ended(&mut self) -> Option<(&'static str, ExitStatus)> {
        let status = self.child.try_wait().ok()??;
        Some((self.name, status))
    }
}

/// The command behind `setpriv`, which asks the kernel to end it with its parent. Without `setpriv` the command as it is.
fn tied(command: &Command) -> Command {
    let mut tied = match tools::on_path("setpriv") {
        Some(setpriv) => {
            let mut tied = Command::new(setpriv);
            tied.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
            tied
        }
        None => Command::new(command.get_program()),
    };
    tied.args(command.get_args()).stdin(Stdio::null());
    tied.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    tied
}

/// The shell's `kill` takes a group as a negative number; the standard library knows only one process and SIGKILL.
fn signal_group(signal: &str, child: &Child) {
    let script = format!("kill -{signal} -{}", child.id());
    drop(Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status());
}

#[cfg(test)]
mod tests;
