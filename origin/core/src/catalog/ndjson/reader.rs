//! Reads a file of lines, product by product.

use std::{
    collections::VecDeque,
    io::{self, BufRead, Read},
};

use super::parse::parse;
use crate::catalog::{
    entry::CatalogEntry,
    report::{ImportCounts, Item, ReadEntry, ReadError, RowFault, SeenHandles},
    rules::MAX_ROW_BYTES,
};

/// The longest line, in bytes. Every product of the catalog fits: one that would not is never let in.
pub const MAX_LINE_BYTES: usize = MAX_ROW_BYTES;
/// What some programs begin a file of UTF-8 with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An iterator over the products and faults of a file of lines. Holds one line at a time, and eight bytes for each handle.
pub struct NdjsonReader<R> {
    input: R,
    line: u64,
    seen: SeenHandles,
    counts: ImportCounts,
    ready: VecDeque<Item>,
    ended: bool,
}

impl<R: BufRead> NdjsonReader<R> {
    /// Reads lines from `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: 0,
            seen: SeenHandles::default(),
            counts: ImportCounts::default(),
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// What was read so far; complete once the iterator has ended.
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let most = MAX_LINE_BYTES as u64;
        let mut line = Vec::new();
        let read = self.input.by_ref().take(most + 1).read_until(b'\n', &mut line)?;
        self.line += 1;
        // What is left of a line that is too long is passed over; the line itself says that it is too long.
        while line.len() > MAX_LINE_BYTES && line.last() != Some(&b'\n') {
            let mut rest = Vec::new();
            let more = self.input.by_ref().take(most).read_until(b'\n', &mut rest)?;
            if more == 0 || rest.last() == Some(&b'\n') {
                break;
            }
        }
        Ok((read > 0).then_some(line))
    }

    fn take(&mut self, line: &[u8]) {
        let line = if self.line == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        if line.trim_ascii().is_empty() {
            return;
        }
        self.counts.rows += 1;
        let outcome = if line.len() > MAX_LINE_BYTES {
            Err(vec![self.fault("row", format!("is longer than {MAX_LINE_BYTES} bytes"))])
        } else {
            parse(line).map_err(|faults| faults.into_iter().map(|(field, why)| self.fault(field, why)).collect())
        };
        match outcome.and_then(|entry| self.distinct(entry)) {
            Err(faults) => {
                self.counts.refused_rows += 1;
                self.ready.extend(faults.into_iter().map(Item::Fault));
            }
            Ok(entry) => {
                self.counts.add(&entry);
                // A line that is refused is refused as a whole.
                self.ready.push_back(Item::Entry(Box::new(ReadEntry { line: self.line, whole: true, entry })));
            }
        }
    }

    fn fault(&self, field: impl Into<String>, reason: impl Into<String>) -> RowFault {
        RowFault::new(self.line, field, reason)
    }

    fn distinct(&mut self, entry: CatalogEntry) -> Result<CatalogEntry, Vec<RowFault>> {
        let first = self.seen.first(&entry.handle);
        first.map_err(|refusal| vec![self.fault("handle", refusal.to_string())]).map(|()| entry)
    }
}

impl<R: BufRead> Iterator for NdjsonReader<R> {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.ended {
                return None;
            }
            match self.read_line() {
                Ok(Some(line)) => self.take(&line),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error.into()));
                }
            }
        }
    }
}
