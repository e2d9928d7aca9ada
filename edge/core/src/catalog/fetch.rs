//! Filling the cache from the origin.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{Problem, product::ProductResponse};
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    catalog::{
        conditional,
        entry::{self, Entry},
        resource::{Kind, Resource},
    },
    config::EdgeConfig,
    envelope::Envelope,
    kv, log, origin,
    origin::OriginFailure,
    platform::Platform,
};

/// A question to the origin.
pub(super) struct Fetch<'a, P> {
    pub(super) platform: &'a P,
    pub(super) config: &'a EdgeConfig,
    pub(super) request_id: &'a str,
    pub(super) resource: &'a Resource,
    /// How long the origin may take.
    pub(super) limit: Duration,
    /// Whether to store the answer. A store that has just failed to answer is not tried again by the same request.
    pub(super) store: bool,
}

/// What the origin said.
pub(super) enum Fetched {
    /// A value, and whether the store took it.
    Value { entry: Entry, stored: bool },
    /// A refusal of the origin's own, 404 among them; it is passed on and not kept.
    Refused(Response<Bytes>),
}

impl<P: Platform> Fetch<'_, P> {
    /// Asks, and stores what the origin answers.
    ///
    /// # Errors
    /// [`OriginFailure`] where it gave no usable answer; what was stored before stays.
    pub(super) async fn run(&self) -> Result<Fetched, OriginFailure> {
        let Self { platform, resource, .. } = self;
        let answer = self.ask().await?;
        match answer.status() {
            StatusCode::OK => self.keep(answer.into_body()).await,
            StatusCode::NOT_FOUND => {
                platform.memory().absent().insert(&resource.key, (), platform.now());
                platform.memory().hot().remove(&resource.key);
                if self.store {
                    // Best effort: what was cached of a product that is gone ends with its lifetime anyway.
                    let _ = kv::delete(*platform, &resource.key).await;
                }
                Ok(Fetched::Refused(passed_on(answer)))
            }
            _ => Ok(Fetched::Refused(passed_on(answer))),
        }
    }

    /// What the origin says: a 200, or a refusal of its own.
    ///
    /// # Errors
    /// [`OriginFailure`] where it said neither.
    pub(super) async fn ask(&self) -> Result<Response<Bytes>, OriginFailure> {
        let Self { platform, config, resource, .. } = self;
        let request = origin::request(&config.origin_url, Method::GET, &resource.target, self.request_id);
        let request = request.body(Bytes::new());
        let request = request.map_err(|error| OriginFailure::before(Problem::internal(error)))?;
        let answer = origin::send(*platform, config, request, self.limit).await?;
        let status = answer.status();
        if status == StatusCode::OK || status.is_client_error() {
            Ok(answer)
        } else {
            Err(failed(status, "is no answer"))
        }
    }

    async fn keep(&self, body: Bytes) -> Result<Fetched, OriginFailure> {
        let Self { platform, config, resource, .. } = self;
        let Some(things) = count(resource.kind, &body) else {
            return Err(failed(StatusCode::OK, "is not what was asked for"));
        };
        let now = platform.now();
        let etag = conditional::etag(&resource.target, &body);
        let entry = Entry::new(Envelope::new(body, etag, now, entry::lifetime(config)), config);
        if resource.kind == Kind::Page && things == 0 {
            platform.memory().empty_pages().insert(&resource.key, entry.clone(), now);
            return Ok(Fetched::Value { entry, stored: false });
        }
        let stored = self.store && {
            let put = kv::put(*platform, &resource.key, entry.envelope.encode(), entry.envelope.keep()).await;
            put.inspect_err(|error| log::warn(*platform, self.request_id, "catalog.not_stored", error)).is_ok()
        };
        if stored {
            platform.memory().hot().insert(&resource.key, &entry, now);
        }
        Ok(Fetched::Value { entry, stored })
    }
}

fn failed(status: StatusCode, why: &str) -> OriginFailure {
    OriginFailure::answered(status, Problem::unavailable(5, format!("origin answered {status}, which {why}")))
}

/// How many things the body holds. None where it is not what was asked for: nothing else may be stored as the catalog.
fn count(kind: Kind, body: &[u8]) -> Option<usize> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<IgnoredAny>,
    }
    match kind {
        Kind::Product => serde_json::from_slice::<ProductResponse>(body).ok().map(|_| 1),
        Kind::Page | Kind::Categories => serde_json::from_slice::<List>(body).ok().map(|list| list.data.len()),
    }
}

/// The origin's refusal with nothing of its headers but the type.
pub(super) fn passed_on(answer: Response<Bytes>) -> Response<Bytes> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
