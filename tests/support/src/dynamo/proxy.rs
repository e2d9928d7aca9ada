//! The way of a request through the proxy: signature, fault, items claimed, delay, the real thing, answer.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    routing::{get, post},
};
use bytes::Bytes;
use commerce_aws::{CallerKeys, SigningScope, VerifyError, VerifyPolicy, verify_request};
use http::{HeaderMap, Request, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::{
    DynamoSwitches,
    conflicts::{Conflict, Hold, InFlight, KeyAttributes, tables_put, touched},
    faults::{DynamoFaultsConfig, Fault},
    refusals,
};
use crate::net::{client_builder, json_response, lost_reply};

/// DynamoDB's own limit is 16 MB.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
const TARGET_PREFIX: &str = "DynamoDB_20120810.";
/// DynamoDB answers within this, or the request counts as lost.
const TARGET_TIMEOUT: Duration = Duration::from_secs(30);
/// Tables whose key is remembered.
const MAX_TABLES: usize = 1000;
/// What the server behind asks for without checking it; only the proxy's own question about tables goes without the caller's.
const OWN_AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=proxy/20260101/local/dynamodb/aws4_request, \
                                 SignedHeaders=host;x-amz-date, Signature=0";

pub(super) struct Proxy {
    config: DynamoFaultsConfig,
    switches: Mutex<DynamoSwitches>,
    in_flight: InFlight,
    keys: Mutex<KeyAttributes>,
    conflicts: AtomicU64,
    crowd: Crowd,
    client: reqwest::Client,
}

/// How many requests are under way, and the most that were.
#[derive(Debug, Default)]
struct Crowd {
    now: AtomicU64,
    most: AtomicU64,
}

/// One of them, until it is dropped.
struct Present<'a>(&'a Crowd);

impl Crowd {
    fn enter(&self) -> Present<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Present(self)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One request on its way to the server behind.
struct Call {
    operation: String,
    headers: HeaderMap,
    body: Bytes,
}

pub(super) fn router(proxy: Arc<Proxy>) -> Router {
    Router::new()
        .route("/", post(handle))
        .route("/test/faults", get(get_switches).put(put_switches))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(proxy)
}

async fn get_switches(State(proxy): State<Arc<Proxy>>) -> Response<Body> {
    json_response(StatusCode::OK, &json!(proxy.switches()))
}

async fn put_switches(State(proxy): State<Arc<Proxy>>, body: Bytes) -> Response<Body> {
    match serde_json::from_slice(&body) {
        Ok(switches) => {
            proxy.set_switches(switches);
            get_switches(State(proxy)).await
        }
        Err(error) => json_response(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() })),
    }
}

async fn handle(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refusals::unreachable("the body did not arrive");
    };
    if let Err(error) = proxy.verify(&parts, &body) {
        tracing::debug!(error.code = error.code(), %error, "DynamoDB request refused");
        return refusals::signature(&error);
    }
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default().to_owned();
    let call = Call { operation, headers: parts.headers, body };
    // On its own task: the effect happens whether or not the caller waits for it.
    tokio::spawn(proxy.answer(call)).await.unwrap_or_else(|_| refusals::internal())
}

impl Proxy {
    pub(super) fn new(config: DynamoFaultsConfig, switches: Mutex<DynamoSwitches>) -> Self {
        let client = client_builder().timeout(TARGET_TIMEOUT).build().expect("should build a client from constants");
        let (in_flight, keys) = (InFlight::default(), Mutex::default());
        Self { config, switches, in_flight, keys, conflicts: AtomicU64::new(0), crowd: Crowd::default(), client }
    }

    pub(super) fn switches(&self) -> DynamoSwitches {
        lock(&self.switches).clone()
    }

    pub(super) fn set_switches(&self, switches: DynamoSwitches) {
        *lock(&self.switches) = switches;
        self.crowd.most.store(0, Ordering::Relaxed);
    }

    pub(super) fn most_at_once(&self) -> u64 {
        self.crowd.most.load(Ordering::Relaxed)
    }

    pub(super) fn conflicts(&self) -> u64 {
        self.conflicts.load(Ordering::Relaxed)
    }

