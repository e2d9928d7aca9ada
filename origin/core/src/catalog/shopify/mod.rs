//! Shopify's product CSV: read and written without losing a cell.
//!
//! Rows in sequence with the same handle are a product. A row with a price is a variant, a row with an image is (also) an image.
//! A refused row is reported and left out; where it is a product's first row, the product is. Memory is bounded: one
//! product at a time, and one row.

mod cells;
pub mod columns;
mod group;
mod parts;
mod reader;
mod records;
mod row;
mod spelling;
mod writer;

pub use reader::ShopifyReader;
pub use records::{MAX_COLUMNS, MAX_RECORD_BYTES};
pub use writer::{ExportColumns, ShopifyWriter};

#[cfg(test)]
mod tests;
