//! Processor time as Linux counts it: proc(5), `/proc/<pid>/stat` and `/proc/stat`, in clock ticks.

use std::collections::BTreeMap;
use std::{fs, io};

/// Processor time since the machine started, in ticks (usually 10 ms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// The server and all that it started, the ended ones included.
    pub(crate) server: u64,
    /// This process.
    pub(crate) generator: u64,
    /// Everything on this machine, and what its host took from it.
    pub(crate) machine: u64,
}

impl Sample {
    /// Reads all three.
    ///
    /// # Errors
    /// The server is gone, or this is not Linux.
    pub(crate) fn take(server: u32) -> io::Result<Self> {
        let processes = processes()?;
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("process {server} is not running"));
        let server = tree_ticks(&processes, server).ok_or_else(gone)?;
        let generator = processes.get(&std::process::id()).map_or(0, |process| process.ticks);
        Ok(Self { server, generator, machine: busy_ticks(&fs::read_to_string("/proc/stat")?) })
    }

    /// What was used since `earlier`; of the machine: by everything but the server and this process. The three are read one
    /// after the other, so a small difference may come out below zero: that is none.
    pub(crate) fn since(self, earlier: Self) -> Used {
        let server = self.server.saturating_sub(earlier.server);
        let generator = self.generator.saturating_sub(earlier.generator);
        let machine = self.machine.saturating_sub(earlier.machine);
        Used { server, generator, foreign: machine.saturating_sub(server + generator) }
    }
}

/// Ticks between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) server: u64,
    pub(crate) generator: u64,
    pub(crate) foreign: u64,
}

/// Microseconds of one tick.
pub(crate) fn tick_micros() -> u64 {
    1_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    ticks: u64,
}

fn processes() -> io::Result<BTreeMap<u32, Process>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process that ends while its folder is read is no error.
        if let Some(process) = fs::read(format!("/proc/{pid}/stat")).ok().and_then(|line| parse(&line)) {
            found.insert(pid, process);
        }
    }
    Ok(found)
}

/// The program's name, which may hold anything, ends at the last `)`; behind it come state, parent and, as fields 14 to 17 of
/// the line, user and system time of the process and of its children that have ended.
fn parse(line: &[u8]) -> Option<Process> {
    let line = String::from_utf8_lossy(line);
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let ticks = (11..=14).map(number).sum::<Option<u64>>()?;
    Some(Process { parent: u32::try_from(number(1)?).ok()?, ticks })
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
        assert_eq!(parse(line), Some(Process { parent: 7, ticks: 100 }));
        assert_eq!(parse(b"12 (cut) S 7 1"), None);
    }

    #[test]
    fn a_tree_is_the_root_and_everything_below_it() {
        let process = |parent, ticks| Process { parent, ticks };
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