    fn verify(&self, parts: &Parts, body: &[u8]) -> Result<(), VerifyError> {
        let Some((credentials, region)) = &self.config.signed_by else { return Ok(()) };
        let keys = CallerKeys::new(credentials.clone());
        let scope = SigningScope { region, service: "dynamodb" };
        let policy = VerifyPolicy { keys: &keys, scope, also_signed: &[] };
        verify_request(parts, body, &policy, self.config.clock.now()).map(drop)
    }

    async fn answer(self: Arc<Self>, call: Call) -> Response<Body> {
        let proxy = Arc::clone(&self);
        let _present = proxy.crowd.enter();
        let (fault, switches) = {
            let mut switches = lock(&self.switches);
            (switches.take(&call.operation), switches.clone())
        };
        match fault {
            Some(Fault::Throttled) => return refusals::throttled(),
            Some(Fault::Internal) => return refusals::internal(),
            Some(Fault::Conflict) => return refusals::conflict(&forced_conflict(&call)),
            Some(Fault::Late) => {
                tokio::spawn(self.forward_late(call, Duration::from_millis(switches.late_milliseconds())));
                return lost_reply();
            }
            Some(Fault::LostReply) | None => {}
        }
        let hold = match self.claim(&call, &switches).await {
            Ok(hold) => hold,
            Err(conflict) => {
                self.conflicts.fetch_add(1, Ordering::Relaxed);
                return refusals::conflict(&conflict);
            }
        };
        if switches.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(switches.delay_milliseconds())).await;
        }
        let answer = self.forward(call).await;
        drop(hold);
        if fault == Some(Fault::LostReply) { lost_reply() } else { answer }
    }

    async fn forward_late(self: Arc<Self>, call: Call, pause: Duration) {
        tokio::time::sleep(pause).await;
        let answer = self.forward(call).await;
        tracing::debug!(status = answer.status().as_u16(), "late DynamoDB request applied");
    }

    async fn claim(&self, call: &Call, switches: &DynamoSwitches) -> Result<Option<Hold>, Conflict> {
        if !switches.detect_conflicts {
            return Ok(None);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&call.body) else { return Ok(None) };
        for table in tables_put(&call.operation, &body) {
            self.learn_key(&table).await;
        }
        let touch = touched(&call.operation, &body, &lock(&self.keys));
        touch.map(|touch| self.in_flight.claim(touch)).transpose()
    }

    /// Asks once which attributes are a table's key: a put names its key among its attributes.
    async fn learn_key(&self, table: &str) {
        if lock(&self.keys).contains_key(table) {
            return;
        }
        let request = self
            .client
            .post(&self.config.target)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("{TARGET_PREFIX}DescribeTable"))
            .header("x-amz-date", "20260101T000000Z")
            .header(header::AUTHORIZATION, OWN_AUTHORIZATION)
            .body(json!({ "TableName": table }).to_string());
        let Ok(response) = request.send().await else { return };
        let Ok(body) = response.bytes().await else { return };
        let Ok(description) = serde_json::from_slice::<Value>(&body) else { return };
        let Some(schema) = description["Table"]["KeySchema"].as_array() else { return };
        let names = schema.iter().filter_map(|key| key["AttributeName"].as_str().map(str::to_owned)).collect();
        let mut keys = lock(&self.keys);
        if keys.len() < MAX_TABLES {
            keys.insert(table.to_owned(), names);
        }
    }

    async fn forward(&self, call: Call) -> Response<Body> {
        let mut headers = call.headers;
        for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
            headers.remove(name);
        }
        let sent = self.client.post(&self.config.target).headers(headers).body(call.body).send().await;
        let answer = match sent {
            Ok(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                response.bytes().await.map(|body| (status, headers, body))
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok((status, mut headers, body)) => {
                headers.remove(header::CONNECTION);
                headers.remove(header::TRANSFER_ENCODING);
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response
            }
            Err(error) => refusals::unreachable(&format!("the DynamoDB behind the proxy does not answer: {error}")),
        }
    }
}

/// What a switched conflict says: for a transaction, that its first item is held.
fn forced_conflict(call: &Call) -> Conflict {
    if call.operation != "TransactWriteItems" {
        return Conflict::Item;
    }
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let items = body["TransactItems"].as_array().map_or(1, Vec::len).max(1);
    Conflict::Transaction((0..items).map(|place| place == 0).collect())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
