//! What we sign, against a second implementation of the canonical form, written from AWS's documentation alone
//! (IAM user guide, "Create a signed AWS API request"): signer and verifier share a library, and could be wrong together.

use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::Request;
use proptest::{collection::vec, prelude::*};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::credentials::Credentials;

const SCOPE: SigningScope<'_> = SigningScope { region: "eu-central-1", service: "lambda" };
const HOST: &str = "origin.example:8443";

/// Everything but unreserved characters as `%XY`.
fn encoded(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    bytes.iter().map(one).collect()
}

/// Empty and dot segments resolved, what is left encoded once more.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut is_folder = false;
    for segment in path.split('/') {
        is_folder = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let joined: Vec<String> = segments.iter().map(|segment| encoded(segment.as_bytes())).collect();
    let end = if is_folder && !joined.is_empty() { "/" } else { "" };
    format!("/{}{end}", joined.join("/"))
}

fn canonical_query(pairs: &[(&str, &str)]) -> String {
    let mut pairs: Vec<_> =
        pairs.iter().map(|(name, value)| (encoded(name.as_bytes()), encoded(value.as_bytes()))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The `authorization` of a PUT with these parts at noon of 2026-03-01.
fn authorization(path: &str, pairs: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]) -> String {
    let body_hash = hash(body);
    let own = [("host", HOST), ("x-amz-content-sha256", &body_hash), ("x-amz-date", "20260301T120000Z")];
    let mut headers: Vec<_> = headers.iter().chain(&own).collect();
    headers.sort();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let line = |(name, value): &&(&str, &str)| {
        format!("{name}:{}\n", value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    };
    let lines = headers.iter().map(line).collect::<Vec<_>>().concat();
    let (path, query) = (canonical_path(path), canonical_query(pairs));
    let canonical = format!("PUT\n{path}\n{query}\n{lines}\n{names}\n{body_hash}");
    let scope = "20260301/eu-central-1/lambda/aws4_request";
    let to_sign = format!("AWS4-HMAC-SHA256\n20260301T120000Z\n{scope}\n{}", hash(canonical.as_bytes()));
    let mut key = b"AWS4secret".to_vec();
    for part in scope.split('/') {
        key = mac(&key, part);
    }
    let signature = mac(&key, &to_sign).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    format!("AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={names}, Signature={signature}")
}

fn signed(target: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let mut request = Request::put(format!("https://{HOST}{target}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::copy_from_slice(body)).unwrap();
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    let signed = sign_request(request, &Credentials::new("AKID", "secret"), SCOPE, now, &[]).unwrap();
    signed.headers()["authorization"].to_str().unwrap().to_owned()
}

#[test]
fn odd_paths_are_signed_as_documented() {
    for path in [
        "/",
        "//",
        "/v1//products///",
        "/v1/./products/../orders",
        "/v1/products/..",
        "/../..",
        "/v1/products/a%20b",
        "/v1/products/a%2Fb",
        "/v1/products/a%2fb/%2E%2E/",
        "/v1/products/caf%C3%A9/%F0%9F%8E%A7",
        "/v1/products/%25",
        "/v1/a+b;c=d,e!$&'()*~:@",
    ] {
        assert_eq!(signed(path, &[], b""), authorization(path, &[], &[], b""), "{path}");
    }
}

#[test]
fn odd_queries_are_signed_as_documented() {
    for (query, pairs) in [
        ("", [].as_slice()),
        ("q", &[("q", "")]),
        ("q=", &[("q", "")]),
        ("b=2&a=1&a=0&B=3&a", &[("b", "2"), ("a", "1"), ("a", "0"), ("B", "3"), ("a", "")]),
        ("tag=x&tag=x", &[("tag", "x"), ("tag", "x")]),
        ("r=a%20b&s=a%2Bb", &[("r", "a b"), ("s", "a+b")]),
        ("q=caf%C3%A9&%C3%A9=1", &[("q", "café"), ("é", "1")]),
        ("q=a%26b%3Dc&c=/?:@", &[("q", "a&b=c"), ("c", "/?:@")]),
        ("q=%7e~-_.!*'()", &[("q", "~~-_.!*'()")]),
        ("a-b=1&a=2&a.b=3&a%20b=4", &[("a-b", "1"), ("a", "2"), ("a.b", "3"), ("a b", "4")]),
    ] {
        let target = format!("/v1/products?{query}");
        assert_eq!(signed(&target, &[], b""), authorization("/v1/products", pairs, &[], b""), "{query}");
    }
}

#[test]
fn headers_and_body_are_signed_as_documented() {
    let headers = [
        ("content-type", "application/json;  charset=utf-8"),
        ("idempotency-key", "\"a   b\""),
        ("if-match", "\"1\", \"2\""),
        ("x-cc-principal", "e30"),
    ];
    let body = "{\"name\":\"Café\"}".as_bytes();
    assert_eq!(signed("/v1/orders", &headers, body), authorization("/v1/orders", &[], &headers, body));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_signed_as_documented(
        segments in vec("[ -~]{0,6}|\\.{1,2}", 0..4),
        pairs in vec(("\\PC{1,4}", "\\PC{0,6}"), 0..4),
        key in "[!-~]([ -~]{0,20}[!-~])?",
        body in vec(any::<u8>(), 0..32),
    ) {
        let segments: Vec<_> = segments.iter().map(|segment| encoded(segment.as_bytes())).collect();
        let path = format!("/{}", segments.join("/"));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let query: Vec<_> = pairs.iter().map(|(n, v)| format!("{}={}", encoded(n.as_bytes()), encoded(v.as_bytes()))).collect();
        let target = format!("{path}?{}", query.join("&"));
        let headers = [("idempotency-key", key.as_str())];
        prop_assert_eq!(signed(&target, &headers, &body), authorization(&path, &pairs, &headers, &body));
    }
}
