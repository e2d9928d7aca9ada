//! The head of a message as one text, for runtimes where every string that crosses their border costs: a start line, which is
//! `METHOD URL` or a status, then `name:value` lines.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, request::Parts};

/// The request of a head. None where the method or the URL is none.
#[must_use]
pub fn parse_request_head(head: &str) -> Option<Parts> {
    let (start, lines) = head.split_once('\n').unwrap_or((head, ""));
    let (method, url) = start.split_once(' ')?;
    let (mut parts, ()) = Request::builder().method(method).uri(url).body(()).ok()?.into_parts();
    parts.headers = parse_lines(lines);
    Some(parts)
}

/// The response of a head and a body. None where the status is none.
#[must_use]
pub fn parse_response_head(head: &str, body: Bytes) -> Option<Response<Bytes>> {
    let (status, lines) = head.split_once('\n').unwrap_or((head, ""));
    let mut response = Response::builder().status(status).body(body).ok()?;
    *response.headers_mut() = parse_lines(lines);
    Some(response)
}

/// Headers as `name:value` lines. A value that is not visible ASCII is left out.
#[must_use]
pub fn header_lines(headers: &HeaderMap) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(name.as_str());
        lines.push(':');
        lines.push_str(value);
    }
    lines
}

/// A line that is no header is left out; the runtime that it comes from knows none.
fn parse_lines(lines: &str) -> HeaderMap {
    let parse = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.lines().filter_map(parse) {
        headers.append(name, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_from_its_head() {
        let request = parse_request_head("GET https://shop.test/v1/products?page=2\naccept:*/*\nhost:shop.test:8443");
        let request = request.unwrap();
        assert_eq!((request.method, request.uri.path()), (http::Method::GET, "/v1/products"));
        assert_eq!(request.headers["accept"], "*/*");
        assert_eq!(request.headers["host"], "shop.test:8443");
        for bad in ["", "GET", "G T /", "GET \u{7f}", "{} /"] {
            assert!(parse_request_head(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_response_is_read_from_its_head() {
        let response = parse_response_head("304\netag:\"1\"", Bytes::from_static(b"x")).unwrap();
        assert_eq!(response.status(), 304);
        assert_eq!(response.headers()["etag"], "\"1\"");
        assert_eq!(parse_response_head("200", Bytes::new()).unwrap().headers().len(), 0);
        assert!(parse_response_head("20", Bytes::new()).is_none());
    }

    #[test]
    fn headers_survive_their_lines_and_rubbish_does_not() {
        let headers = parse_lines("empty:\nvary:a\nvary:b\n\nrubbish\na b:c\n:x");
        assert_eq!((headers.len(), headers.get_all("vary").iter().count()), (3, 2));
        assert_eq!(parse_lines(&header_lines(&headers)), headers);
        assert_eq!(parse_lines("name:caf\u{e9}")["name"].as_bytes(), "café".as_bytes());
    }
}
