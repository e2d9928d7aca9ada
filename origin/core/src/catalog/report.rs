//! What an import says about itself: counts, and one fault per refused field.

use std::{collections::BTreeSet, fmt};

use sha2::{Digest, Sha256};

use super::entry::CatalogEntry;

/// The most products in one file.
pub const MAX_PRODUCTS: usize = 1_000_000;

/// What a file yields, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A product with everything that goes in with it.
    Entry(Box<CatalogEntry>),
    /// A refused field. A row with several refused fields yields several faults.
    Fault(RowFault),
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
    /// Products that go in.
    pub products: u64,
    /// Variants that go in.
    pub variants: u64,
    /// Images that go in.
    pub images: u64,
}

impl ImportCounts {
    /// Counts a product that goes in.
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

impl SeenHandles {
    /// Notes a handle that comes for the first time.
    ///
    /// # Errors
    /// The reason why it may not come: it was there before, or there are too many.
    pub(super) fn first(&mut self, handle: &str) -> Result<(), String> {
        if self.0.len() == MAX_PRODUCTS {
            return Err(format!("a file has at most {MAX_PRODUCTS} products"));
        }
        let hash = Sha256::digest(handle.as_bytes());
        let fingerprint = hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte));
        if self.0.insert(fingerprint) {
            Ok(())
        } else {
            Err("was there before: the rows of a product follow each other".to_owned())
        }
    }
}
