//! The limits that every request is held to before anything else is looked at.

use bytes::Bytes;
use commerce_api::{
    limits::{MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_TARGET_BYTES},
    problem::{Problem, ProblemCode},
};
use http::{HeaderMap, Request, header};

/// Whether target, headers and body are within the published limits.
///
/// # Errors
/// 414, 431 or 413, in this order.
pub(crate) fn check(request: &Request<Bytes>) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_TARGET_BYTES {
        let limit = format!("Path and query may have {MAX_TARGET_BYTES} bytes");
        return Err(Problem::new(ProblemCode::UriTooLong, limit));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > MAX_HEADER_BYTES {
        let limit = format!("All headers together may have {MAX_HEADER_BYTES} bytes");
        return Err(Problem::new(ProblemCode::HeadersTooLarge, limit));
    }
    if request.body().len() > MAX_BODY_BYTES {
        return Err(Problem::new(ProblemCode::BodyTooLarge, format!("A body may have {MAX_BODY_BYTES} bytes")));
    }
    Ok(())
}

/// Whether the body, if there is one, is declared to be JSON.
///
/// # Errors
/// 415.
pub(crate) fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if body.is_empty() || media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::UnsupportedMediaType, "The body must be sent as application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(request: &Request<Bytes>) -> Option<ProblemCode> {
        check(request).err().map(|problem| problem.code())
    }

    fn request(target_length: usize, header_length: usize, body_length: usize) -> Request<Bytes> {
        Request::builder()
            .uri(format!("https://shop.example/{}", "p".repeat(target_length - 1)))
            .header("x", "h".repeat(header_length - 1))
            .body(Bytes::from(vec![b'b'; body_length]))
            .unwrap()
    }

    #[test]
    fn requests_end_at_their_limits() {
        assert_eq!(code(&request(4_096, 16_384, 262_144)), None);
        assert_eq!(code(&request(4_097, 1, 0)), Some(ProblemCode::UriTooLong));
        assert_eq!(code(&request(1, 16_385, 0)), Some(ProblemCode::HeadersTooLarge));
        assert_eq!(code(&request(1, 1, 262_145)), Some(ProblemCode::BodyTooLarge));
    }

    #[test]
    fn only_json_is_read() {
        let refused = |content_type: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            check_content_type(&headers, b"{}").is_err()
        };
        for good in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            assert!(!refused(good), "{good}");
        }
        for bad in ["text/plain", "application/jsonp", "", "application/problem+json", "multipart/form-data"] {
            assert!(refused(bad), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new(), b"{}").is_err(), "a body without a type");
        assert!(check_content_type(&HeaderMap::new(), b"").is_ok(), "no body needs no type");
    }
}
