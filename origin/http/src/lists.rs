//! Lists of products: `/products`, `/search`, `/search/suggest`. What the edge falls back on, and what administrators read.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use commerce_api::{
    Problem, Route,
    listing::{FacetValue, ProductListQuery, ProductListResponse, SearchResponse, SuggestQuery, SuggestResponse},
    page::Page,
    query::Query,
};
use http::{Response, StatusCode};
use origin_core::{Backend, catalog::ReadCatalog};

use crate::{
    ApiError,
    call::Call,
    products::summary,
    respond::{json, json_text},
};

/// How many products are looked at for words that complete a text.
const LOOKED_AT: u32 = 100;
/// How many products are shown beside completions.
const SUGGESTED: usize = 5;

/// `GET /products`: a part of what shoppers see.
pub(crate) async fn list_products<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let query = ProductListQuery::parse(&query(call, ProductListQuery::takes)?)?;
    let text = list(backend, Route::ListProducts, &query).await?.write(&query).map_err(internal)?;
    Ok(json_text(StatusCode::OK, text))
}

/// `GET /search`: the same, with counts of what else could be chosen.
pub(crate) async fn search<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let query = ProductListQuery::parse(&query(call, ProductListQuery::takes)?)?;
    let list = list(backend, Route::Search, &query).await?;
    let facets = backend.database().count_facets(&query.filter).await?;
    let text = SearchResponse::new(list, facets, None).write(&query).map_err(internal)?;
    Ok(json_text(StatusCode::OK, text))
}

/// `GET /search/suggest`: words of products' names that begin as the text ends.
pub(crate) async fn suggest<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let SuggestQuery { text, limit } = SuggestQuery::parse(&query(call, SuggestQuery::takes)?)?;
    let (before, last) = text.rsplit_once(' ').map_or(("", text.as_str()), |(before, last)| (before, last));
    let asked = ProductListQuery::found(format!("{before} {last}*"), Page { page: 1, limit: LOOKED_AT });
    let products = list(backend, Route::Search, &asked).await?.data;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let last = last.to_lowercase();
    for product in &products {
        let name = product.name.to_lowercase();
        let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.starts_with(&last));
        for word in words.map(str::to_owned).collect::<BTreeSet<_>>() {
            *counts.entry(format!("{before} {word}").trim_start().to_owned()).or_default() += 1;
        }
    }
    let mut terms = FacetValue::most(counts);
    terms.truncate(limit);
    let data = products.into_iter().take(SUGGESTED).map(Into::into).collect();
    json(StatusCode::OK, &SuggestResponse { data, terms })
}

async fn list<B: Backend>(
    backend: &B,
    route: Route,
    query: &ProductListQuery,
) -> Result<ProductListResponse, ApiError> {
    let listed = backend.database().list_products(query).await?;
    let data = listed.products.into_iter().map(summary).collect();
    Ok(ProductListResponse::new(route.pattern(), query, data, listed.total, listed.next))
}

/// The query, whose parameters are all known.
fn query(call: &Call, takes: fn(&str) -> bool) -> Result<Query, ApiError> {
    let query = Query::parse(call.query_text())?;
    if let Some(unknown) = query.names().find(|name| !takes(name)) {
        return Err(ApiError::Problem(Problem::invalid(unknown.to_owned(), "is not a known parameter")));
    }
    Ok(query)
}

fn internal(cause: impl ToString) -> ApiError {
    ApiError::Problem(Problem::internal(cause))
}
