use bytes::Bytes;
use http::{HeaderValue, Request};

use super::*;
use crate::sigv4::sign_request;

const SCOPE: SigningScope<'_> = SigningScope { region: "eu-central-1", service: "lambda" };
const BODY: &[u8] = br#"{"quantity":1}"#;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn key() -> Credentials {
    Credentials::new("AKIDCURRENT", "current-secret")
}

fn request() -> Request<Bytes> {
    Request::post("https://origin.example/v1/orders?limit=5&sort=price")
        .header("content-type", "application/json")
        .header("idempotency-key", "key-1")
        .header("if-match", "\"3\"")
        .header("x-cc-principal", "cHJpbmNpcGFs")
        .header("user-agent", "edge")
        .body(Bytes::from_static(BODY))
        .unwrap()
}

/// What a server sees of a signed request: the path alone as its target, and the host as a header.
fn arrived(signed: Request<Bytes>) -> (Parts, Bytes) {
    let (mut parts, body) = signed.into_parts();
    let host = HeaderValue::from_str(parts.uri.authority().unwrap().as_str()).unwrap();
    parts.headers.entry(header::HOST).or_insert(host);
    parts.uri = parts.uri.path_and_query().unwrap().as_str().parse().unwrap();
    (parts, body)
}

fn signed_with(key: &Credentials, at: Timestamp) -> (Parts, Bytes) {
    arrived(sign_request(request(), key, SCOPE, at, &[]).unwrap())
}

fn signed() -> (Parts, Bytes) {
    signed_with(&key(), now())
}

fn verify_with(keys: &CallerKeys, parts: &Parts, body: &[u8]) -> Result<VerifiedCaller, VerifyError> {
    verify_request(parts, body, &VerifyPolicy { keys, scope: SCOPE, also_signed: &[] }, now())
}

fn verify(parts: &Parts, body: &[u8]) -> Result<VerifiedCaller, VerifyError> {
    verify_with(&CallerKeys::new(key()), parts, body)
}

/// The refusal after `change` was made to a properly signed request.
fn refused(change: impl FnOnce(&mut Parts)) -> VerifyError {
    let (mut parts, body) = signed();
    change(&mut parts);
    verify(&parts, &body).unwrap_err()
}

fn set(parts: &mut Parts, name: &'static str, value: &str) {
    parts.headers.insert(name, HeaderValue::from_str(value).unwrap());
}

fn change_authorization(parts: &mut Parts, from: &str, to: &str) {
    let value = parts.headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
    assert!(value.contains(from), "{value}");
    set(parts, "authorization", &value.replace(from, to));
}

#[test]
fn a_signed_request_names_its_caller() {
    let (parts, body) = signed();
    assert_eq!(verify(&parts, &body).unwrap().access_key_id, "AKIDCURRENT");
}

