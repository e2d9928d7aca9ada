//! The catalog: products as they are listed, shown, created, changed, and carried in and out by files.

mod entry;
pub mod ndjson;
mod report;
pub mod rules;
pub mod shopify;

pub use entry::{CatalogEntry, EntryCategory, EntryImage, EntryVariant, Extra};
pub use report::{ImportCounts, Item, MAX_PRODUCTS, ReadError, RowFault};
