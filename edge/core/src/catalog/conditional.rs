//! Entity tags of catalog answers (RFC 9110, sections 8.8.3 and 13.1.2).

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::{guard, reply};

/// The strong entity tag of a representation: over what was asked for, spelled one way, and the bytes of the answer.
pub(super) fn etag(target: &str, body: &[u8]) -> HeaderValue {
    let mut hash = Sha256::new();
    hash.update(target.as_bytes());
    hash.update(b"\n");
    hash.update(body);
    let tag = format!("\"{}\"", Base64UrlUnpadded::encode_string(&hash.finalize()[..16]));
    HeaderValue::try_from(tag).expect("should be a header: base64url in quotes")
}

/// The body with its tag, or 304 where the client has it already (RFC 9110, section 15.4.5).
pub(super) fn respond(asked: &HeaderMap, etag: HeaderValue, body: Bytes) -> Response<Bytes> {
    let unchanged = matches(asked, &etag);
    let mut response = reply::empty(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response.headers_mut().insert(header::ETAG, etag);
    if !unchanged {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = body;
    }
    response
}

/// Whether an If-None-Match names the tag, by weak comparison. `*` names any.
fn matches(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let Ok(Some(list)) = guard::list(headers, &header::IF_NONE_MATCH, "If-None-Match") else { return false };
    let Some(wanted) = etag.to_str().ok().and_then(|etag| opaque_tags(etag).next()) else { return false };
    list.trim() == "*" || opaque_tags(&list).any(|tag| tag == wanted)
}

/// What stands between the quotes of each tag of a list. A tag may hold commas, never quotes.
fn opaque_tags(list: &str) -> impl Iterator<Item = &str> {
    list.split('"').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        matches(&headers, &HeaderValue::from_static("\"abc\""))
    }

    #[test]
    fn a_tag_is_found_strong_or_weak_alone_or_in_a_list() {
        for found in [
            &["\"abc\""][..],
            &["W/\"abc\""],
            &["*"],
            &["\"x\", W/\"abc\" ,\"y\""],
            &["\"x,y\",\"abc\""],
            &["\"x\"", "\"abc\""],
        ] {
            assert!(matching(found), "{found:?}");
        }
        for other in [
            &[][..],
            &["*", "\"x\""],
            &["\"é\""],
            &["\"ab\""],
            &["abc"],
            &["\"abcd\""],
            &["\"x, abc\""],
            &["\"*\""],
            &[""],
        ] {
            assert!(!matching(other), "{other:?}");
        }
    }

    #[test]
    fn another_question_or_another_answer_has_another_tag() {
        let tag = etag("/v1/products", b"{}");
        assert_eq!(tag.len(), 24);
        assert_ne!(tag, etag("/v1/products?page=2", b"{}"));
        assert_ne!(tag, etag("/v1/products", b"[]"));
        assert_eq!(tag, etag("/v1/products", b"{}"));
    }
}
