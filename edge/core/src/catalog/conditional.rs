//! Entity tags of catalog answers (RFC 9110, sections 8.8.3 and 13.1.2).

use base64ct::{Base64UrlUnpadded, Encoding};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// The strong entity tag of a representation: over what was asked for, spelled one way, and the bytes of the answer.
pub(super) fn etag(target: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(target.as_bytes());
    hash.update(b"\n");
    hash.update(body);
    format!("\"{}\"", Base64UrlUnpadded::encode_string(&hash.finalize()[..16]))
}

/// Whether an If-None-Match names the tag, by weak comparison. `*` names any.
pub(super) fn matches(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.trim() == "*" || opaque_tags(value).any(|tag| format!("\"{tag}\"") == etag))
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
            headers.append(header::IF_NONE_MATCH, value.parse().unwrap());
        }
        matches(&headers, "\"abc\"")
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
        for other in [&[][..], &["\"ab\""], &["abc"], &["\"abcd\""], &["\"x, abc\""], &["\"*\""], &[""]] {
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
