//! What an import says about itself: counts, and one fault per refused field.

use std::fmt;

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
