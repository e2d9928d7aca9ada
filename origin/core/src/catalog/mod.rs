//! The catalog: products as they are listed, shown, created, changed, and carried in and out by files.

pub mod carry;
mod entry;
pub mod ndjson;
mod ports;
mod report;
pub mod rules;
pub mod shopify;
mod write;

pub use entry::{CatalogEntry, EntryCategory, EntryImage, EntryVariant, Extra};
pub use ports::{
    CarryCatalog, CatalogDatabase, CatalogSnapshot, CategoryEntry, CursorKey, ImportedBatch, InsertOutcome, KnownStock,
    ListedCategory, ListedProduct, PlacedEntry, ProductChange, ProductCursor, ProductFilter, ProductPage, ProductQuery,
    ProductSlice, ProductSubject, ReadCatalog, SaveOutcome, Sort, StoredProduct, VariantChange, WriteCatalog,
};
pub use report::{ImportCounts, Item, MAX_PRODUCTS, ReadEntry, ReadError, RowFault};
pub use write::{
    ExpectedVersion, ProductRequest, WriteProductError, change_product, create_product, delete_product, write_once,
};
