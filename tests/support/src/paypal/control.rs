//! What tests and the customer's browser use, which PayPal does not have in this form.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, Uri, header};

use super::{PayPalFaults, Shared, book::Refusal, lock, routes::answered};
use crate::net::json_response;

/// The page that a customer is sent to.
pub(super) async fn page(State(shared): State<Arc<Shared>>, uri: Uri) -> Response<Body> {
    let token = uri.query().and_then(|query| query.strip_prefix("token=")).unwrap_or_default();
    let Some(cancel_url) = lock(&shared.book).find(token).map(|order| order.cancel_url.clone()) else {
        return answered(Err(Refusal(404, "INVALID_RESOURCE_ID")));
    };
    let page = format!(
        "<!doctype html><title>Pay with a fake</title><h1>Pay with a fake</h1>\
         <form method=post action=/test/approve/{token}><button name=agreed value=yes>Pay now</button></form>\
         <a href=\"{cancel_url}\">Do not pay</a>"
    );
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The customer agrees. By the page's form, the answer leads back to the shop.
pub(super) async fn approve(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    _: Bytes,
) -> Response<Body> {
    let approved = shared.change(|book| book.approve(&id));
    let form = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    let return_url = lock(&shared.book).find(&id).map(|order| order.return_url.clone());
    let Some(url) = return_url.filter(|_| form && approved.is_ok()) else { return answered(approved) };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let separator = if url.contains('?') { '&' } else { '?' };
    if let Ok(location) = format!("{url}{separator}token={id}&PayerID=FAKE").parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// `completed` or `declined`: what becomes of a capture that was PENDING.
pub(super) async fn decide(
    State(shared): State<Arc<Shared>>,
    Path((order, status)): Path<(String, String)>,
) -> Response<Body> {
    answered(shared.change(|book| book.decide(&order, &status.to_uppercase())))
}

/// `completed` or `failed`: what becomes of a refund that was PENDING.
pub(super) async fn decide_refund(
    State(shared): State<Arc<Shared>>,
    Path((id, status)): Path<(String, String)>,
) -> Response<Body> {
    answered(shared.change(|book| book.decide_refund(&id, &status.to_uppercase())))
}

/// The customer calls the payment of an order back.
pub(super) async fn dispute(State(shared): State<Arc<Shared>>, Path(order): Path<String>) -> Response<Body> {
    answered(shared.change(|book| book.dispute(&order)))
}

/// PayPal decides a dispute: `RESOLVED_SELLER_FAVOUR`, `RESOLVED_BUYER_FAVOUR` or `CANCELED_BY_BUYER`.
pub(super) async fn close_dispute(
    State(shared): State<Arc<Shared>>,
    Path((id, outcome)): Path<(String, String)>,
) -> Response<Body> {
    answered(shared.change(|book| book.close_dispute(&id, &outcome)))
}

pub(super) async fn put_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let Ok(faults) = serde_json::from_slice::<PayPalFaults>(&body) else {
        return answered(Err(Refusal(400, "MALFORMED_REQUEST_JSON")));
    };
    *lock(&shared.faults) = faults;
    get_state(State(shared)).await
}

pub(super) async fn get_state(State(shared): State<Arc<Shared>>) -> Response<Body> {
    json_response(StatusCode::OK, &lock(&shared.book).state())
}
