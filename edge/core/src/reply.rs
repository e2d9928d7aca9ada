//! What every answer has in common.

use bytes::Bytes;
use commerce_api::{Problem, headers::REQUEST_ID};
use http::{HeaderValue, Method, Response, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde::Serialize;

use crate::stream::Watch;

/// A JSON body.
///
/// # Errors
/// A 500 where the value cannot be written, which no wire type of ours can bring about.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response<Bytes>, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    let mut response = Response::new(Bytes::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// Adds what belongs in every answer, and takes the body out of the answer to a HEAD.
pub(crate) fn finish(response: &mut Response<Bytes>, method: &Method, request_id: &str, now: Timestamp) {
    let has_body = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = response.body().len();
    if method == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
    let is_stream = response.extensions().get::<Watch>().is_some();
    let headers = response.headers_mut();
    if has_body && !is_stream && method != Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(date) = http_date(now) {
        headers.insert(header::DATE, date);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The instant as RFC 9110 (section 5.6.7) writes it.
fn http_date(now: Timestamp) -> Option<HeaderValue> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_names_the_request_and_the_time() {
        let mut response = json(StatusCode::OK, &[1, 2]).unwrap();
        finish(&mut response, &Method::GET, "req_1", Timestamp::from_second(784_111_777).unwrap());
        assert_eq!(response.headers()[REQUEST_ID], "req_1");
        assert_eq!(response.headers()[header::DATE], "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(response.body(), "[1,2]");
    }

    #[test]
    fn the_answer_to_head_has_no_body() {
        let mut response = json(StatusCode::OK, &[1, 2]).unwrap();
        finish(&mut response, &Method::HEAD, "req_1", Timestamp::UNIX_EPOCH);
        assert!(response.body().is_empty());
    }
}
