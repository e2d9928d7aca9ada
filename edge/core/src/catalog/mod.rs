//! The catalog: read through the key-value store, so that browsing does not wait for a region.
//!
//! Products, their lists and categories are public and the same for everybody; market, currency and language would stand in
//! the URL, and with it in the key.

mod absent;
mod conditional;
mod fetch;
mod hot;
mod list_query;
mod lookup;
mod resource;

use bytes::Bytes;
use commerce_api::{Problem, headers::CACHE_STATUS, product::ProductResponse};
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;

use crate::{config::EdgeConfig, envelope::Envelope, platform::Platform, query::Query, reply, request::Call};

pub(crate) use absent::AbsentProducts;
pub(crate) use hot::HotEntries;
use list_query::ListQuery;
use lookup::{Answer, Looked, lookup};
use resource::Resource;

/// `GET /v1/products`.
pub(crate) async fn list_products<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let query = ListQuery::parse(&Query::parse(call.query())?)?;
    serve(call, &Resource::products(&query)).await
}

/// `GET /v1/products/{productId}`.
pub(crate) async fn get_product<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    serve(call, &Resource::product(call.parameter)).await
}

/// `GET /v1/categories`.
pub(crate) async fn list_categories<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    serve(call, &Resource::categories()).await
}

/// The product that `id` (of a product, or of one of its variants) names, as far as the cache knows it.
///
/// # Errors
/// A 404 where there is none, or what [`lookup`] fails with.
pub(crate) async fn product<P: Platform>(call: &Call<'_, P>, id: &str) -> Result<ProductResponse, Problem> {
    match lookup(call.platform, call.config, call.request_id, &Resource::product(id)).await? {
        Answer::Found(looked) => serde_json::from_slice(&looked.envelope.body).map_err(Problem::internal),
        Answer::Refused(_) => Err(Problem::not_found("Product")),
    }
}

/// Drops what is cached of a product that has just changed. Lists follow within their freshness.
pub(crate) async fn forget_product<P: Platform>(platform: &P, id: &str) {
    let key = Resource::product(id).key;
    platform.memory().hot().remove(&key);
    // Best effort: what stays behind is served for as long as any other entry, and no longer.
    let _ = platform.delete(&key).await;
}

async fn serve<P: Platform>(call: &Call<'_, P>, resource: &Resource) -> Result<Response<Bytes>, Problem> {
    match lookup(call.platform, call.config, call.request_id, resource).await? {
        Answer::Found(looked) => Ok(respond(call, looked, call.platform.now())),
        Answer::Refused(answer) => Ok(answer),
    }
}

/// The cached value, or 304 where the client has it already; both with the same headers (RFC 9110, section 15.4.5).
fn respond<P>(call: &Call<'_, P>, looked: Looked, now: Timestamp) -> Response<Bytes> {
    let Looked { envelope, status } = looked;
    let unchanged = conditional::matches(call.headers(), &envelope.etag);
    let mut response = reply::empty(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    let headers = response.headers_mut();
    headers.insert(CACHE_STATUS, status.header());
    headers.insert(header::AGE, HeaderValue::from(envelope.age_seconds(now)));
    if let Ok(value) = HeaderValue::try_from(cache_control(&envelope, call.config)) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    if let Ok(tag) = HeaderValue::try_from(&envelope.etag) {
        headers.insert(header::ETAG, tag);
    }
    if !unchanged {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = envelope.body;
    }
    response
}

/// How long others may keep the answer: `max-age` counts from when the origin gave it, as `Age` does.
fn cache_control(envelope: &Envelope, config: &EdgeConfig) -> String {
    let fresh = (envelope.fresh_until - envelope.stored_at) / 1_000;
    let on_error = (envelope.stale_until - envelope.fresh_until) / 1_000;
    let while_revalidating = lookup::revalidate_behind_seconds(config);
    format!("public, max-age={fresh}, stale-while-revalidate={while_revalidating}, stale-if-error={on_error}")
}
