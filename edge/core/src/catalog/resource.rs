//! What can be cached: where it is kept, and where the origin has it.

use crate::catalog::list_query::ListQuery;

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
    pub(crate) fn products(query: &ListQuery) -> Self {
        let query = query.canonical();
        let suffix = if query.is_empty() { String::new() } else { format!("?{query}") };
        Self { key: format!("{PREFIX}/products{suffix}"), target: format!("/v1/products{suffix}"), kind: Kind::Page }
    }

    /// `id` is of a product or of a variant, and has been parsed.
    pub(crate) fn product(id: &str) -> Self {
        Self { key: format!("{PREFIX}/products/{id}"), target: format!("/v1/products/{id}"), kind: Kind::Product }
    }

    pub(crate) fn categories() -> Self {
        Self { key: format!("{PREFIX}/categories"), target: "/v1/categories".to_owned(), kind: Kind::Categories }
    }
}
