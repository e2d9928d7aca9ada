//! The object store: what the origin keeps in S3.
//!
//! So far the published catalog. Depends on `origin-core`, and on `commerce-aws` for S3 itself.

mod catalog;

pub use catalog::CatalogBucket;
