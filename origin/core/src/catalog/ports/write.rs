//! Changing the catalog, one product at a time.

use std::{collections::BTreeMap, future::Future};

use commerce_domain::{CategorySlug, EventId, Money, Product, ProductId, Variant, VariantId};
use jiff::Timestamp;

use crate::{StoreError, catalog::entry::CatalogEntry, idempotency::HeldClaim};

/// An entry with the ids it gets if the catalog does not know it yet: one for the product, one a variant, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedEntry {
    /// The product's id.
    pub product_id: ProductId,
    /// The variants' ids.
    pub variant_ids: Vec<VariantId>,
    /// The id of the event that tells of it.
    pub event_id: EventId,
    /// Whether it is all that its source says of it. What is not may become a new product, but takes no known one's place: what
    /// is missing would leave the shop.
    pub whole: bool,
    /// The product.
    pub entry: CatalogEntry,
}

/// A product as the store has it, whether shoppers see it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProduct {
    /// The product's id.
    pub id: ProductId,
    /// The variants' ids, in the order of the entry's variants.
    pub variant_ids: Vec<VariantId>,
    /// Grows by one with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The product.
    pub entry: CatalogEntry,
}

impl From<StoredProduct> for Product {
    fn from(stored: StoredProduct) -> Self {
        let StoredProduct { id, variant_ids, version, created_at, updated_at, entry } = stored;
        let variants = variant_ids.into_iter().zip(entry.variants).map(|(id, variant)| Variant {
            id,
            sku: variant.sku,
            options: variant.options,
            price: variant.price,
            weight_grams: variant.weight_grams,
            backorder_limit: variant.backorder_limit,
            stock: variant.stock,
        });
        Self {
            id,
            name: entry.name,
            description: entry.description,
            brand: entry.brand,
            category: entry.category.slug,
            tags: entry.tags,
            images: entry.images.into_iter().map(|image| image.url).collect(),
            specifications: entry.specifications,
            variants: variants.collect(),
            rating: entry.rating,
            review_count: entry.review_count,
            version,
            created_at,
            updated_at,
        }
    }
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
    /// The maker.
    pub brand: Option<String>,
    /// All labels.
    pub tags: Option<Vec<String>>,
    /// All image URLs.
    pub images: Option<Vec<String>>,
    /// All specifications.
    pub specifications: Option<BTreeMap<String, String>>,
    /// Whether shoppers see it.
    pub published: Option<bool>,
    /// Variants of the product, each once.
    pub variants: Vec<VariantChange>,
}

/// What changes of a variant. Absent parts stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantChange {
    /// The variant.
    pub id: VariantId,
    /// The price of one, in the product's currency.
    pub price: Option<Money>,
    /// The merchant's number.
    pub sku: Option<String>,
    /// The weight of one.
    pub weight_grams: Option<u32>,
    /// How many may be sold beyond the stock. The counter has it already.
    pub backorder_limit: Option<u32>,
}

impl VariantChange {
    /// A change of nothing.
    pub fn of(id: VariantId) -> Self {
        Self { id, price: None, sku: None, weight_grams: None, backorder_limit: None }
    }
}

/// What became of a new product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It is there.
    Inserted,
    /// Its category does not exist; nothing was written.
    UnknownCategory,
    /// The request's claim has another owner by now; nothing was written.
    ClaimLost,
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
    /// The request's claim has another owner by now; nothing was written.
    ClaimLost,
}

/// Changes the catalog, one product at a time.
///
/// Each change writes the event that tells of it, in its own transaction: `ProductCreated` with the variants and their stock,
/// so that the relay can put counters that a process died before; `ProductUpdated`; `ProductDeleted`. With the claim of a
/// request goes the note that the request has had its effect.
pub trait WriteCatalog: Send + Sync {
    /// The product, whether shoppers see it or not; none that was deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_product(
        &self,
        product: ProductId,
    ) -> impl Future<Output = Result<Option<StoredProduct>, StoreError>> + Send;

    /// Writes a new product with its variants, images and the receipts of its stock, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert_product(
        &self,
        placed: &PlacedEntry,
        claim: Option<&HeldClaim>,
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
        claim: Option<&HeldClaim>,
        event: EventId,
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
        claim: Option<&HeldClaim>,
        event: EventId,
        now: Timestamp,
    ) -> impl Future<Output = Result<SaveOutcome, StoreError>> + Send;
}
