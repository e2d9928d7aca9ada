//! What the host answers in the guest's place: RFC 9457 problem bodies.
//!
//! The types are URNs of this host, so that a test never mistakes one for an answer of the application.

use crate::worker::Ticket;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;
use std::time::Duration;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError};

/// A failure that the client is told about. The cause is logged where it is found, and not told.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
}

impl Problem {
    pub(super) fn bad_request(detail: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "bad-request", detail: detail.to_owned() }
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        let detail = format!("The component did not answer within {} ms.", limit.as_millis());
        Self { status: StatusCode::GATEWAY_TIMEOUT, kind: "request-timeout", detail }
    }

    pub(super) fn stopping() -> Self {
        let detail = "The host is stopping.".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: "stopping", detail }
    }

    pub(super) fn no_instance() -> Self {
        let detail = "No instance of the component could be made or had room in time.".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: "no-instance", detail }
    }

    /// The problem for an error of `ProxyHandler::handle`.
    pub(super) fn from_guest(error: &wasmtime::Error, limit: Duration) -> Self {
        if error.is::<ExpirationError>() {
            return Self::timeout(limit);
        }
        tracing::error!("the component failed: {error:#}");
        if error.is::<InstantiationError<Ticket>>() {
            return Self::no_instance();
        }
        let detail = "The component failed before it answered.".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "component-failed", detail }
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let body = json!({
            "type": format!("urn:spin-host:{}", self.kind),
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
