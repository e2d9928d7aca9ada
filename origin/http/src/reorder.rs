//! `/orders/{orderId}/reorder`.

use bytes::Bytes;
use commerce_api::{
    Problem,
    cart::CartResponse,
    reorder::{LeftOutResponse, ReorderResponse},
};
use commerce_domain::PriceError;
use http::{HeaderValue, Response, StatusCode, header};
use origin_core::{
    Backend,
    orders::{Reorder, Reordered, reorder},
};

use crate::{
    ApiError,
    call::Call,
    respond::{answer, json},
};

/// `POST /orders/{orderId}/reorder`: puts what one of the caller's orders was of into the caller's cart again.
pub(crate) async fn reorder_order<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let order_id = call.id("Order")?;
    call.no_body()?;
    let request = Reorder {
        principal: call.principal()?,
        key: call.idempotency_key()?,
        request_hash: call.request_hash(),
        order_id,
    };
    answer(reorder(backend, &request, |done| call.kept(response(backend, call, done))).await?)
}

/// The cart as `GET /cart` shows it, with its state for `If-Match`.
fn response<B: Backend>(backend: &B, call: &Call, done: &Reordered) -> Result<Response<Bytes>, ApiError> {
    let (rules, to) = (backend.pricing(), backend.pricing().default_destination());
    let cart = match &done.cart {
        Some(cart) => CartResponse::estimate(cart, to, rules).map_err(unpriced)?,
        None => CartResponse::empty(&call.principal()?.subject, to, rules),
    };
    let left_out = done.left_out.iter().map(|(line, left)| LeftOutResponse {
        product_id: line.product_id.to_string(),
        variant_id: line.variant_id.to_string(),
        name: line.name.clone(),
        reason: left.reason.as_str().to_owned(),
        requested: line.quantity,
        added: left.added,
    });
    let mut response = json(StatusCode::OK, &ReorderResponse { cart, left_out: left_out.collect() })?;
    if let Some(cart) = &done.cart {
        let tag = HeaderValue::try_from(format!("\"{}.{}\"", cart.id, cart.version)).map_err(Problem::internal)?;
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

fn unpriced(error: PriceError) -> ApiError {
    ApiError::Problem(Problem::internal(error))
}
