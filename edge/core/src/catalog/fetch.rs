//! Filling the cache from the origin.

use std::time::Duration;

use bytes::Bytes;
use commerce_api::Problem;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    catalog::{conditional, resource::Resource},
    config::EdgeConfig,
    envelope::{Envelope, Lifetime},
    log, origin,
    origin::OriginFailure,
    platform::Platform,
};

/// What the origin said.
pub(super) enum Fetched {
    /// A value, and whether the store took it.
    Value { envelope: Envelope, stored: bool },
    /// A refusal of the origin's own, 404 among them; it is passed on and not kept.
    Refused(Response<Bytes>),
}

/// Asks the origin for the resource and stores what it answers.
///
/// # Errors
/// [`OriginFailure`] where it gave no usable answer; what was stored before stays.
pub(super) async fn fetch<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    resource: &Resource,
    limit: Duration,
) -> Result<Fetched, OriginFailure> {
    let request = origin::request(config, Method::GET, &resource.target, request_id).body(Bytes::new());
    let request = request.map_err(|error| OriginFailure { status: None, problem: Problem::internal(error) })?;
    let answer = origin::send(platform, config, request, limit).await?;
    match answer.status() {
        StatusCode::OK => Ok(store(platform, config, request_id, resource, answer.into_body()).await),
        StatusCode::NOT_FOUND => {
            platform.memory().absent().insert(&resource.key, platform.now());
            platform.memory().hot().remove(&resource.key);
            // Best effort: what was cached of a product that is gone ends with its lifetime anyway.
            let _ = platform.delete(&resource.key).await;
            Ok(Fetched::Refused(passed_on(answer)))
        }
        status if status.is_client_error() => Ok(Fetched::Refused(passed_on(answer))),
        status => Err(OriginFailure { status: Some(status.as_u16()), problem: failed(status) }),
    }
}

fn failed(status: StatusCode) -> Problem {
    Problem::unavailable(5, format!("origin answered {status}"))
}

async fn store<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    request_id: &str,
    resource: &Resource,
    body: Bytes,
) -> Fetched {
    let lifetime =
        Lifetime { fresh_seconds: config.catalog_fresh_seconds, stale_seconds: config.catalog_stale_seconds };
    let etag = conditional::etag(&resource.target, &body);
    let envelope = Envelope::new(body, etag, platform.now(), lifetime);
    // Pages beyond the end are endless, so none of them may take room.
    let stored = !(resource.is_page && is_empty_page(&envelope.body)) && {
        let put = platform.put(&resource.key, envelope.encode(), envelope.keep()).await;
        put.inspect_err(|error| log::warn(platform, request_id, "catalog.not_stored", error)).is_ok()
    };
    if stored {
        platform.memory().hot().insert(&resource.key, &envelope, platform.now());
    }
    Fetched::Value { envelope, stored }
}

fn is_empty_page(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Page {
        data: Vec<IgnoredAny>,
    }
    serde_json::from_slice::<Page>(body).is_ok_and(|page| page.data.is_empty())
}

/// The origin's refusal with nothing of its headers but the type.
fn passed_on(answer: Response<Bytes>) -> Response<Bytes> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    if let Some(content_type) = parts.headers.get(header::CONTENT_TYPE) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
