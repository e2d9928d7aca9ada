//! Whole catalogs, in and out.

mod export;
mod import;
#[cfg(test)]
mod tests;

use std::io;

pub use export::{ExportFormat, export};
pub use import::{BATCH, ImportEvent, Imported, Importer};

use super::report::ReadError;
use crate::StoreError;

/// Why an import or export ended early. What was imported by then stays.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The file cannot be read any further.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
