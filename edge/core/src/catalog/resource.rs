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
    /// Whether it is a list, of which an empty page is not worth keeping.
    pub(crate) is_page: bool,
}

impl Resource {
    pub(crate) fn products(query: &ListQuery) -> Self {
        let query = query.canonical();
        let suffix = if query.is_empty() { String::new() } else { format!("?{query}") };
        Self { key: format!("{PREFIX}/products{suffix}"), target: format!("/v1/products{suffix}"), is_page: true }
    }

    /// `id` is of a product or of a variant, and has been parsed.
    pub(crate) fn product(id: &str) -> Self {
        Self { key: format!("{PREFIX}/products/{id}"), target: format!("/v1/products/{id}"), is_page: false }
    }

    pub(crate) fn categories() -> Self {
        Self { key: format!("{PREFIX}/categories"), target: "/v1/categories".to_owned(), is_page: false }
    }
}
