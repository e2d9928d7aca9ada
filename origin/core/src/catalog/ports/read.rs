//! Reading what shoppers see.

use std::future::Future;

use commerce_api::listing::Facets;
pub use commerce_api::{
    Sort,
    listing::{CursorKey, ProductCursor, ProductFilter, ProductListQuery as ProductQuery, ProductSlice},
};
use commerce_domain::{CategorySlug, Money, Product, ProductId, VariantId};
use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use crate::StoreError;

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
    /// When it came into the shop.
    pub created_at: Timestamp,
}

impl ListedProduct {
    /// Where a list in that order goes on behind this product.
    #[must_use]
    pub fn cursor(&self, sort: Sort) -> ProductCursor {
        let scaled = |number: Decimal, parts: i64| (number * Decimal::from(parts)).to_i64().unwrap_or(i64::MAX);
        let key = match sort {
            Sort::Newest => CursorKey::Number(self.created_at.as_microsecond()),
            Sort::PriceAscending | Sort::PriceDescending => CursorKey::Number(scaled(self.price.amount(), 10_000)),
            Sort::Rating => CursorKey::Number(scaled(self.rating, 100)),
            Sort::Name => CursorKey::Text(self.name.clone()),
        };
        ProductCursor { sort, key, id: self.id }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPage {
    /// The products, in order.
    pub products: Vec<ListedProduct>,
    /// How many there are in the whole list.
    pub total: u64,
    /// Where it goes on; none at its end, and in a list of the best found.
    pub next: Option<ProductCursor>,
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

    /// What else could be chosen beside a filter: of each facet, with all that is asked but what the facet itself asks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_facets(&self, filter: &ProductFilter) -> impl Future<Output = Result<Facets, StoreError>> + Send;

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
