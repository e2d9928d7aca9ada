//! `/inventory`.

use bytes::Bytes;
use commerce_api::{Problem, inventory::InventoryResponse};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    inventory::{StockSubject, find_stock},
};

use crate::{ApiError, call::Call, respond::json};

/// `GET /inventory/{productId}`: the counters of a variant, named by its own id or by its product's, if that has only one.
pub(crate) async fn get_inventory<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let subject = subject(&call.parameter).ok_or_else(|| ApiError::Problem(Problem::not_found("Product")))?;
    let level = find_stock(backend.database(), backend.stock(), subject).await?;
    let body = InventoryResponse {
        product_id: level.product_id.to_string(),
        variant_id: level.variant_id.to_string(),
        on_hand: level.on_hand,
        reserved: level.reserved,
        available: level.available(),
        backorder_limit: level.backorder_limit,
        version: level.version,
    };
    json(StatusCode::OK, &body)
}

fn subject(id: &str) -> Option<StockSubject> {
    id.parse().map(StockSubject::Variant).or_else(|_| id.parse().map(StockSubject::Product)).ok()
}
