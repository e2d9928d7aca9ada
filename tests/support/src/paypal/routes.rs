//! The fake over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, post, put},
};
use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use super::{
    PayPalFaults, PayPalOperation, Shared,
    book::{Book, Refusal},
    control,
    faults::Fault,
    lock,
};
use crate::net::{json_response, lost_reply};

const MAX_BODY_BYTES: usize = 512 * 1024;
const MAX_DELAY: Duration = Duration::from_mins(1);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/oauth2/token", post(token))
        .route("/v2/checkout/orders", post(create))
        .route("/v2/checkout/orders/{id}", get(read))
        .route("/v2/checkout/orders/{id}/capture", post(capture))
        .route("/v2/payments/captures/{id}/refund", post(refund))
        .route("/v2/payments/refunds/{id}", get(read_refund))
        .route("/v1/customer/disputes/{id}", get(read_dispute))
        .route("/v1/notifications/verify-webhook-signature", post(verify))
        .route("/checkoutnow", get(control::page))
        .route("/test/approve/{id}", post(control::approve))
        .route("/test/captures/{order}/{status}", post(control::decide))
        .route("/test/refunds/{id}/{status}", post(control::decide_refund))
        .route("/test/disputes/{order}", post(control::dispute))
        .route("/test/disputes/{id}/{outcome}", post(control::close_dispute))
        .route("/test/faults", put(control::put_faults))
        .route("/test/state", get(control::get_state))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let pair = format!("{}:{}", shared.settings.client_id, shared.settings.client_secret);
    let expected = format!("Basic {}", Base64::encode_string(pair.as_bytes()));
    if header(&headers, "authorization") != Some(&expected) || body != "grant_type=client_credentials" {
        return json_response(StatusCode::UNAUTHORIZED, &json!({"error": "invalid_client"}));
    }
    let token = shared.new_token();
    let seconds = shared.settings.token_seconds;
    json_response(StatusCode::OK, &json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds}))
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    change(shared, PayPalOperation::Create, headers, body, |book, body, _| book.create(body)).await
}

async fn capture(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let act = move |book: &mut Book, _: &Value, faults: &mut PayPalFaults| book.capture(&id, faults);
    change(shared, PayPalOperation::Capture, headers, body, act).await
}

async fn refund(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let act = move |book: &mut Book, body: &Value, faults: &mut PayPalFaults| book.refund(&id, body, faults);
    change(shared, PayPalOperation::Refund, headers, body, act).await
}

/// A changing call: under its key it acts once, and on its own task, whether or not the caller waits for the answer.
async fn change(
    shared: Arc<Shared>,
    operation: PayPalOperation,
    headers: HeaderMap,
    body: Bytes,
    act: impl FnOnce(&mut Book, &Value, &mut PayPalFaults) -> Result<Value, Refusal> + Send + 'static,
) -> Response<Body> {
    if let Some(refused) = shared.refusal(&headers) {
        return refused;
    }
    let Some(key) = header(&headers, "paypal-request-id").map(|key| format!("{operation:?} {key}")) else {
        return answered(Err(Refusal(400, "PAYPAL_REQUEST_ID_REQUIRED")));
    };
    let task = tokio::spawn(async move {
        let (fault, delay) = {
            let mut faults = lock(&shared.faults);
            (faults.take(operation), Duration::from_millis(faults.delay_ms).min(MAX_DELAY))
        };
        match fault {
            Some(Fault::RateLimited) => return answered(Err(Refusal(429, "RATE_LIMIT_REACHED"))),
            Some(Fault::Unauthenticated) => return answered(Err(Refusal(401, "AUTHENTICATION_FAILURE"))),
            Some(Fault::Failed) => return answered(Err(Refusal(500, "INTERNAL_SERVER_ERROR"))),
            _ => tokio::time::sleep(delay).await,
        }
        let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
            return answered(Err(Refusal(400, "MALFORMED_REQUEST_JSON")));
        };
        let (answer, happened) = {
            let (mut book, mut faults) = (lock(&shared.book), lock(&shared.faults));
            let answer = book.under(&key, &asked.to_string(), |book| act(book, &asked, &mut faults));
            (answer, book.take_happened())
        };
        shared.publish(happened);
        match fault {
            Some(Fault::FailedAfterEffect) => answered(Err(Refusal(500, "INTERNAL_SERVER_ERROR"))),
            Some(Fault::ReplyLost) => lost_reply(),
            _ => answered(answer),
        }
    });
    task.await.unwrap_or_else(|_| answered(Err(Refusal(500, "INTERNAL_SERVER_ERROR"))))
}

async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    if lock(&shared.faults).no_reads {
        return answered(Err(Refusal(503, "SERVICE_UNAVAILABLE")));
    }
    shared.refusal(&headers).unwrap_or_else(|| answered(lock(&shared.book).order(&id)))
}

async fn read_refund(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    shared.refusal(&headers).unwrap_or_else(|| answered(lock(&shared.book).find_refund(&id)))
}

async fn read_dispute(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    shared.refusal(&headers).unwrap_or_else(|| answered(lock(&shared.book).find_dispute(&id)))
}

async fn verify(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response<Body> {
    if lock(&shared.faults).no_verification {
        return answered(Err(Refusal(503, "SERVICE_UNAVAILABLE")));
    }
    shared.refusal(&headers).unwrap_or_else(|| answered(Ok(shared.verify(&body))))
}

impl Shared {
    /// The refusal of a caller without a token that is good.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let token = header(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
        let good = token.is_some_and(|token| self.is_good(token));
        (!good).then(|| answered(Err(Refusal(401, "AUTHENTICATION_FAILURE"))))
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The object, or PayPal's error in its place.
pub(super) fn answered(answer: Result<Value, Refusal>) -> Response<Body> {
    match answer {
        Ok(object) => json_response(StatusCode::OK, &object),
        Err(Refusal(status, issue)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let name = match status.as_u16() {
                422 => "UNPROCESSABLE_ENTITY",
                404 => "RESOURCE_NOT_FOUND",
                _ => issue,
            };
            json_response(status, &json!({"name": name, "details": [{"issue": issue}], "debug_id": "d1"}))
        }
    }
}
