//! Processor time as Linux counts it: proc(5), `/proc/<pid>/stat` and `/proc/stat`, in clock ticks.

use std::collections::BTreeMap;
use std::{fs, io};

/// Processor time since the machine started, in ticks (usually 10 ms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The server and all that it started, the ended ones included.
    pub server: u64,
    /// This process.
    pub generator: u64,
    /// Everything on this machine, and what its host took from it.
    pub machine: u64,
}

impl Sample {
    /// Reads all three.
    ///
    /// # Errors
    /// The server is gone, or this is not Linux.
    pub fn take(server: u32) -> io::Result<Self> {
        let processes = Processes::read()?;
        let (server, generator) = (processes.tree(server)?, processes.alone(std::process::id()));
        Ok(Self { server, generator, machine: machine()? })
    }

    /// What was used since `earlier`; of the machine: by everything but the server and this process. The three are read one
    /// after the other, so a small difference may come out below zero: that is none.
    #[must_use]
    pub fn since(self, earlier: Self) -> Used {
        let server = self.server.saturating_sub(earlier.server);
        let generator = self.generator.saturating_sub(earlier.generator);
        let machine = self.machine.saturating_sub(earlier.machine);
        Used { server, generator, foreign: machine.saturating_sub(server + generator) }
    }
}

/// Ticks between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// By the server and all that it started.
    pub server: u64,
    /// By this process.
    pub generator: u64,
    /// By everything else.
    pub foreign: u64,
}

/// Microseconds of one tick.
#[must_use]
pub fn tick_micros() -> u64 {
    1_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// What everything on this machine has used, and what its host took from it, in ticks.
///
/// # Errors
/// This is not Linux.
pub fn machine() -> io::Result<u64> {
    Ok(busy_ticks(&fs::read_to_string("/proc/stat")?))
}

/// What the threads of this process that go by a name have used, in ticks.
///
/// # Errors
/// This is not Linux.
pub fn threads(name: &str) -> io::Result<u64> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc/self/task")? {
        let line = fs::read(entry?.path().join("stat")).unwrap_or_default();
        let named = String::from_utf8_lossy(&line).contains(&format!(" ({name}) "));
        ticks += parse(&line).filter(|_| named).map_or(0, |thread| thread.own);
    }
    Ok(ticks)
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    /// Of the process or thread itself.
    own: u64,
    /// With its children that have ended.
    ticks: u64,
}

/// All processes of this machine, at one moment.
#[derive(Debug)]
pub struct Processes(BTreeMap<u32, Process>);

impl Processes {
    /// Looks at all of them.
    ///
    /// # Errors
    /// This is not Linux.
    pub fn read() -> io::Result<Self> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process that ends while its folder is read is no error.
            if let Some(process) = fs::read(format!("/proc/{pid}/stat")).ok().and_then(|line| parse(&line)) {
                found.insert(pid, process);
            }
        }
        Ok(Self(found))
    }

    /// Ticks of a process and all that it started, the ended ones included.
    ///
    /// # Errors
    /// The process is gone.
    pub fn tree(&self, root: u32) -> io::Result<u64> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("process {root} is not running"));
        tree_ticks(&self.0, root).ok_or_else(gone)
    }

    /// Ticks of a process and its children that have ended.
    #[must_use]
    pub fn alone(&self, pid: u32) -> u64 {
        self.0.get(&pid).map_or(0, |process| process.ticks)
    }
}

/// The program's name, which may hold anything, ends at the last `)`; behind it come state, parent and, as fields 14 to 17 of
/// the line, user and system time of the process and of its children that have ended.
fn parse(line: &[u8]) -> Option<Process> {
    let line = String::from_utf8_lossy(line);
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let sum = |indices: [usize; 2]| indices.map(number).into_iter().sum::<Option<u64>>();
    let (own, ended) = (sum([11, 12])?, sum([13, 14])?);
    Some(Process { parent: u32::try_from(number(1)?).ok()?, own, ticks: own + ended })
}

fn tree_ticks(processes: &BTreeMap<u32, Process>, root: u32) -> Option<u64> {
    let mut ticks = processes.get(&root)?.ticks;
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for (pid, process) in processes.iter().filter(|(_, process)| process.parent == parent) {
            ticks += process.ticks;
            parents.push(*pid);
        }
    }
    Some(ticks)
}

/// user, nice, system, irq, softirq and steal of the first line; idle and iowait are not work, and guest is within user.
fn busy_ticks(stat: &str) -> u64 {
    let first = stat.lines().next().unwrap_or_default();
    let fields: Vec<u64> = first.split_ascii_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    [0, 1, 2, 5, 6, 7].iter().filter_map(|index| fields.get(*index)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_program_is_called() {
        let line = b"12 (a) R 3 (b) S 7 1 1 0 -1 4194304 100 0 0 0 10 20 30 40 20 0 1 0 459010 3133440 410";
        assert_eq!(parse(line), Some(Process { parent: 7, own: 30, ticks: 100 }));
        assert_eq!(parse(b"12 (cut) S 7 1"), None);
    }

    #[test]
    fn a_tree_is_the_root_and_everything_below_it() {
        let process = |parent, ticks| Process { parent, own: 0, ticks };
        let processes = BTreeMap::from([
            (1, process(0, 1)),
            (5, process(1, 10)),
            (3, process(5, 100)),
            (9, process(3, 1_000)),
            (8, process(1, 7)),
        ]);
        assert_eq!(tree_ticks(&processes, 5), Some(1_110));
        assert_eq!(tree_ticks(&processes, 4), None);
    }

    #[test]
    fn waiting_is_not_work() {
        assert_eq!(busy_ticks("cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9\n"), 63);
    }

    #[test]
    fn foreign_time_is_what_neither_side_used() {
        let earlier = Sample { server: 10, generator: 20, machine: 100 };
        let later = Sample { server: 40, generator: 30, machine: 200 };
        assert_eq!(later.since(earlier), Used { server: 30, generator: 10, foreign: 60 });
        assert_eq!(Sample { machine: 101, ..later }.since(earlier).foreign, 0);
    }

    #[test]
    fn this_very_process_has_a_sample() {
        let sample = Sample::take(std::process::id()).expect("Linux should have /proc");
        assert!(sample.machine >= sample.generator && sample.server >= sample.generator);
        assert!(Sample::take(u32::MAX).is_err());
    }
}
