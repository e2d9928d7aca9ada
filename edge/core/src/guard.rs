//! The limits that every request is held to before anything else is looked at.

use bytes::Bytes;
use commerce_api::{
    limits::{MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_TARGET_BYTES},
    problem::{Problem, ProblemCode},
};
use http::{HeaderMap, HeaderName, Request, header};

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

/// The values of a header that is a list, as one (RFC 9110, section 5.3). `title` is the name that a refusal gives it.
///
/// # Errors
/// A 400 where it is not visible ASCII: such a header could not be signed.
pub(crate) fn list(headers: &HeaderMap, name: &HeaderName, title: &'static str) -> Result<Option<String>, Problem> {
    let mut list: Option<String> = None;
    for value in headers.get_all(name) {
        let value = value.to_str().map_err(|_| Problem::invalid(title, "must be visible ASCII"))?;
        list = Some(list.map_or_else(|| value.to_owned(), |list| format!("{list}, {value}")));
    }
    Ok(list)
}

/// Whether the body, if there is one, is declared to be JSON.
///
/// # Errors
/// 415; 400 where there is more than one Content-Type, which some runtimes hand over as one with a comma, or one that is not
/// visible ASCII.
pub(crate) fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let declared = list(headers, &header::CONTENT_TYPE, "Content-Type")?.unwrap_or_default();
    if declared.contains(',') {
        return Err(Problem::invalid("Content-Type", "must be given once"));
    }
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if body.is_empty() || media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::UnsupportedMediaType, "The body must be sent as application/json"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn only_json_is_read() {
        let refused = |values: &[&str]| {
            let headers = headers(&header::CONTENT_TYPE, values);
            check_content_type(&headers, b"{}").err().map(|problem| problem.status().as_u16())
        };
        for good in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            assert_eq!(refused(&[good]), None, "{good}");
        }
        for bad in ["text/plain", "application/jsonp", "", "application/problem+json", "multipart/form-data"] {
            assert_eq!(refused(&[bad]), Some(415), "{bad}");
        }
        assert_eq!(refused(&[]), Some(415), "a body without a type");
        assert!(check_content_type(&HeaderMap::new(), b"").is_ok(), "no body needs no type");
        let json = "application/json";
        for unclear in [&[json, json][..], &["application/json, application/json"], &["application/json; x=é"]] {
            assert_eq!(refused(unclear), Some(400), "{unclear:?}");
        }
    }

    #[test]
    fn several_headers_of_one_list_are_one_list() {
        let read = |values: &[&str]| list(&headers(&header::IF_MATCH, values), &header::IF_MATCH, "If-Match");
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&["\"a\""]).unwrap().as_deref(), Some("\"a\""));
        assert_eq!(read(&["\"a\"", "\"b\", \"c\""]).unwrap().as_deref(), Some("\"a\", \"b\", \"c\""));
        assert_eq!(read(&["\"a\"", "\"é\""]).unwrap_err().fields()[0].field, "If-Match");
    }
}
