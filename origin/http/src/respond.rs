//! Responses.

use bytes::Bytes;
use commerce_api::Problem;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::ApiError;

/// A JSON response that no cache keeps.
///
/// # Errors
/// A 500 if the body cannot be serialised.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response<Bytes>, ApiError> {
    let text = serde_json::to_vec(body).map_err(|error| ApiError::Problem(Problem::internal(error)))?;
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
