//! AWS's own signatures, made neither by us nor by the signer that we use.
//!
//! From the signing test suite of AWS's C libraries (awslabs/aws-c-auth, v0.9.0, `tests/aws-signing-test-suite/v4`), header form:
//! the cases that normalise paths, as every service but S3 does. Each is a request of 2015-08-30T12:36:00Z to
//! `example.amazonaws.com` in `us-east-1`, for the service `service`.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use jiff::Timestamp;

use super::*;
use crate::credentials::Credentials;

const DATE: &str = "20150830T123600Z";
const FORM: &str = "application/x-www-form-urlencoded";
const FORM_HASH: &str = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
const SESSION: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const LONG_SESSION: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRq\
                            TflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75Y\
                            U9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9K\
                            SYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    method: &'static str,
    target: &'static str,
    /// Beside `host` and `x-amz-date`.
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    signature: &'static str,
}

const fn get(name: &'static str, target: &'static str, signature: &'static str) -> Case {
    Case { name, method: "GET", target, headers: &[], body: "", signature }
}

const fn post(name: &'static str, target: &'static str, signature: &'static str) -> Case {
    Case { method: "POST", ..get(name, target, signature) }
}

const fn with(headers: &'static [(&'static str, &'static str)], case: Case) -> Case {
    Case { headers, ..case }
}

const VANILLA: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const POST_VANILLA: &str = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
const POST_QUERY: &str = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11";
const UNRESERVED: &str = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const UNRESERVED_QUERY: &str = "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\
                                =-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const CASES: &[Case] = &[
    get("get-vanilla", "/", VANILLA),
    get("get-relative", "/example/..", VANILLA),
    get("get-relative-relative", "/example1/example2/../..", VANILLA),
    get("get-slash-dot-slash", "/./", VANILLA),
    get("get-slash", "//", VANILLA),
    get("get-slash-pointless-dot", "/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
    get("get-slashes", "//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
    get("get-unreserved", UNRESERVED, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    get("get-utf8", "/\u{1234}", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    get(
        "get-vanilla-empty-query-key",
        "/?Param1=value1",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    get(
        "get-vanilla-query-order-key-case",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    get(
        "get-vanilla-query-order-encoded",
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    ),
    get(
        "get-vanilla-query-unreserved",
        UNRESERVED_QUERY,
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    get("get-vanilla-utf8-query", "/?\u{1234}=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    with(
        &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")],
        get("get-header-key-duplicate", "/", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    ),
    with(
        &[("my-header1", "value4"), ("my-header1", "value1"), ("my-header1", "value3"), ("my-header1", "value2")],
        get("get-header-value-order", "/", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    ),
    with(
        &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
        get("get-header-value-trim", "/", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    ),
    with(
        &[("x-amz-security-token", SESSION)],
        get("get-vanilla-with-session-token", "/", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
    ),
    post("post-vanilla", "/", POST_VANILLA),
    post("post-vanilla-query", "/?Param1=value1", POST_QUERY),
    with(
        &[("my-header1", "value1")],
        post("post-header-key-sort", "/", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    ),
    with(
        &[("my-header1", "VALUE1")],
        post("post-header-value-case", "/", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    ),
    with(
        &[("x-amz-security-token", LONG_SESSION)],
        post("post-sts-header-before", "/", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    ),
    Case {
        body: "Param1=value1",
        ..with(
            &[("content-length", "13"), ("content-type", FORM), ("x-amz-content-sha256", FORM_HASH)],
            post("post-x-www-form-urlencoded", "/", "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
        )
    },
];

/// The key of every case, with the session that the case has.
fn key(headers: &HeaderMap) -> Credentials {
    let key = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    match headers.get("x-amz-security-token") {
        Some(token) => key.with_session_token(token.to_str().unwrap()),
        None => key,
    }
}

/// Whether the verifier accepts the case with this signature.
fn verifies(case: &Case, signature: &str) -> Result<(), VerifyError> {
    let target = Uri::from_maybe_shared(bytes::Bytes::from_static(case.target.as_bytes())).unwrap();
    let mut request = Request::builder().method(case.method).uri(target).body(()).unwrap();
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("example.amazonaws.com"));
    headers.insert("x-amz-date", HeaderValue::from_static(DATE));
    for (name, value) in case.headers {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders={}, Signature={signature}",
        names.join(";")
    );
    headers.insert("authorization", authorization.try_into().unwrap());
    let keys = CallerKeys::new(key(headers));
    let scope = SigningScope { region: "us-east-1", service: "service" };
    let policy = VerifyPolicy { keys: &keys, scope, also_signed: &[] };
    let now: Timestamp = "2015-08-30T12:36:00Z".parse().unwrap();
    verify_request(&request.into_parts().0, case.body.as_bytes(), &policy, now).map(drop)
}

#[test]
fn what_aws_has_signed_verifies() {
    for case in CASES {
        assert_eq!(verifies(case, case.signature), Ok(()), "{}", case.name);
    }
}

#[test]
fn and_with_another_signature_it_does_not() {
    for case in CASES {
        let other = CASES.iter().find(|other| other.signature != case.signature).unwrap();
        assert_eq!(verifies(case, other.signature), Err(VerifyError::SignatureMismatch), "{}", case.name);
    }
}
