//! What an import says about itself: counts, and one fault per refused field.

use std::{collections::BTreeSet, fmt};

use super::entry::{CatalogEntry, fingerprint};

/// The most products in one file.
pub const MAX_PRODUCTS: usize = 1_000_000;

/// What a file yields, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A product with everything that goes in with it.
    Entry(Box<ReadEntry>),
    /// A refused field. A row with several refused fields yields several faults.
    Fault(RowFault),
}

/// A product that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadEntry {
    /// The line that it begins at, from 1.
    pub line: u64,
    /// Whether it is all that its source says of it: no row that may be its own was refused.
    pub whole: bool,
    /// The product.
    pub entry: CatalogEntry,
}

/// A field of an input row that was refused. The row did not go in; the rest of the file did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line that the row begins at, from 1.
    pub line: u64,
    /// The column or the path of the field; "row" for the row as a whole.
    pub field: String,
    /// Why.
    pub reason: String,
}

impl RowFault {
    /// A fault of one field.
    #[must_use]
    pub fn new(line: u64, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { line, field: field.into(), reason: reason.into() }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.field, self.reason)
    }
}

/// What a file held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows read, good and bad, without the header.
    pub rows: u64,
    /// Rows that were refused.
    pub refused_rows: u64,
    /// Products that they make.
    pub products: u64,
    /// Variants of those.
    pub variants: u64,
    /// Images of those.
    pub images: u64,
}

impl ImportCounts {
    /// Counts a product.
    pub(super) fn add(&mut self, entry: &CatalogEntry) {
        self.products += 1;
        self.variants += entry.variants.len() as u64;
        self.images += entry.images.len() as u64;
    }
}

impl fmt::Display for ImportCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, refused_rows, products, variants, images } = self;
        write!(f, "{rows} rows ({refused_rows} refused): {products} products, {variants} variants, {images} images")
    }
}

/// The file cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
    /// The file as a whole is not what it should be.
    #[error("{0}")]
    Format(RowFault),
}

/// The handles of a file so far, in eight bytes each: in a million handles, two agree by chance once in 37 million files.
#[derive(Debug, Default)]
pub(super) struct SeenHandles(BTreeSet<u64>);

/// Why a handle may not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HandleRefusal {
    /// It was there before.
    #[error("another product of the file has it")]
    Seen,
    /// There are too many.
    #[error("a file has at most {MAX_PRODUCTS} products")]
    TooMany,
}

impl SeenHandles {
    /// Notes a handle that comes for the first time.
    ///
    /// # Errors
    /// [`HandleRefusal`].
    pub(super) fn first(&mut self, handle: &str) -> Result<(), HandleRefusal> {
        let fingerprint = fingerprint(handle);
        if self.0.contains(&fingerprint) {
            return Err(HandleRefusal::Seen);
        }
        if self.0.len() == MAX_PRODUCTS {
            return Err(HandleRefusal::TooMany);
        }
        self.0.insert(fingerprint);
        Ok(())
    }
}
