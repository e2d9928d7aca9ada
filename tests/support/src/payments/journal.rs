//! What the provider remembers from one run to the next: a line of JSON for everything that changed, read back at the start.
//!
//! Webhooks are not in it: what was not sent when the provider ended is not sent any more.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::{Deserialize, Serialize};

use super::{
    book::Book,
    idempotency::{Entry, Keys},
    lock,
    model::{Charge, Dispute, Intent, Refund},
};
use crate::files;

/// Lines after which only the latest state of everything is kept.
const MAX_LINES: usize = 500_000;

/// One line: the whole of what changed. A later line about the same thing replaces it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Intent(Intent),
    Charge(Charge),
    Refund(Refund),
    Dispute(Dispute),
    Key(String, Entry),
}

/// The file, where there is one.
pub(super) struct Journal(Option<Mutex<Lines>>);

struct Lines {
    path: PathBuf,
    file: File,
    count: usize,
}

impl Journal {
    /// Of a provider that forgets everything when it ends.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Reads the journal in `folder` into `book` and `keys`, and goes on with it.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else; the text names it.
    pub(super) fn open(folder: &Path, book: &mut Book, keys: &mut Keys) -> io::Result<Self> {
        files::private_folder(folder)?;
        let path = folder.join("journal.ndjson");
        match std::fs::read(&path) {
            Ok(text) => replay(&text, book, keys).map_err(|error| named(&path, &error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let lines = Lines::rewritten(path, book, keys)?;
        Ok(Self(Some(Mutex::new(lines))))
    }

    /// Adds what changed. Called while what changed is locked, so that lines stand in the order of the changes.
    pub(super) fn note(&self, changed: impl IntoIterator<Item = Record>) {
        let Some(lines) = &self.0 else { return };
        let mut lines = lock(lines);
        for record in changed {
            if let Err(error) = lines.append(&record) {
                tracing::error!(%error, file = %lines.path.display(), "a payment will be forgotten at the end of this run");
            }
        }
    }

    /// Drops what later lines have replaced, once there are many. Neither may be locked by the caller.
    pub(super) fn keep_short(&self, book: &Mutex<Book>, keys: &Mutex<Keys>) {
        let Some(lines) = &self.0 else { return };
        if lock(lines).count < MAX_LINES {
            return;
        }
        let (book, keys) = (lock(book), lock(keys));
        let mut lines = lock(lines);
        match Lines::rewritten(lines.path.clone(), &book, &keys) {
            Ok(rewritten) => *lines = rewritten,
            Err(error) => tracing::error!(%error, "the payments' journal cannot be shortened"),
        }
    }
}

impl Lines {
    /// A file of what there is now, in the place of any other.
    fn rewritten(path: PathBuf, book: &Book, keys: &Keys) -> io::Result<Self> {
        let mut text = Vec::new();
        let mut count = 0;
        for record in book.records().chain(keys.records()) {
            write_line(&mut text, &record)?;
            count += 1;
        }
        files::write_private(&path, &text)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self { path, file, count })
    }

    fn append(&mut self, record: &Record) -> io::Result<()> {
        let mut line = Vec::new();
        write_line(&mut line, record)?;
        self.file.write_all(&line)?;
        self.count += 1;
        Ok(())
    }
}

fn write_line(to: &mut Vec<u8>, record: &Record) -> io::Result<()> {
    serde_json::to_writer(&mut *to, record)?;
    to.push(b'\n');
    Ok(())
}

/// The last line counts only if it is complete: a process that was killed may have left half of one.
fn replay(text: &[u8], book: &mut Book, keys: &mut Keys) -> serde_json::Result<()> {
    for line in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        match serde_json::from_slice(line)? {
            Record::Intent(intent) => book.restore_intent(intent),
            Record::Charge(charge) => book.restore_charge(charge),
            Record::Refund(refund) => book.refunds.insert(&refund.id.clone(), refund),
            Record::Dispute(dispute) => book.disputes.insert(&dispute.id.clone(), dispute),
            Record::Key(key, entry) => keys.restore(&key, entry),
        }
    }
    Ok(())
}

fn named(path: &Path, error: &serde_json::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{super::model::RefundStatus, *};
    use crate::SystemEntropy;

    #[test]
    fn a_long_journal_keeps_the_latest_of_everything() {
        let folder = tempfile::tempdir().unwrap();
        let refund = |amount| Refund {
            status: RefundStatus::default(),
            id: "re_1".to_owned(),
            charge: "ch_1".to_owned(),
            intent: "pi_1".to_owned(),
            amount,
            currency: "usd".to_owned(),
            reason: None,
            metadata: std::collections::BTreeMap::new(),
            created: 0,
        };
        let book = || Book::new("http://127.0.0.1:1".to_owned(), SystemEntropy::shared());
        let (mut first, mut keys) = (book(), Keys::new());
        let journal = Journal::open(folder.path(), &mut first, &mut keys).unwrap();
        for amount in 1..=5 {
            first.refunds.insert("re_1", refund(amount));
            journal.note([Record::Refund(refund(amount))]);
        }
        let count = || std::fs::read_to_string(folder.path().join("journal.ndjson")).unwrap().lines().count();
        let (first, keys) = (Mutex::new(first), Mutex::new(keys));
        journal.keep_short(&first, &keys);
        assert_eq!(count(), 5, "it is short");
        lock(journal.0.as_ref().unwrap()).count = MAX_LINES;
        journal.keep_short(&first, &keys);
        assert_eq!(count(), 1);
        journal.note([Record::Refund(refund(6))]);
        let mut second = book();
        Journal::open(folder.path(), &mut second, &mut Keys::new()).unwrap();
        assert_eq!(second.refunds.get("re_1").map(|refund| refund.amount), Some(6));
    }
}
