//! What can be cached: where it is kept, and where the origin has it.

use commerce_api::listing::{ProductListQuery, ProductSlice, SuggestQuery};

/// Another number leaves every key of the form before behind.
const PREFIX: &str = "catalog/1";

/// One cacheable thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Its key in the key-value store.
    pub(crate) key: String,
    /// Path and query at the origin.
    pub(crate) target: String,
    pub(crate) kind: Kind,
    /// Whether there is an end of such things, so that a store may keep them all.
    pub(crate) is_countable: bool,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page of products. Pages beyond the end are endless, so an empty one is not worth keeping.
    Page,
    /// One product in full.
    Product,
    /// All categories.
    Categories,
}

impl Resource {
    pub(crate) fn products(query: &ProductListQuery) -> Self {
        Self::page("/products", &query.canonical(), is_countable(query))
    }

    pub(crate) fn search(query: &ProductListQuery) -> Self {
        Self::page("/search", &query.canonical(), false)
    }

    pub(crate) fn suggestions(query: &SuggestQuery) -> Self {
        Self::page("/search/suggest", &query.canonical(), false)
    }

    fn page(path: &str, query: &str, is_countable: bool) -> Self {
        let suffix = if query.is_empty() { String::new() } else { format!("?{query}") };
        let (key, target) = (format!("{PREFIX}{path}{suffix}"), format!("/v1{path}{suffix}"));
        Self { key, target, kind: Kind::Page, is_countable }
    }

    /// `id` is of a product or of a variant, and has been parsed.
    pub(crate) fn product(id: &str) -> Self {
        let (key, target) = (format!("{PREFIX}/products/{id}"), format!("/v1/products/{id}"));
        Self { key, target, kind: Kind::Product, is_countable: true }
    }

    pub(crate) fn categories() -> Self {
        let (key, target) = (format!("{PREFIX}/categories"), "/v1/categories".to_owned());
        Self { key, target, kind: Kind::Categories, is_countable: true }
    }
}

/// Pages of a category, in each order. What is filtered otherwise is as endless as texts are.
fn is_countable(query: &ProductListQuery) -> bool {
    let is_page = matches!(query.slice, ProductSlice::Page(_));
    is_page && query.fields.is_none() && query.filter.is_by_category_alone()
}
