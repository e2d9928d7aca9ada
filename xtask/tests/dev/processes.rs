//! Processes and what they started, read from /proc.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

/// The longest that a database may take to end, and then some.
const TURNS: u32 = 600;
const TURN: Duration = Duration::from_millis(50);

/// A process; its start tells it from a later one with the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    id: u32,
    start: u64,
    name: String,
}

impl Process {
    pub(crate) fn is_called(&self, name: &str) -> bool {
        // The kernel keeps fifteen characters.
        self.name == name.chars().take(15).collect::<String>()
    }

    fn is_there(&self) -> bool {
        read(self.id).is_some_and(|(process, _, state)| process == *self && state != 'Z')
    }
}

/// Everything that runs below `id`, without it.
pub(crate) fn below(id: u32) -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("these tests read /proc").flatten();
    let mut children: BTreeMap<u32, Vec<Process>> = BTreeMap::new();
    for id in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some((process, parent, _)) = read(id) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut found, mut parents) = (Vec::new(), vec![id]);
    while let Some(parent) = parents.pop() {
        let own = children.remove(&parent).unwrap_or_default();
        parents.extend(own.iter().map(|process| process.id));
        found.extend(own);
    }
    found
}

/// Those that are still there after half a minute.
pub(crate) fn wait_for_the_end_of(processes: &[Process]) -> Vec<&Process> {
    let left = || processes.iter().filter(|process| process.is_there()).collect::<Vec<_>>();
    for _ in 0..TURNS {
        if left().is_empty() {
            break;
        }
        thread::sleep(TURN);
    }
    left()
}

/// A process with its parent and its state, from `id (name) state parent … start …` (proc(5)).
fn read(id: u32) -> Option<(Process, u32, char)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (head, rest) = text.rsplit_once(") ")?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split(' ').collect();
    let start = fields.get(19)?.parse().ok()?;
    Some((Process { id, start, name }, fields.get(1)?.parse().ok()?, fields.first()?.chars().next()?))
}
