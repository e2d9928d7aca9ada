//! The carrier over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    routing::{get, post, put},
};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CarrierFaults, Shared, book::Parcel, faults::LabelFault, lock};
use crate::{
    entropy::random_hex,
    net::{json_response, lost_reply},
};

const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_DELAY: Duration = Duration::from_mins(1);
const STATUSES: [&str; 3] = ["pre_transit", "in_transit", "delivered"];
/// Nobody lives there.
const NOT_SERVED: &str = "AQ";

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/labels", post(create_label))
        .route("/labels/{reference}", get(find_label))
        .route("/trackers/{id}", get(read_tracker))
        .route("/track/{number}", get(show_parcel))
        .route("/test/faults", put(put_faults))
        .route("/test/state", get(get_state))
        .route("/test/parcels/{id}/{status}", post(move_parcel))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

/// What a caller asks a label for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LabelRequest {
    reference: String,
    #[serde(rename = "orderReference")]
    _order_reference: String,
    service: Option<String>,
    to: Address,
    pieces: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    country: String,
}

async fn create_label(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if let Some(refused) = refusal(&shared, &headers) {
        return refused;
    }
    let Ok(request) = serde_json::from_slice::<LabelRequest>(&body) else {
        return failure(StatusCode::BAD_REQUEST, "malformed");
    };
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    if key != Some(&format!("label:{}", request.reference)) {
        return failure(StatusCode::BAD_REQUEST, "another_key");
    }
    // On its own task: the effect happens whether or not the caller waits for the answer.
    let made = tokio::spawn(make(shared, request)).await;
    made.unwrap_or_else(|_| failure(StatusCode::INTERNAL_SERVER_ERROR, "internal"))
}

async fn make(shared: Arc<Shared>, request: LabelRequest) -> Response<Body> {
    let (fault, delay, refuse) = {
        let mut faults = lock(&shared.faults);
        (faults.take(), Duration::from_millis(faults.delay_ms).min(MAX_DELAY), faults.refuse.clone())
    };
    match fault {
        Some(LabelFault::RateLimited) => return failure(StatusCode::TOO_MANY_REQUESTS, "rate_limit"),
        Some(LabelFault::Failed) => return failure(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        _ => tokio::time::sleep(delay).await,
    }
    let refuse = refuse.or_else(|| (request.to.country == NOT_SERVED).then(|| "address_not_served".to_owned()));
    if let Some(code) = refuse {
        return failure(StatusCode::UNPROCESSABLE_ENTITY, &code);
    }
    let now = shared.settings.clock.now();
    let service = request.service.as_deref().unwrap_or("standard");
    let new = || {
        let digits = random_hex(&*shared.settings.entropy, 6);
        Parcel::new(&request.reference, service, request.pieces, &digits, &shared.url, now)
    };
    let parcel = lock(&shared.book).label(&request.reference, new);
    match fault {
        Some(LabelFault::FailedAfterEffect) => failure(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        Some(LabelFault::ReplyLost) => lost_reply(),
        _ => json_response(StatusCode::CREATED, &label(&parcel)),
    }
}

async fn find_label(
    State(shared): State<Arc<Shared>>,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    refusal(&shared, &headers).unwrap_or_else(|| answered(lock(&shared.book).by_reference(&reference).map(label)))
}

async fn read_tracker(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response<Body> {
    let tracker = |parcel: &Parcel| json!({"tracker": parcel.tracker, "status": parcel.status, "estimatedDelivery": parcel.estimated_delivery});
    refusal(&shared, &headers).unwrap_or_else(|| {
        let book = lock(&shared.book);
        answered(book.find(&id).filter(|parcel| parcel.tracker == id).map(tracker))
    })
}

/// What a customer sees.
async fn show_parcel(State(shared): State<Arc<Shared>>, Path(number): Path<String>) -> Response<Body> {
    let shown = |parcel: &Parcel| json!({"trackingNumber": parcel.tracking_number, "status": parcel.status});
    answered(lock(&shared.book).find(&number).filter(|parcel| parcel.tracking_number == number).map(shown))
}

async fn move_parcel(State(shared): State<Arc<Shared>>, Path((id, status)): Path<(String, String)>) -> Response<Body> {
    if !STATUSES.contains(&status.as_str()) {
        return failure(StatusCode::BAD_REQUEST, "unknown_status");
    }
    let now = shared.settings.clock.now();
    let Some(parcel) = lock(&shared.book).move_parcel(&id, &status, now) else {
        return failure(StatusCode::NOT_FOUND, "not_found");
    };
    shared.publish(&parcel);
    json_response(StatusCode::OK, &json!(parcel))
}

async fn put_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let Ok(faults) = serde_json::from_slice::<CarrierFaults>(&body) else {
        return failure(StatusCode::BAD_REQUEST, "malformed");
    };
    let answer = json!(faults);
    *lock(&shared.faults) = faults;
    json_response(StatusCode::OK, &answer)
}

async fn get_state(State(shared): State<Arc<Shared>>) -> Response<Body> {
    json_response(StatusCode::OK, &lock(&shared.book).state())
}

/// Why a call is not heard, if it is not.
fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Response<Body>> {
    if lock(&shared.faults).down {
        return Some(failure(StatusCode::SERVICE_UNAVAILABLE, "down"));
    }
    let given = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    (given != Some(lock(&shared.api_key).as_str())).then(|| failure(StatusCode::UNAUTHORIZED, "unauthorized"))
}

fn label(parcel: &Parcel) -> Value {
    json!({
        "tracker": parcel.tracker, "reference": parcel.reference, "carrier": parcel.carrier,
        "trackingNumber": parcel.tracking_number, "trackingUrl": parcel.tracking_url,
        "estimatedDelivery": parcel.estimated_delivery,
    })
}

fn answered(found: Option<Value>) -> Response<Body> {
    found.map_or_else(|| failure(StatusCode::NOT_FOUND, "not_found"), |value| json_response(StatusCode::OK, &value))
}

fn failure(status: StatusCode, code: &str) -> Response<Body> {
    json_response(status, &json!({"code": code, "message": code}))
}
