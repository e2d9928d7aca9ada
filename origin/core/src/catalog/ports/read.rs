//! Reading what shoppers see.

use std::future::Future;

pub use commerce_api::Sort;
use commerce_api::page::Page;
use commerce_domain::{CategorySlug, Money, Product, ProductId, VariantId};
use rust_decimal::Decimal;

use crate::StoreError;

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
    /// The description, or its first [`MAX_TEXT`](commerce_api::limits::MAX_TEXT) characters.
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
