//! Whatever is signed verifies, and nothing else does.

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header, request::Parts};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::credentials::Credentials;

const SCOPE: SigningScope<'_> = SigningScope { region: "eu-central-1", service: "lambda" };

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn sign(target: &str, headers: &[(&str, &str)], body: &[u8]) -> (Parts, Bytes) {
    let mut request = Request::put(format!("https://origin.example:8443{target}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::copy_from_slice(body)).unwrap();
    let key = Credentials::new("AKID", "secret");
    let (mut parts, body) = sign_request(request, &key, SCOPE, now(), &[]).unwrap().into_parts();
    parts.headers.insert(header::HOST, HeaderValue::from_static("origin.example:8443"));
    parts.uri = target.parse().unwrap();
    (parts, body)
}

fn verifies(parts: &Parts, body: &[u8]) -> bool {
    let keys = CallerKeys::new(Credentials::new("AKID", "secret"));
    verify_request(parts, body, &VerifyPolicy { keys: &keys, scope: SCOPE, also_signed: &[] }, now()).is_ok()
}

#[test]
fn odd_targets_verify() {
    for target in [
        "/",
        "//",
        "/v1//products///",
        "/v1/./products/../orders",
        "/../..",
        "/v1/products/a%20b",
        "/v1/products/a%2Fb",
        "/v1/products/a%2fb/%2E%2E/",
        "/v1/products/caf%C3%A9/%F0%9F%8E%A7",
        "/v1/products/%25",
        "/v1/a+b;c=d,e!$&'()*~:@",
        "/v1/products?",
        "/v1/products?q",
        "/v1/products?q=",
        "/v1/products?=q",
        "/v1/products?b=2&a=1&a=0&B=3&a",
        "/v1/products?tag=x&tag=x",
        "/v1/products?q=a+b&r=a%20b&s=a%2Bb",
        "/v1/products?q=caf%C3%A9&%C3%A9=1",
        "/v1/products?q=a%26b%3Dc&&c=/?:@",
        "/v1/products?q=%zz&r=100%",
    ] {
        let (parts, body) = sign(target, &[], b"");
        assert!(verifies(&parts, &body), "{target}");
    }
}

#[test]
fn paths_that_differ_by_empty_and_dot_segments_share_a_signature() {
    let (mut parts, body) = sign("/v1/orders", &[], b"");
    for target in ["/v1//orders", "/v1/./orders", "/v1/carts/../orders"] {
        parts.uri = target.parse().unwrap();
        assert!(verifies(&parts, &body), "{target}");
    }
    parts.uri = "/v1/carts/%2E%2E/orders".parse().unwrap();
    assert!(!verifies(&parts, &body));
}

/// A path segment, a name or a value, as it stands in a URI.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        "[a-z0-9A-Z._~!$'()*,;:@+-]{1,8}",
        "[ -~]{0,6}".prop_map(|text| encoded(&text)),
        "\\PC{0,4}".prop_map(|text| encoded(&text)),
    ]
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn target() -> impl Strategy<Value = String> {
    let pair = prop_oneof![piece(), (piece(), piece()).prop_map(|(name, value)| format!("{name}={value}"))];
    (vec(piece(), 0..5), prop::option::of(vec(pair, 0..5))).prop_map(|(segments, query)| {
        let query = query.map(|pairs| format!("?{}", pairs.join("&"))).unwrap_or_default();
        format!("/{}{query}", segments.join("/"))
    })
}

/// Visible ASCII, as it survives a wire: without spaces at its ends.
fn header_value() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,20}[!-~])?"
}

/// What the signature sees of a target: dot and empty segments resolved, pairs decoded and sorted.
#[derive(PartialEq)]
struct Meaning {
    segments: Vec<String>,
    ends_in_slash: bool,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

fn meaning(uri: &Uri) -> Meaning {
    let mut segments = Vec::new();
    for segment in uri.path().split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other.to_owned()),
        }
    }
    let ends_in_slash = ["/", "/.", "/.."].iter().any(|end| uri.path().ends_with(end)) && !segments.is_empty();
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>();
    let query = uri.query().unwrap_or_default();
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    pairs.sort();
    Meaning { segments, ends_in_slash, pairs }
}

fn collapsed(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn with_byte(bytes: &[u8], at: Index, byte: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at.index(bytes.len())] = byte;
    changed
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies(
        target in target(),
        principal in header_value(),
        key in header_value(),
        body in vec(any::<u8>(), 0..64),
    ) {
        let (parts, body) = sign(&target, &[("x-cc-principal", &principal), ("idempotency-key", &key)], &body);
        prop_assert!(verifies(&parts, &body));
    }

    #[test]
    fn a_changed_byte_of_the_target_is_refused(target in target(), at: Index, byte in 0x21_u8..0x7f) {
        let (mut parts, body) = sign(&target, &[], b"");
        let changed = with_byte(target.as_bytes(), at, byte);
        prop_assume!(changed[0] == b'/');
        let Ok(uri) = Uri::try_from(changed) else { return Ok(()) };
        prop_assume!(meaning(&uri) != meaning(&parts.uri));
        parts.uri = uri;
        prop_assert!(!verifies(&parts, &body), "{} for {target}", parts.uri);
    }

    #[test]
    fn a_changed_byte_of_the_body_is_refused(body in vec(any::<u8>(), 1..64), at: Index, byte: u8, hash_too: bool) {
        let changed = with_byte(&body, at, byte);
        prop_assume!(changed != body);
        let (mut parts, _) = sign("/", &[], &body);
        if hash_too {
            use sha2::Digest as _;
            let hash = format!("{:x}", sha2::Sha256::digest(&changed));
            parts.headers.insert("x-amz-content-sha256", HeaderValue::from_str(&hash).unwrap());
        }
        prop_assert!(!verifies(&parts, &changed));
    }

    #[test]
    fn a_changed_byte_of_a_signed_header_is_refused(value in header_value(), at: Index, byte in 0x20_u8..0x7f) {
        for name in ["x-cc-principal", "idempotency-key", "content-type"] {
            let (mut parts, body) = sign("/", &[(name, &value)], b"");
            let changed = String::from_utf8(with_byte(value.as_bytes(), at, byte)).unwrap();
            prop_assume!(collapsed(&changed) != collapsed(&value));
            parts.headers.insert(name, HeaderValue::from_str(&changed).unwrap());
            prop_assert!(!verifies(&parts, &body), "{name}: {changed:?} for {value:?}");
        }
    }

    #[test]
    fn a_changed_byte_of_the_signature_is_refused(at: Index, byte in 0x20_u8..0x7f) {
        let (mut parts, body) = sign("/", &[], b"");
        let value = parts.headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
        let changed = String::from_utf8(with_byte(value.as_bytes(), at, byte)).unwrap();
        // The space after a comma carries nothing.
        prop_assume!(changed.replace(", ", ",") != value.replace(", ", ","));
        parts.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&changed).unwrap());
        prop_assert!(!verifies(&parts, &body), "{changed}");
    }
}
