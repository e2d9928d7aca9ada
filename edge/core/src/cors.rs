//! Which web pages may call the shop, and what they may see (Fetch standard, "CORS protocol").
//!
//! Tokens travel in a header, never in a cookie, so no answer allows credentials.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

/// For how long a browser may remember a preflight, in seconds.
const MAX_AGE_SECONDS: u32 = 7_200;
const ALLOWED_METHODS: &str = "GET, HEAD, POST, PUT, DELETE";
const ALLOWED_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent, x-request-id";
const EXPOSED_HEADERS: &str = "etag, location, retry-after, cache-status, idempotent-replayed, ratelimit, \
                               ratelimit-policy, x-request-id";

/// Whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsPolicy {
    /// Nobody's.
    None,
    /// Everybody's.
    Any,
    /// Those of these origins, as browsers write them: scheme, host and port.
    Listed(Vec<String>),
}

impl CorsPolicy {
    /// The policy of a setting: absent, `*`, or origins with commas between them.
    #[must_use]
    pub fn parse(setting: Option<&str>) -> Self {
        let origins: Vec<String> = setting
            .unwrap_or_default()
            .split(',')
            .map(|origin| origin.trim().trim_end_matches('/').to_owned())
            .filter(|origin| !origin.is_empty())
            .collect();
        match origins.as_slice() {
            [] => Self::None,
            [any] if any == "*" => Self::Any,
            _ => Self::Listed(origins),
        }
    }

    /// The value of `Access-Control-Allow-Origin` for a page of `origin`.
    fn allow(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => {
                origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
            }
        }
    }
}

/// Whether a browser asks if it may send another request.
pub(crate) fn is_preflight(request: &Request<Bytes>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight. [`decorate`] adds whether the page may call at all.
pub(crate) fn preflight() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE_SECONDS));
    response
}

/// Says in any answer which page may read it.
pub(crate) fn decorate(policy: &CorsPolicy, request: &HeaderMap, response: &mut HeaderMap) {
    // With a list the answer depends on the asking page, so a shared cache has to tell pages apart, also where none asked.
    if matches!(policy, CorsPolicy::Listed(_)) {
        response.append(header::VARY, HeaderValue::from_static("origin"));
    }
    let Some(allowed) = request.get(header::ORIGIN).and_then(|origin| policy.allow(origin)) else { return };
    response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(setting: &str, origin: &str) -> Option<String> {
        let mut request = HeaderMap::new();
        request.insert(header::ORIGIN, HeaderValue::try_from(origin).unwrap());
        let mut response = HeaderMap::new();
        decorate(&CorsPolicy::parse(Some(setting)), &request, &mut response);
        assert_eq!(
            response.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS),
            response.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        Some(response.get(header::ACCESS_CONTROL_ALLOW_ORIGIN)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_page_may_read_only_where_its_origin_is_listed() {
        let list = "https://shop.example, https://admin.shop.example/";
        assert_eq!(allowed(list, "https://shop.example").as_deref(), Some("https://shop.example"));
        assert_eq!(allowed(list, "https://admin.shop.example").as_deref(), Some("https://admin.shop.example"));
        for other in ["https://shop.example.evil.example", "http://shop.example", "null", "https://shop.example:8443"] {
            assert_eq!(allowed(list, other), None, "{other}");
        }
        assert_eq!(allowed("*", "https://any.example").as_deref(), Some("*"));
        assert_eq!(allowed("", "https://shop.example"), None);
    }

    #[test]
    fn caches_keep_answers_apart_where_they_depend_on_the_page() {
        let vary = |setting| {
            let mut response = HeaderMap::new();
            decorate(&CorsPolicy::parse(setting), &HeaderMap::new(), &mut response);
            response.contains_key(header::VARY)
        };
        assert!(vary(Some("https://shop.example")));
        assert!(!vary(Some("*")) && !vary(None));
    }
}
