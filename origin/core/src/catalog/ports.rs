//! The ports to the catalog's store.

use std::{collections::BTreeMap, future::Future};

pub use commerce_api::Sort;
use commerce_api::page::Page;
use commerce_domain::{CategorySlug, Money, Product, ProductId, VariantId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::entry::CatalogEntry;
use crate::{StoreError, inventory::NewStock};

/// Which products to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductQuery {
    /// Which part of the list.
    pub page: Page,
    /// Only those of this category and of the categories below it.
    pub category: Option<CategorySlug>,
    /// In which order.
    pub sort: Sort,
}

/// A product as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProduct {
    /// The id.
    pub id: ProductId,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The lowest price of its variants.
    pub price: Money,
    /// The category.
    pub category: CategorySlug,
    /// The maker.
    pub brand: Option<String>,
    /// The first image.
    pub image_url: Option<String>,
    /// On hand, all variants together, as of the last projection.
    pub stock: i64,
    /// 0 to 5.
    pub rating: Decimal,
    /// How many reviews.
    pub review_count: u32,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPage {
    /// The products, in order.
    pub products: Vec<ListedProduct>,
    /// How many there are in the whole list.
    pub total: u64,
}

/// What names a product: its own id, or that of one of its variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductSubject {
    /// The product itself.
    Product(ProductId),
    /// The product that has this variant.
    Variant(VariantId),
}

/// A category with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCategory {
    /// The slug.
    pub slug: CategorySlug,
    /// The name.
    pub name: String,
    /// The category above.
    pub parent: Option<CategorySlug>,
    /// How many products are listed in it and in the categories below it.
    pub product_count: u64,
}

/// Reads what shoppers see: products that are published and not deleted.
pub trait ReadCatalog: Send + Sync {
    /// A part of the list of products.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_products(&self, query: &ProductQuery) -> impl Future<Output = Result<ProductPage, StoreError>> + Send;

    /// The product in full, if shoppers see it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_product(&self, subject: ProductSubject)
    -> impl Future<Output = Result<Option<Product>, StoreError>> + Send;

    /// All categories, by slug.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_categories(&self) -> impl Future<Output = Result<Vec<ListedCategory>, StoreError>> + Send;
}

/// An entry with the ids it gets if the catalog does not know it yet: one for the product, one a variant, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEntry {
    /// The product's id.
    pub product_id: ProductId,
    /// The variants' ids.
    pub variant_ids: Vec<VariantId>,
    /// The product.
    pub entry: CatalogEntry,
}

/// What changes of a product. Absent parts stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductChange {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The category; it must exist.
    pub category: Option<CategorySlug>,
    /// The price of the only variant.
    pub price: Option<Money>,
    /// The maker.
    pub brand: Option<String>,
    /// All labels.
    pub tags: Option<Vec<String>>,
    /// All image URLs.
    pub images: Option<Vec<String>>,
    /// All specifications.
    pub specifications: Option<BTreeMap<String, String>>,
}

/// What became of a new product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It is there.
    Inserted,
    /// Its category does not exist; nothing was written.
    UnknownCategory,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The product has changed; its version is one higher.
    Saved,
    /// The product is gone or has another version by now; nothing was written.
    Overtaken,
    /// The category does not exist; nothing was written.
    UnknownCategory,
}

/// Changes the catalog, one product at a time.
pub trait WriteCatalog: Send + Sync {
    /// Writes a new product with its variants, images and the receipts of its stock, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert_product(
        &self,
        placed: &PlacedEntry,
        now: Timestamp,
    ) -> impl Future<Output = Result<InsertOutcome, StoreError>> + Send;

    /// Writes a change, if the product still has `version`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn save_product(
        &self,
        product: ProductId,
        version: u64,
        change: &ProductChange,
        now: Timestamp,
    ) -> impl Future<Output = Result<SaveOutcome, StoreError>> + Send;

    /// Takes a product and its variants out of the shop, if it still has `version`, where one is given.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete_product(
        &self,
        product: ProductId,
        version: Option<u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<SaveOutcome, StoreError>> + Send;
}

/// What became of a batch of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedBatch {
    /// How many products are new.
    pub created: u64,
    /// How many products were known by their handle and were replaced, keeping their ids and their stock.
    pub replaced: u64,
    /// The stock of every variant of the batch by the ledger, for counters that do not exist yet.
    pub stock: Vec<NewStock>,
}

/// A category to be there, under that name and in that place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryEntry {
    /// The slug.
    pub slug: CategorySlug,
    /// The name.
    pub name: String,
    /// The category above.
    pub parent: Option<CategorySlug>,
}

/// Takes whole catalogs in and out.
pub trait CarryCatalog: Send + Sync {
    /// Makes categories, or gives known ones another name and place. A category above comes before those in it, or is known.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import_categories(&self, categories: &[CategoryEntry]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes entries, all or none: those with a new handle as new products, the others in the place of what they name.
    /// Creates the categories they name. The handles are distinct.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import_entries(
        &self,
        entries: &[PlacedEntry],
        now: Timestamp,
    ) -> impl Future<Output = Result<ImportedBatch, StoreError>> + Send;

    /// Up to `limit` products behind the place `after`, in the order in which they came in, each with its place.
    /// Places are above 0. Unpublished products are among them, deleted ones are not.
    ///
    /// # Errors
    /// [`StoreError`].
    fn export_entries(
        &self,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(i64, CatalogEntry)>, StoreError>> + Send;
}

/// All that can be asked of the catalog's store.
pub trait CatalogDatabase: ReadCatalog + WriteCatalog + CarryCatalog {}
impl<T: ReadCatalog + WriteCatalog + CarryCatalog> CatalogDatabase for T {}