/// The worked example of AWS's documentation ("Signature Version 4 signing process: Task 1 to 4"), not signed by us.
#[test]
fn the_documented_example_is_accepted() {
    let request = Request::get("/?Action=ListUsers&Version=2010-05-08")
        .header("host", "iam.amazonaws.com")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .header("x-amz-date", "20150830T123600Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        )
        .body(())
        .unwrap();
    let keys = CallerKeys::new(Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
    let scope = SigningScope { region: "us-east-1", service: "iam" };
    let policy = VerifyPolicy { keys: &keys, scope, also_signed: &[] };
    let caller = verify_request(&request.into_parts().0, b"", &policy, "2015-08-30T12:38:00Z".parse().unwrap());
    assert_eq!(caller.unwrap().access_key_id, "AKIDEXAMPLE");
}

#[test]
fn both_pairs_are_valid_during_a_rotation() {
    let previous = Credentials::new("AKIDPREVIOUS", "previous-secret");
    let (parts, body) = signed_with(&previous, now());
    assert_eq!(verify(&parts, &body), Err(VerifyError::UnknownKey));
    let rotating = CallerKeys::new(key()).and_previous(previous);
    assert_eq!(verify_with(&rotating, &parts, &body).unwrap().access_key_id, "AKIDPREVIOUS");
    let (parts, body) = signed();
    assert_eq!(verify_with(&rotating, &parts, &body).unwrap().access_key_id, "AKIDCURRENT");
}

#[test]
fn another_secret_is_refused() {
    let (parts, body) = signed_with(&Credentials::new("AKIDCURRENT", "guessed"), now());
    assert_eq!(verify(&parts, &body), Err(VerifyError::SignatureMismatch));
}

#[test]
fn an_unsigned_request_is_refused() {
    let remove = |parts: &mut Parts| drop(parts.headers.remove(header::AUTHORIZATION));
    assert_eq!(refused(remove), VerifyError::MissingSignature);
    assert_eq!(refused(|parts| set(parts, "authorization", "Bearer token")), VerifyError::MissingSignature);
    let weaker = |parts: &mut Parts| change_authorization(parts, "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1");
    assert_eq!(refused(weaker), VerifyError::MissingSignature);
}

#[test]
fn a_changed_body_is_refused_with_and_without_its_hash() {
    let (mut parts, _) = signed();
    let body = br#"{"quantity":9}"#;
    assert_eq!(verify(&parts, body), Err(VerifyError::BodyMismatch));
    set(&mut parts, "x-amz-content-sha256", &format!("{:x}", Sha256::digest(body)));
    assert_eq!(verify(&parts, body), Err(VerifyError::SignatureMismatch));
    set(&mut parts, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert_eq!(verify(&parts, body), Err(VerifyError::BodyMismatch));
}

#[test]
fn a_changed_target_is_refused() {
    for uri in [
        "/v1/orderz?limit=5&sort=price",
        "/v1/orders/?limit=5&sort=price",
        "/v1/orders?limit=50&sort=price",
        "/v1/orders?limit=5",
        "/v1/orders",
        "/v1%2Forders?limit=5&sort=price",
    ] {
        assert_eq!(refused(|parts| parts.uri = uri.parse().unwrap()), VerifyError::SignatureMismatch, "{uri}");
    }
    assert_eq!(refused(|parts| parts.method = http::Method::PUT), VerifyError::SignatureMismatch);
}

#[test]
fn a_query_in_another_order_is_the_same_query() {
    let (mut parts, body) = signed();
    parts.uri = "/v1/orders?sort=price&limit=5".parse().unwrap();
    assert!(verify(&parts, &body).is_ok());
}

#[test]
fn a_query_that_is_not_utf_8_is_refused() {
    let request = Request::get("https://origin.example/v1/products?q=%FF").body(Bytes::new()).unwrap();
    let (parts, body) = arrived(sign_request(request, &key(), SCOPE, now(), &[]).unwrap());
    assert_eq!(verify(&parts, &body), Err(VerifyError::Malformed("query")));
}

#[test]
fn a_changed_header_is_refused() {
    for name in ["host", "content-type", "idempotency-key", "if-match", "x-cc-principal"] {
        assert_eq!(refused(|parts| set(parts, name, "other")), VerifyError::SignatureMismatch, "{name}");
    }
    let (mut parts, body) = signed();
    set(&mut parts, "user-agent", "rewritten");
    set(&mut parts, "x-forwarded-for", "203.0.113.9");
    assert!(verify(&parts, &body).is_ok(), "what platforms rewrite is not covered");
}

#[test]
fn a_removed_header_is_refused() {
    for name in ["content-type", "idempotency-key", "x-cc-principal", "x-amz-content-sha256"] {
        let remove = |parts: &mut Parts| drop(parts.headers.remove(name));
        assert_eq!(refused(remove), VerifyError::SignatureMismatch, "{name}");
    }
}

#[test]
fn headers_that_matter_must_be_covered() {
    for name in ["x-cc-other", "x-amz-target", "x-amz-security-token"] {
        let added = HeaderName::from_static(name);
        assert_eq!(refused(|parts| set(parts, name, "added")), VerifyError::UnsignedHeader(added));
    }
    for name in ["host", "x-amz-date", "x-cc-principal", "idempotency-key", "if-match"] {
        let refused = refused(|parts| {
            let list = parts.headers[header::AUTHORIZATION].to_str().unwrap().replace(&format!(";{name}"), "");
            set(parts, "authorization", &list);
        });
        assert_eq!(refused, VerifyError::UnsignedHeader(HeaderName::from_static(name)));
    }
}

#[test]
fn the_policy_names_further_headers_to_cover() {
    let keys = CallerKeys::new(key());
    let also_signed = [header::ACCEPT_LANGUAGE];
    let policy = VerifyPolicy { keys: &keys, scope: SCOPE, also_signed: &also_signed };
    let mut request = request();
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
    let (parts, body) = arrived(sign_request(request.clone(), &key(), SCOPE, now(), &[]).unwrap());
    let uncovered = verify_request(&parts, &body, &policy, now());
    assert_eq!(uncovered, Err(VerifyError::UnsignedHeader(header::ACCEPT_LANGUAGE)));
    let (parts, body) = arrived(sign_request(request, &key(), SCOPE, now(), &also_signed).unwrap());
    assert!(verify_request(&parts, &body, &policy, now()).is_ok());
}

#[test]
fn a_repeated_header_is_refused() {
    for name in ["x-cc-principal", "idempotency-key", "host"] {
        let repeat = |parts: &mut Parts| assert!(parts.headers.append(name, HeaderValue::from_static("second")));
        assert_eq!(refused(repeat), VerifyError::Malformed("repeated header"), "{name}");
    }
    let repeat = |parts: &mut Parts| assert!(parts.headers.append("authorization", HeaderValue::from_static("second")));
    assert_eq!(refused(repeat), VerifyError::Malformed("authorization"));
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    for (seconds, accepted) in [(0, true), (300, true), (-300, true), (301, false), (-301, false), (86_400, false)] {
        let (parts, body) = signed_with(&key(), now() + jiff::SignedDuration::from_secs(seconds));
        let verified = verify(&parts, &body);
        assert_eq!(verified.is_ok(), accepted, "{seconds}");
        if !accepted {
            assert_eq!(verified, Err(VerifyError::ClockSkew(seconds)));
        }
    }
}

#[test]
fn another_time_is_not_what_was_signed() {
    assert_eq!(refused(|parts| set(parts, "x-amz-date", "20260301T120001Z")), VerifyError::SignatureMismatch);
    assert_eq!(refused(|parts| set(parts, "x-amz-date", "today")), VerifyError::Malformed("x-amz-date"));
    let remove = |parts: &mut Parts| drop(parts.headers.remove("x-amz-date"));
    assert_eq!(refused(remove), VerifyError::Malformed("x-amz-date"));
}

#[test]
fn another_scope_is_refused() {
    for (from, to) in [("20260301/", "20260302/"), ("eu-central-1", "us-east-1"), ("/lambda/", "/dynamodb/")] {
        assert_eq!(refused(|parts| change_authorization(parts, from, to)), VerifyError::WrongScope, "{to}");
    }
}

#[test]
fn a_malformed_authorization_is_refused() {
    for (from, to) in [
        ("aws4_request", "aws4"),
        ("Credential=", "Key="),
        ("SignedHeaders=content-type;", "SignedHeaders=content-type;authorization;"),
        ("SignedHeaders=content-type", "SignedHeaders=Content-Type"),
        ("Signature=", "Signature=0"),
        (", Signature=", ", Signature=A, Signature="),
        ("20260301/", "2026/"),
    ] {
        let refused = refused(|parts| change_authorization(parts, from, to));
        assert_eq!(refused, VerifyError::Malformed("authorization"), "{to}");
    }
    let long = |parts: &mut Parts| change_authorization(parts, "SignedHeaders=", &"a".repeat(5000));
    assert_eq!(refused(long), VerifyError::Malformed("authorization"));
}

#[test]
fn a_session_token_belongs_to_its_key() {
    let session = key().with_session_token("session-1");
    let (parts, body) = signed_with(&session, now());
    assert!(verify_with(&CallerKeys::new(session), &parts, &body).is_ok());
    assert_eq!(verify(&parts, &body), Err(VerifyError::WrongSessionToken));
    let other = CallerKeys::new(key().with_session_token("session-2"));
    assert_eq!(verify_with(&other, &parts, &body), Err(VerifyError::WrongSessionToken));
}

#[test]
fn the_authority_stands_in_for_a_host_header() {
    let signed = sign_request(request(), &key(), SCOPE, now(), &[]).unwrap();
    assert!(!signed.headers().contains_key(header::HOST));
    let (mut parts, body) = signed.into_parts();
    assert!(verify(&parts, &body).is_ok());
    parts.uri = "https://other.example/v1/orders?limit=5&sort=price".parse().unwrap();
    assert_eq!(verify(&parts, &body), Err(VerifyError::SignatureMismatch));
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let refusals = [
        VerifyError::MissingSignature,
        VerifyError::Malformed(""),
        VerifyError::UnknownKey,
        VerifyError::WrongSessionToken,
        VerifyError::SignatureMismatch,
        VerifyError::BodyMismatch,
        VerifyError::ClockSkew(0),
        VerifyError::WrongScope,
        VerifyError::UnsignedHeader(header::HOST),
    ];
    let codes: std::collections::BTreeSet<&str> = refusals.iter().map(VerifyError::code).collect();
    assert_eq!(codes.len(), refusals.len());
    assert_eq!(VerifyError::STATUS, 403);
}
