//! What tests and the cardholder's browser use, which Stripe does not have in this form.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
};
use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Faults, Shared, error::StripeError, form::Form, intents::Authentication, lock, webhooks::WebhookTarget};
use crate::net::json_response;

pub(super) async fn get_state(State(shared): State<Arc<Shared>>) -> Response<Body> {
    json_response(StatusCode::OK, &shared.state())
}

pub(super) async fn get_faults(State(shared): State<Arc<Shared>>) -> Response<Body> {
    json_response(StatusCode::OK, &json!(*lock(&shared.faults)))
}

pub(super) async fn put_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match parse::<Faults>(&body) {
        Ok(faults) => {
            *lock(&shared.faults) = faults;
            get_faults(State(shared)).await
        }
        Err(error) => refuse(&error),
    }
}

pub(super) async fn put_webhook(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match parse::<Option<WebhookTarget>>(&body) {
        Ok(target) => {
            let answer = json!({ "url": target.as_ref().map(|target| &target.url) });
            shared.webhooks.set_target(target);
            json_response(StatusCode::OK, &answer)
        }
        Err(error) => refuse(&error),
    }
}

/// The page that a cardholder is sent to.
pub(super) async fn get_challenge(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response<Body> {
    if let Err(error) = lock(&shared.book).intent(&id) {
        return json_response(error.status, &error.body());
    }
    let page = format!(
        "<!doctype html><title>Confirm it is you</title><h1>Confirm it is you</h1>\
         <form method=post action=/test/3ds/{id}/complete>\
         <button name=outcome value=authenticate>Complete</button> <button name=outcome value=fail>Fail</button></form>"
    );
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Completion {
    outcome: Option<String>,
}

/// `{"outcome":"authenticate"}` (also an empty body) or `{"outcome":"fail"}`, or the same as a form, which then goes back
/// to the intent's return URL.
pub(super) async fn complete_challenge(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let is_form = body.starts_with(b"outcome=");
    let outcome = match parse_outcome(&body, is_form) {
        Ok(outcome) => outcome,
        Err(error) => return refuse(&error),
    };
    let now = shared.now();
    let (result, return_url) = shared.change("req_challenge", |book| {
        let result = book.authenticate(&id, outcome, now);
        (result, book.intent(&id).ok().and_then(|intent| intent.return_url.clone()))
    });
    match (result, return_url.filter(|_| is_form)) {
        (Ok(intent), Some(url)) => redirect(&url, &intent),
        (Ok(intent), None) => json_response(StatusCode::OK, &intent),
        (Err(error), _) => json_response(error.status, &error.body()),
    }
}

/// What the customer's bank makes of a refund: `succeeded` or `failed`.
pub(super) async fn settle_refund(
    State(shared): State<Arc<Shared>>,
    Path((id, outcome)): Path<(String, String)>,
) -> Response<Body> {
    let failed = match outcome.as_str() {
        "succeeded" => false,
        "failed" => true,
        other => return refuse(&StripeError::invalid(format!("a refund is succeeded or failed, not {other}"))),
    };
    let result = {
        let mut book = lock(&shared.book);
        let result = book.settle_refund(&id, failed);
        shared.take_note(&mut book, "req_bank", None);
        result
    };
    match result {
        Ok(refund) => json_response(StatusCode::OK, &refund),
        Err(error) => refuse(&error),
    }
}

fn parse_outcome(body: &Bytes, is_form: bool) -> Result<Authentication, StripeError> {
    let given = if is_form {
        Form::parse(body)?.text("outcome").map(str::to_owned)
    } else if body.is_empty() {
        None
    } else {
        parse::<Completion>(body)?.outcome
    };
    match given.as_deref() {
        None | Some("authenticate") => Ok(Authentication::Passed),
        Some("fail") => Ok(Authentication::Failed),
        Some(other) => Err(StripeError::invalid(format!("outcome is authenticate or fail, not {other}"))),
    }
}

/// <https://docs.stripe.com/payments/payment-intents/verifying-status>: what the return URL is called with.
fn redirect(return_url: &str, intent: &Value) -> Response<Body> {
    let text = |name: &str| intent[name].as_str().unwrap_or_default().to_owned();
    let status =
        if matches!(text("status").as_str(), "succeeded" | "requires_capture") { "succeeded" } else { "failed" };
    let separator = if return_url.contains('?') { '&' } else { '?' };
    let location = format!(
        "{return_url}{separator}payment_intent={}&payment_intent_client_secret={}&redirect_status={status}",
        text("id"),
        text("client_secret"),
    );
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = location.parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, StripeError> {
    serde_json::from_slice(body).map_err(|error| StripeError::invalid(error.to_string()))
}

/// The object, or Stripe's error in its place.
pub(super) fn answered(result: Result<Value, StripeError>) -> Response<Body> {
    match result {
        Ok(object) => json_response(StatusCode::OK, &object),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &StripeError) -> Response<Body> {
    json_response(error.status, &error.body())
}
