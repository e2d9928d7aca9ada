//! The header of a file, and one row read by column name.

use std::collections::BTreeMap;

use super::{
    columns::{HANDLE, PRICE, TITLE},
    records::MAX_COLUMNS,
};
use crate::catalog::{report::RowFault, rules};

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Header {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Header {
    /// The header in these cells, which must name each column once and have those that no product can do without.
    pub(super) fn of(line: u64, cells: Vec<String>) -> Result<Self, RowFault> {
        let mut places = BTreeMap::new();
        for (place, name) in cells.iter().enumerate() {
            rules::column(name)
                .map_err(|reason| RowFault::new(line, "header", format!("column {} {reason}", place + 1)))?;
            if places.insert(name.clone(), place).is_some() {
                return Err(RowFault::new(line, name, "the column is there twice"));
            }
        }
        let missing = [HANDLE, TITLE, PRICE].into_iter().find(|name| !places.contains_key(*name));
        match missing {
            Some(name) => Err(RowFault::new(line, name, "the column is missing")),
            None => Ok(Self { names: cells, places }),
        }
    }

    /// The fault of a header that could not be read at all.
    pub(super) fn unreadable(line: u64) -> RowFault {
        RowFault::new(line, "header", format!("is no UTF-8 text or has more than {MAX_COLUMNS} columns"))
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the column stands.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.places.get(column).copied()
    }
}

/// A row with as many cells as the header has columns, each restored from its escaped form.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) header: &'a Header,
    pub(super) cells: Vec<String>,
}

impl Row<'_> {
    /// The cell word for word; empty where the file has no such column.
    pub(super) fn raw(&self, column: &str) -> &str {
        self.header.places.get(column).map_or("", |place| self.cells[*place].as_str())
    }

    /// The cell without outer white space.
    pub(super) fn trimmed(&self, column: &str) -> &str {
        self.raw(column).trim()
    }

    /// Whether the file has the column.
    pub(super) fn has_column(&self, column: &str) -> bool {
        self.header.places.contains_key(column)
    }
}

/// The faults of one row.
#[derive(Debug)]
pub(super) struct Faults {
    line: u64,
    pub(super) found: Vec<RowFault>,
}

impl Faults {
    pub(super) fn at(line: u64) -> Self {
        Self { line, found: Vec::new() }
    }

    pub(super) fn add(&mut self, column: &str, reason: impl Into<String>) {
        self.found.push(RowFault::new(self.line, column, reason));
    }

    /// The value, or its fault noted.
    pub(super) fn take<T>(&mut self, column: &str, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|reason| self.add(column, reason)).ok()
    }
}
