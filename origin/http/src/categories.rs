//! `/categories`.

use bytes::Bytes;
use commerce_api::product::{CategoryListResponse, CategoryResponse};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    catalog::{ListedCategory, ReadCatalog},
};

use crate::{ApiError, call::Call, respond::json};

/// `GET /categories`: all of them, by slug.
pub(crate) async fn list_categories<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let [] = call.query_fields([])?;
    let categories = backend.database().list_categories().await?;
    json(StatusCode::OK, &CategoryListResponse { data: categories.into_iter().map(category).collect() })
}

fn category(listed: ListedCategory) -> CategoryResponse {
    CategoryResponse {
        id: listed.slug.category_id(),
        slug: listed.slug.to_string(),
        name: listed.name,
        parent_id: listed.parent.map(|slug| slug.category_id()),
        product_count: listed.product_count,
    }
}
