//! The catalog: read through the key-value store, so that browsing does not wait for a region.
//!
//! Products, their lists and categories are public and the same for everybody; market, currency and language would stand in
//! the URL, and with it in the key.

mod bypass;
mod conditional;
mod entry;
mod fetch;
mod hot;
mod lookup;
mod moment;
mod resource;
mod snapshot;

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use commerce_api::{
    Problem,
    headers::CACHE_STATUS,
    listing::{ProductListQuery, SuggestQuery},
    product::ProductResponse,
    query::Query,
};
use futures_util::future::join_all;
use http::{HeaderValue, Response, header};

use crate::{kv, platform::Platform, published::Wanted, request::Call};

pub(crate) use entry::Entry;
pub(crate) use hot::HotEntries;
use lookup::{Answer, Looked, cached, lookup};
pub(crate) use moment::Moment;
use resource::Resource;

/// How long the origin may take where there is nothing else to answer with, or nobody waits.
const ORIGIN_LIMIT: Duration = Duration::from_secs(5);

/// `GET /v1/products`.
pub(crate) async fn list_products<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let query = ProductListQuery::parse(&Query::parse(call.query())?)?;
    serve(call, &Resource::products(&query), Some(&Wanted::List(query))).await
}

/// `GET /v1/search`.
pub(crate) async fn search<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let query = ProductListQuery::parse(&Query::parse(call.query())?)?;
    serve(call, &Resource::search(&query), Some(&Wanted::Search(query))).await
}

/// `GET /v1/search/suggest`.
pub(crate) async fn suggest<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    let query = SuggestQuery::parse(&Query::parse(call.query())?)?;
    serve(call, &Resource::suggestions(&query), Some(&Wanted::Suggestions(query))).await
}

/// `GET /v1/products/{productId}`.
pub(crate) async fn get_product<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    // What is published is found by products' ids; which product a variant is of, the origin says.
    let wanted = call.parameter.parse().ok().map(Wanted::Product);
    serve(call, &Resource::product(call.parameter), wanted.as_ref()).await
}

/// `GET /v1/categories`.
pub(crate) async fn list_categories<P: Platform>(call: &Call<'_, P>) -> Result<Response<Bytes>, Problem> {
    serve(call, &Resource::categories(), Some(&Wanted::Categories)).await
}

/// The product that `id` (of a product, or of one of its variants) names, as far as the cache knows it.
///
/// # Errors
/// A 404 where there is none, or what [`lookup`] fails with.
pub(crate) async fn product<P: Platform>(call: &Call<'_, P>, id: &str) -> Result<ProductResponse, Problem> {
    match lookup(call, &Resource::product(id), ORIGIN_LIMIT).await? {
        Answer::Found(looked) => serde_json::from_slice(looked.entry.body()).map_err(Problem::internal),
        Answer::Refused(_) => Err(Problem::not_found("Product")),
    }
}

/// Drops what is cached of the call's product, which has just changed: under its own id, and under those of the variants that
/// it has in `answer`, the product in full where the origin gave it, and in the cache. Lists follow later: they are served as
/// they are until they are fresh no longer, and then while they are refreshed.
pub(crate) async fn forget_product<P: Platform>(call: &Call<'_, P>, answer: &[u8]) {
    let own = Resource::product(call.parameter);
    let cached = cached(call, &own).await.ok().flatten();
    let mut keys = BTreeSet::from([own.key]);
    for body in cached.iter().map(|entry| entry.body().as_ref()).chain([answer]) {
        let variants = serde_json::from_slice::<ProductResponse>(body).map(|product| product.variants);
        keys.extend(variants.unwrap_or_default().iter().map(|variant| Resource::product(&variant.id).key));
    }
    for key in &keys {
        call.platform.memory().hot().remove(key);
    }
    // Best effort: what stays behind is served for as long as any other entry, and no longer.
    join_all(keys.iter().map(|key| kv::delete(call.platform, key))).await;
}

/// From what is published, and what that does not have from the cache or the origin; for administrators always from the origin.
async fn serve<P: Platform>(
    call: &Call<'_, P>,
    resource: &Resource,
    wanted: Option<&Wanted>,
) -> Result<Response<Bytes>, Problem> {
    if bypass::is_wanted(call).await {
        return bypass::ask_origin(call, resource).await;
    }
    let published = match wanted {
        Some(wanted) => snapshot::find(call, resource, wanted).await?,
        None => None,
    };
    let answer = match published {
        Some(answer) => answer,
        None => lookup(call, resource, ORIGIN_LIMIT).await?,
    };
    match answer {
        Answer::Found(looked) => Ok(respond(call, looked)),
        Answer::Refused(answer) => Ok(answer),
    }
}

/// The cached value, or 304 where the client has it already; both with the same headers.
fn respond<P>(call: &Call<'_, P>, looked: Looked) -> Response<Bytes> {
    let Looked { entry: Entry { envelope, cache_control }, status, at } = looked;
    let age = envelope.age_seconds(at);
    let mut response = conditional::respond(call.headers(), envelope.etag, envelope.body);
    let headers = response.headers_mut();
    headers.insert(CACHE_STATUS, status.header());
    headers.insert(header::AGE, HeaderValue::from(age));
    headers.insert(header::CACHE_CONTROL, cache_control);
    response
}
