//! An object store that speaks what the shop uses of S3: objects read, written (with conditions) and deleted whole, behind SigV4.
//!
//! Objects lie in memory, bounded in number and in bytes.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
};
use bytes::Bytes;
use commerce_aws::{CallerKeys, Credentials, SigningScope, VerifyPolicy, verify_request};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode, header, request::Parts};
use sha2::{Digest as _, Sha256};

use crate::{HttpServer, SharedClock};

/// What all objects together may have.
const MAX_BYTES: usize = 512 * 1_024 * 1_024;
/// The largest object.
const MAX_OBJECT_BYTES: usize = 32 * 1_024 * 1_024;

/// A running object store.
pub struct ObjectStore {
    server: HttpServer,
    shared: Arc<Shared>,
}

struct Shared {
    keys: CallerKeys,
    region: String,
    clock: SharedClock,
    /// By path: bucket and key.
    objects: Mutex<BTreeMap<String, Bytes>>,
}

impl ObjectStore {
    /// Serves an empty store on 127.0.0.1:`port` (0: any) to whoever signs with these credentials for this region.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn start(port: u16, credentials: Credentials, region: &str, clock: SharedClock) -> io::Result<Self> {
        let keys = CallerKeys::new(credentials);
        let shared = Arc::new(Shared { keys, region: region.to_owned(), clock, objects: Mutex::default() });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        Ok(Self { server: HttpServer::start(port, router).await?, shared })
    }

    /// `http://127.0.0.1:<port>`; an object is at `/<bucket>/<key>`.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.shared.objects().len()
    }

    /// Puts other bytes in the place of an object, as no client can; whether it was there.
    pub fn damage(&self, bucket: &str, key: &str, bytes: Bytes) -> bool {
        let mut objects = self.shared.objects();
        objects.get_mut(&format!("/{bucket}/{key}")).map(|object| *object = bytes).is_some()
    }

    /// Ends the store.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

impl Shared {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.objects.lock().expect("should not be poisoned: nothing panics while it is held")
    }

    fn answer(&self, parts: &Parts, body: &Bytes) -> Response<Body> {
        let scope = SigningScope { region: &self.region, service: "s3" };
        let policy = VerifyPolicy { keys: &self.keys, scope, also_signed: &[] };
        if let Err(refused) = verify_request(parts, body, &policy, self.clock.now()) {
            return error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", &refused.to_string());
        }
        let path = parts.uri.path();
        let mut objects = self.objects();
        let etag = objects.get(path).map(|object| etag(object));
        match parts.method {
            Method::GET => objects.get(path).map_or_else(no_such_key, |object| found(etag, object.clone())),
            Method::PUT if !holds(&parts.headers, etag.as_deref()) => {
                error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", "A condition does not hold")
            }
            Method::PUT => {
                let others: usize =
                    objects.iter().filter(|(key, _)| *key != path).map(|(_, object)| object.len()).sum();
                if others + body.len() > MAX_BYTES {
                    return error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "The store is full");
                }
                objects.insert(path.to_owned(), body.clone());
                found(Some(self::etag(body)), Bytes::new())
            }
            Method::DELETE => {
                objects.remove(path);
                empty(StatusCode::NO_CONTENT)
            }
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "This store does not"),
        }
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_OBJECT_BYTES).await {
        Ok(body) => shared.answer(&parts, &body),
        Err(_) => error(StatusCode::BAD_REQUEST, "EntityTooLarge", "The object is too large"),
    }
}

/// Whether the conditions of a write hold (RFC 9110, section 13.1).
fn holds(headers: &HeaderMap, etag: Option<&str>) -> bool {
    let wanted = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    wanted(header::IF_MATCH).is_none_or(|wanted| Some(wanted) == etag)
        && wanted(header::IF_NONE_MATCH).is_none_or(|wanted| etag.is_none() && wanted == "*")
}

fn etag(object: &[u8]) -> String {
    Sha256::digest(object)[..8].iter().fold("\"".to_owned(), |text, byte| format!("{text}{byte:02x}")) + "\""
}

fn found(etag: Option<String>, body: Bytes) -> Response<Body> {
    let response = Response::builder().header(header::ETAG, etag.unwrap_or_default());
    response.body(Body::from(body)).unwrap_or_default()
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn no_such_key() -> Response<Body> {
    error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
}

/// An error as S3 writes it (S3 API reference, "Error responses").
fn error(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/xml");
    response.body(Body::from(body)).unwrap_or_default()
}
