//! A part of a list of products, as it is answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ProductCursor, ProductListQuery, ProductSlice};
use crate::{cursor::SlicePagination, page::Page, product::ProductSummary};

/// A part of a list of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductListResponse {
    /// The products.
    pub data: Vec<ProductSummary>,
    /// Where they stand.
    pub pagination: SlicePagination,
    /// What to ask for next.
    pub links: ProductLinks,
}

/// Paths of other parts of the same list; null where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductLinks {
    /// What comes behind.
    pub next: Option<String>,
    /// The page before; a list that is read by cursors goes forth alone.
    pub prev: Option<String>,
}

impl ProductListResponse {
    /// The part of a list of `total` products that was asked for, under `path`. `next` is where it goes on; none at its end, and in a list of the best
    /// found.
    #[must_use]
    pub fn new(
        path: &str,
        query: &ProductListQuery,
        data: Vec<ProductSummary>,
        total: u64,
        next: Option<ProductCursor>,
    ) -> Self {
        let limit = query.limit();
        let pages = total.div_ceil(u64::from(limit));
        let link = |slice| target(path, &ProductListQuery { slice, ..query.clone() });
        let (page, links) = match &query.slice {
            ProductSlice::Page(asked) => {
                let turned = |page| link(ProductSlice::Page(Page { page, ..*asked }));
                let next = (u64::from(asked.page) < pages).then(|| turned(asked.page + 1));
                let prev = (asked.page > 1).then(|| turned(asked.page - 1));
                (Some(asked.page), ProductLinks { next, prev })
            }
            ProductSlice::Behind(_, limit) => {
                let next = next.clone().map(|cursor| link(ProductSlice::Behind(cursor, *limit)));
                (None, ProductLinks { next, prev: None })
            }
        };
        let next_cursor = next.map(|next| next.to_string());
        let pagination = SlicePagination { page, limit, total: Some(total), total_pages: Some(pages), next_cursor };
        Self { data, pagination, links }
    }

    /// As JSON, with those fields of each product that were asked for.
    ///
    /// # Errors
    /// None that occurs: texts and numbers are written into memory.
    pub fn write(&self, query: &ProductListQuery) -> serde_json::Result<Vec<u8>> {
        write(self, query)
    }
}

/// A body with products as `data`, of each the fields that were asked for.
pub(super) fn write(body: &impl Serialize, query: &ProductListQuery) -> serde_json::Result<Vec<u8>> {
    let Some(fields) = &query.fields else { return serde_json::to_vec(body) };
    let mut sparse = serde_json::to_value(body)?;
    if let Some(Value::Array(products)) = sparse.get_mut("data") {
        for product in products {
            fields.keep(product);
        }
    }
    serde_json::to_vec(&sparse)
}

fn target(path: &str, query: &ProductListQuery) -> String {
    let canonical = query.canonical();
    if canonical.is_empty() { path.to_owned() } else { format!("{path}?{canonical}") }
}
