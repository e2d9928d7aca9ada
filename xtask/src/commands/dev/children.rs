//! The programs of a running shop: started with a log each, and ended together.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::clock::{Spelled, Stopwatch};
use crate::failure::{Failure, Outcome, While};
use crate::group::{self, Interrupts, POLL};
use crate::process;

/// PostgreSQL writes a checkpoint before it ends.
const GRACE: Duration = Duration::from_secs(15);
/// Lines of a log that are shown when its program died, and how much of it is read for them.
const TAIL: usize = 20;
const TAIL_BYTES: u64 = 64 * 1024;
/// A log that has grown to this is moved aside, over the one that was there. It is looked at every so many [`POLL`]s.
const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;
const LOG_TURNS: u32 = 20;

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
    interrupts: Interrupts,
    /// How often they were looked at.
    turns: u32,
}

/// How something that is waited for is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Doing {
    Ready,
    /// Something has happened since the last time: the wait begins anew.
    Moving,
    Nothing,
}

impl From<bool> for Doing {
    fn from(ready: bool) -> Self {
        if ready { Self::Ready } else { Self::Nothing }
    }
}

/// Why a wait was in vain.
#[derive(Debug)]
pub(super) enum Vain {
    /// The time is over.
    Late,
    /// A child ended, or somebody wants xtask to end.
    Ended(Failure),
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
        Ok(Self { logs, running: Vec::new(), interrupts: Interrupts::catch()?, turns: 0 })
    }

    /// Without handlers: a test program is to end when it is told to.
    #[cfg(test)]
    pub(super) fn of_test(logs: PathBuf) -> Self {
        Self { logs, running: Vec::new(), interrupts: Interrupts::default(), turns: 0 }
    }

    /// Starts a program in a group of its own, with its output in `<logs>/<name>.log`.
    ///
    /// # Errors
    /// The program or its log cannot be started or written.
    pub(in crate::commands) fn start(&mut self, name: &'static str, command: &Command) -> Outcome<&'static str> {
        let log = self.new_log(name)?;
        let output = log.try_clone().during(name)?;
        self.spawn(name, group::grouped(command).stdout(output).stderr(log))?;
        Ok(name)
    }

    /// As [`Children::start`], but standard output is for xtask.
    ///
    /// # Errors
    /// As said there.
    pub(super) fn start_talking(&mut self, name: &'static str, command: &Command) -> Outcome<ChildStdout> {
        let log = self.new_log(name)?;
        let stdout = self.spawn(name, group::grouped(command).stdout(Stdio::piped()).stderr(log))?;
        Ok(stdout.expect("stdout should be piped, as set above"))
    }

    fn spawn(&mut self, name: &'static str, command: &mut Command) -> Outcome<Option<ChildStdout>> {
        let mut child = command.spawn().during(format!("cannot start {name}"))?;
        let stdout = child.stdout.take();
        self.running.push(Running { name, child });
        Ok(stdout)
    }

    /// An empty log. It is only ever appended to, so that it can be emptied under the program that writes it.
    fn new_log(&self, name: &str) -> Outcome<File> {
        let path = self.log(name);
        super::ready::remove(&path)?;
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path).during(path.display())
    }

    /// The process of a program that was started here.
    pub(in crate::commands) fn pid(&self, name: &str) -> Option<u32> {
        self.running.iter().find(|running| running.name == name).map(|running| running.child.id())
    }

    /// Returns once it is ready, and fails as soon as any child has ended, a signal came, or nothing has happened for `limit`.
    ///
    /// # Errors
    /// As said; with the end of the log of the child at fault.
    pub(in crate::commands) fn wait_until<D: Into<Doing>>(
        &mut self,
        name: &str,
        limit: Duration,
        doing: impl FnMut() -> D,
    ) -> Outcome {
        self.wait(limit, doing).map_err(|vain| match vain {
            Vain::Ended(failure) => failure,
            Vain::Late => Failure::new(format!(
                "{name} does not answer, and nothing has happened for {}{}",
                Spelled(limit),
                self.shown_log(name)
            )),
        })
    }

    /// As [`Children::wait_until`], for those who know better what to say.
    pub(super) fn wait<D: Into<Doing>>(&mut self, limit: Duration, mut doing: impl FnMut() -> D) -> Result<(), Vain> {
        let mut watch = Stopwatch::start();
        loop {
            match doing().into() {
                Doing::Ready => return Ok(()),
                Doing::Moving => watch = Stopwatch::start(),
                Doing::Nothing => {}
            }
            if self.interrupts.came() {
                return Err(Vain::Ended(Failure::new("interrupted")));
            }
            if let Some(failure) = self.ended() {
                return Err(Vain::Ended(failure));
            }
            if watch.elapsed() > limit {
                return Err(Vain::Late);
            }
            thread::sleep(POLL);
        }
    }

    /// Returns when the first child ends or a signal comes.
    pub(super) fn watch(&mut self) -> Ended {
        loop {
            if self.interrupts.came() {
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
            group::end(&mut running.child, GRACE);
        }
    }

    fn ended(&mut self) -> Option<Failure> {
        self.turns = self.turns.wrapping_add(1);
        if self.turns.is_multiple_of(LOG_TURNS) {
            self.running.iter().for_each(|running| keep_small(&self.log(running.name), MAX_LOG_BYTES));
        }
        let (name, status) = self.running.iter_mut().find_map(Running::ended)?;
        Some(Failure::new(format!("{name} ended ({status}){}", self.shown_log(name))))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(name).with_added_extension("log")
    }

    fn shown_log(&self, name: &str) -> String {
        let path = self.log(name);
        format!("; the end of {}:\n{}", path.display(), process::tail(&end_of(&path, TAIL_BYTES), TAIL))
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

/// What stands in the last bytes of a file; nothing where there is none.
fn end_of(path: &Path, bytes: u64) -> String {
    let read = || {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        let mut end = Vec::new();
        file.take(bytes).read_to_end(&mut end)?;
        std::io::Result::Ok(end)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// Copies a log that has grown to `limit` beside itself and empties it. What is written in between is lost; a log may.
fn keep_small(log: &Path, limit: u64) {
    if std::fs::metadata(log).is_ok_and(|metadata| metadata.len() >= limit) {
        // A full disk is no reason to end the shop, and emptying helps.
        drop(std::fs::copy(log, log.with_added_extension("1")));
        drop(OpenOptions::new().write(true).truncate(true).open(log));
    }
}

#[cfg(test)]
mod tests;
