//! Responses.

use bytes::Bytes;
use commerce_api::{Problem, headers};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use origin_core::idempotency::{Answer, StoredAnswer};
use serde::Serialize;

use crate::ApiError;

/// A JSON response that no cache keeps.
///
/// # Errors
/// A 500 if the body cannot be serialised.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response<Bytes>, ApiError> {
    let text = serde_json::to_vec(body).map_err(|error| ApiError::Problem(Problem::internal(error)))?;
    Ok(json_text(status, text))
}

/// The same, of what is JSON already.
pub(crate) fn json_text(status: StatusCode, text: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// The response with the `ETag` of a resource that is known by its version.
///
/// # Errors
/// A 500 if the version makes no header.
pub(crate) fn with_version(mut response: Response<Bytes>, version: u64) -> Result<Response<Bytes>, ApiError> {
    let tag =
        HeaderValue::try_from(format!("\"{version}\"")).map_err(|error| ApiError::Problem(Problem::internal(error)))?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

/// The headers that are kept with an answer.
const KEPT_HEADERS: [HeaderName; 5] =
    [header::CONTENT_TYPE, header::CACHE_CONTROL, header::LOCATION, header::ETAG, header::RETRY_AFTER];

/// The answer as it is kept for repetitions of its request.
pub(crate) fn stored(response: Response<Bytes>) -> StoredAnswer {
    let (parts, body) = response.into_parts();
    let header = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    StoredAnswer { status: parts.status.as_u16(), headers: KEPT_HEADERS.iter().filter_map(header).collect(), body }
}

/// The response of an answer that was kept, or has just been.
///
/// # Errors
/// A 500 if what was kept is no response.
pub(crate) fn answer(answer: Answer) -> Result<Response<Bytes>, ApiError> {
    let broken = |error: http::Error| ApiError::Problem(Problem::internal(error));
    let mut response = Response::new(answer.stored.body);
    *response.status_mut() = StatusCode::from_u16(answer.stored.status).map_err(|error| broken(error.into()))?;
    for (name, value) in answer.stored.headers {
        let name = HeaderName::try_from(name).map_err(|error| broken(error.into()))?;
        let value = HeaderValue::try_from(value).map_err(|error| broken(error.into()))?;
        response.headers_mut().insert(name, value);
    }
    if answer.replayed {
        response.headers_mut().insert(headers::IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
