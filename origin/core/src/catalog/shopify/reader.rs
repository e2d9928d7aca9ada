//! Reads a whole file, product by product.

use std::{collections::VecDeque, io::BufRead};

use commerce_domain::Currency;

use super::{
    cells::restore,
    columns::HANDLE,
    group::Group,
    records::{MAX_RECORD_BYTES, Record, RecordReader},
    row::{Faults, Header, Row},
};
use crate::catalog::report::{ImportCounts, Item, ReadError, RowFault, SeenHandles};

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
            Some(Record::TooLarge { line }) => Err(Header::unreadable(line)),
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
            Record::TooLarge { line } => {
                self.refuse(vec![RowFault::new(line, "row", format!("is larger than {MAX_RECORD_BYTES} bytes"))]);
            }
            Record::Cells { line, cells } => match self.readable(line, cells) {
                Ok(cells) => self.take_row(line, cells),
                Err(faults) => self.refuse(faults),
            },
        }
    }

    /// The cells restored, if there are as many as columns and all are text that can be stored.
    fn readable(&self, line: u64, cells: Vec<Option<String>>) -> Result<Vec<String>, Vec<RowFault>> {
        let names = self.header.names();
        if cells.len() != names.len() {
            let reason = format!("has {} cells where the header has {}", cells.len(), names.len());
            return Err(vec![RowFault::new(line, "row", reason)]);
        }
        let bad = |cell: &Option<String>| match cell {
            None => Some("is not UTF-8"),
            Some(text) => text.contains('\0').then_some("contains a NUL character"),
        };
        let faults: Vec<RowFault> = names
            .iter()
            .zip(&cells)
            .filter_map(|(name, cell)| bad(cell).map(|reason| RowFault::new(line, name, reason)))
            .collect();
        if faults.is_empty() { Ok(cells.into_iter().flatten().map(restore).collect()) } else { Err(faults) }
    }

    fn take_row(&mut self, line: u64, cells: Vec<String>) {
        let row = Row { line, header: &self.header, cells };
        let handle = row.trimmed(HANDLE).to_owned();
        let mut faults = Faults::at(line);
        if let Some(group) = self.group.as_mut().filter(|group| group.handle == handle) {
            group.add(&row, &mut faults);
        } else {
            let next = begin(&row, handle, self.default_currency, &mut self.seen, &mut faults);
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
    if let Err(reason) = seen.first(&handle) {
        faults.add(HANDLE, reason);
        return Group::refused(handle, row.line);
    }
    Group::begin(row, handle, currency, faults)
}

fn finish(group: Option<Group>, counts: &mut ImportCounts, ready: &mut VecDeque<Item>) {
    match group.and_then(Group::finish) {
        None => {}
        Some(Err(fault)) => {
            counts.refused_rows += 1;
            ready.push_back(Item::Fault(fault));
        }
        Some(Ok(entry)) => {
            counts.add(&entry);
            ready.push_back(Item::Entry(Box::new(entry)));
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
                    return Some(Err(error.into()));
                }
            }
        }
    }
}
