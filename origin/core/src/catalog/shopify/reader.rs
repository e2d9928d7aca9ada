//! Reads a whole file, product by product.

use std::{collections::VecDeque, io::BufRead};

use commerce_domain::Currency;

use super::{
    cells::restore,
    columns::{BODY, HANDLE, SPECIFICATIONS},
    group::Group,
    records::{MAX_COLUMNS, MAX_RECORD_BYTES, Record, RecordReader},
    row::{Faults, Header, Row},
};
use crate::catalog::{
    report::{HandleRefusal, ImportCounts, Item, ReadError, RowFault, SeenHandles},
    rules,
};

/// An iterator over the products and faults of a Shopify product CSV. Holds one product at a time, and eight bytes for each
/// handle that it has seen.
pub struct ShopifyReader<R> {
    records: RecordReader<R>,
    header: Header,
    default_currency: Currency,
    group: Option<Group>,
    ready: VecDeque<Item>,
    seen: SeenHandles,
    counts: ImportCounts,
    /// Whether the last row could not be read, not even its handle.
    in_doubt: bool,
    ended: bool,
}

impl<R: BufRead> ShopifyReader<R> {
    /// Reads the header. Prices are in `currency` where the file does not say another.
    ///
    /// # Errors
    /// [`ReadError`] if the file cannot be read or is no product CSV.
    pub fn new(input: R, currency: Currency) -> Result<Self, ReadError> {
        let mut records = RecordReader::new(input);
        let header = match records.next()? {
            None => Err(RowFault::new(1, "header", "the file is empty")),
            Some(Record::TooLarge { line, .. }) => Err(Header::unreadable(line)),
            Some(Record::Cells { line, cells }) => match cells.into_iter().collect::<Option<Vec<String>>>() {
                None => Err(Header::unreadable(line)),
                Some(cells) => Header::of(line, cells.into_iter().map(restore).collect()),
            },
        };
        Ok(Self {
            records,
            header: header.map_err(ReadError::Format)?,
            default_currency: currency,
            group: None,
            ready: VecDeque::new(),
            seen: SeenHandles::default(),
            counts: ImportCounts::default(),
            in_doubt: false,
            ended: false,
        })
    }

    /// What was read so far; complete once the iterator has ended.
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }

    fn take(&mut self, record: Record) {
        self.counts.rows += 1;
        match record {
            Record::TooLarge { line, begun } => {
                let reason = format!("is larger than {MAX_RECORD_BYTES} bytes or has more than {MAX_COLUMNS} cells");
                self.pass_over(line, self.handle(&begun), vec![RowFault::new(line, "row", reason)]);
            }
            Record::Cells { line, cells } => {
                let faults = self.unreadable(line, &cells);
                if faults.is_empty() {
                    self.take_row(line, cells.into_iter().flatten().map(restore).collect());
                } else {
                    self.pass_over(line, self.handle(&cells), faults);
                }
            }
        }
    }

    /// What is wrong with the cells: there are as many as columns, and all are text that can be stored.
    fn unreadable(&self, line: u64, cells: &[Option<String>]) -> Vec<RowFault> {
        let names = self.header.names();
        if cells.len() != names.len() {
            let reason = format!("has {} cells where the header has {}", cells.len(), names.len());
            return vec![RowFault::new(line, "row", reason)];
        }
        let bad = |name: &str, cell: &Option<String>| match cell {
            None => Some("is not UTF-8".to_owned()),
            Some(text) if text.contains('\0') => Some("contains a NUL character".to_owned()),
            // These two have limits of their own.
            Some(_) if matches!(name, BODY | SPECIFICATIONS) => None,
            Some(text) => rules::cell(text).err(),
        };
        let faults = names.iter().zip(cells).filter_map(|(name, cell)| Some((name, bad(name, cell)?)));
        faults.map(|(name, reason)| RowFault::new(line, name, reason)).collect()
    }

    /// The handle in the cells of a row that cannot be read as a whole.
    fn handle(&self, cells: &[Option<String>]) -> Option<String> {
        let handle = restore(cells.get(self.header.place(HANDLE)?)?.clone()?);
        Some(handle.trim()).filter(|handle| rules::name(handle).is_ok()).map(str::to_owned)
    }

    /// Leaves out a row that cannot be read. It may have been the first one of a product: then the product is left out too. Where
    /// not even its handle can be read, what is made of the rows on both sides may lack a part.
    fn pass_over(&mut self, line: u64, handle: Option<String>, faults: Vec<RowFault>) {
        match handle {
            Some(handle) if self.group.as_ref().is_none_or(|group| group.handle != handle) => {
                // Seen before or not, its rows cannot go in from here.
                let _ = self.seen.first(&handle);
                self.in_doubt = false;
                let last = self.group.replace(Group::refused(handle, line));
                finish(last, &mut self.counts, &mut self.ready);
            }
            handle => {
                self.in_doubt = handle.is_none();
                self.group.iter_mut().for_each(Group::lack);
            }
        }
        self.refuse(faults);
    }

    fn take_row(&mut self, line: u64, cells: Vec<String>) {
        let row = Row { line, header: &self.header, cells };
        let handle = row.trimmed(HANDLE).to_owned();
        let mut faults = Faults::at(line);
        let in_doubt = std::mem::take(&mut self.in_doubt);
        if let Some(group) = self.group.as_mut().filter(|group| group.handle == handle) {
            group.add(&row, &mut faults);
        } else {
            let mut next = begin(&row, handle, self.default_currency, &mut self.seen, &mut faults);
            if in_doubt {
                next.lack();
            }
            let last = self.group.replace(next);
            finish(last, &mut self.counts, &mut self.ready);
        }
        self.refuse(faults.found);
    }

    fn refuse(&mut self, faults: Vec<RowFault>) {
        if !faults.is_empty() {
            self.counts.refused_rows += 1;
            self.ready.extend(faults.into_iter().map(Item::Fault));
        }
    }
}

fn begin(row: &Row<'_>, handle: String, currency: Currency, seen: &mut SeenHandles, faults: &mut Faults) -> Group {
    if let Err(refusal) = seen.first(&handle) {
        faults.add(
            HANDLE,
            match refusal {
                HandleRefusal::Seen => "was there before: the rows of a product follow each other".to_owned(),
                HandleRefusal::TooMany => refusal.to_string(),
            },
        );
        return Group::refused(handle, row.line);
    }
    Group::begin(row, handle, currency, faults)
}

fn finish(group: Option<Group>, counts: &mut ImportCounts, ready: &mut VecDeque<Item>) {
    match group.map(Group::finish) {
        None => {}
        Some(Err(faults)) => {
            counts.refused_rows += faults.len() as u64;
            ready.extend(faults.into_iter().map(Item::Fault));
        }
        Some(Ok(read)) => {
            counts.add(&read.entry);
            ready.push_back(Item::Entry(Box::new(read)));
        }
    }
}

impl<R: BufRead> Iterator for ShopifyReader<R> {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.ended {
                return None;
            }
            match self.records.next() {
                Ok(Some(record)) => self.take(record),
                Ok(None) => {
                    self.ended = true;
                    finish(self.group.take(), &mut self.counts, &mut self.ready);
                }
                Err(error) => {
                    self.ended = true;
                    // Of the product that was being read nobody knows whether that was all of it.
                    self.group = None;
                    return Some(Err(error.into()));
                }
            }
        }
    }
}
