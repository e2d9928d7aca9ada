//! The ports to the catalog's store.

mod carry;
mod read;
mod write;

pub use carry::{CarryCatalog, CatalogSnapshot, CategoryEntry, ImportedBatch, KnownStock};
pub use read::{
    CursorKey, ListedCategory, ListedProduct, ProductCursor, ProductFilter, ProductPage, ProductQuery, ProductSlice,
    ProductSubject, ReadCatalog, Sort,
};
pub use write::{InsertOutcome, PlacedEntry, ProductChange, SaveOutcome, StoredProduct, VariantChange, WriteCatalog};

use crate::inventory::KeepLimits;

/// All that can be asked of the catalog's store.
pub trait CatalogDatabase: ReadCatalog + WriteCatalog + CarryCatalog + KeepLimits {}
impl<T: ReadCatalog + WriteCatalog + CarryCatalog + KeepLimits> CatalogDatabase for T {}
