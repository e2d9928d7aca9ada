//! The provider over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, post, put},
};
use bytes::Bytes;
use http::{HeaderMap, Method, Response, Uri};

use super::{
    Shared, control, disputes,
    error::StripeError,
    form::Form,
    lock,
    model::Charge,
    pipeline::{Command, mutate, read},
};
use crate::net::json_response;

const MAX_BODY_BYTES: usize = 64 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/payment_intents", post(create_intent))
        .route("/v1/payment_intents/{id}", get(get_intent))
        .route("/v1/payment_intents/{id}/{action}", post(change_intent))
        .route("/v1/refunds", post(create_refund).get(list_refunds))
        .route("/v1/refunds/{id}", get(get_refund))
        .route("/v1/charges/{id}", get(get_charge))
        .route("/v1/disputes/{id}", get(disputes::get_dispute))
        .route("/test/faults", put(control::put_faults).get(control::get_faults))
        .route("/test/webhook", put(control::put_webhook))
        .route("/test/state", get(control::get_state))
        .route("/test/refunds/{id}/{outcome}", post(control::settle_refund))
        .route("/test/3ds/{id}", get(control::get_challenge))
        .route("/test/3ds/{id}/complete", post(control::complete_challenge))
        .route("/test/disputes", post(disputes::open))
        .route("/test/disputes/{id}/close", post(disputes::close))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

async fn create_intent(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    mutate(shared, Command::Create, uri.path(), &headers, body).await
}

async fn change_intent(
    State(shared): State<Arc<Shared>>,
    Path((id, action)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let command = match action.as_str() {
        "confirm" => Command::Confirm(id),
        "capture" => Command::Capture(id),
        "cancel" => Command::Cancel(id),
        _ => return unknown(Method::POST, uri).await,
    };
    mutate(shared, command, uri.path(), &headers, body).await
}

async fn create_refund(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    mutate(shared, Command::Refund, uri.path(), &headers, body).await
}

async fn get_intent(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    read(shared, &headers, |shared| {
        let query = Form::parse(uri.query().unwrap_or_default().as_bytes())?;
        lock(&shared.book).intent_object(&id, query.expands("latest_charge"))
    })
    .await
}

async fn get_refund(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    read(shared, &headers, |shared| lock(&shared.book).refund(&id)).await
}

async fn list_refunds(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    read(shared, &headers, |shared| {
        let query = Form::parse(uri.query().unwrap_or_default().as_bytes())?;
        Ok(lock(&shared.book).refunds_of(query.required("payment_intent")?))
    })
    .await
}

async fn get_charge(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    read(shared, &headers, |shared| {
        let book = lock(&shared.book);
        book.charges.get(&id).map(Charge::object).ok_or_else(|| StripeError::missing("charge", &id, "charge"))
    })
    .await
}

async fn unknown(method: Method, uri: Uri) -> Response<Body> {
    let error = StripeError::unknown_url(&method, uri.path());
    json_response(error.status, &error.body())
}
