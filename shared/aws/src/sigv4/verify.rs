//! Verification of incoming signed requests.

mod authorization;

use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    SigningScope,
    covered::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, must_be_signed},
    signature::{Signable, signature},
};
use crate::credentials::Credentials;
use authorization::{Authorization, parse_amz_date};

/// How far the caller's clock and ours may differ, in seconds.
pub const MAX_SKEW_SECONDS: i64 = 5 * 60;

/// The keys that are accepted: one pair, and during a rotation the one before it.
#[derive(Debug, Clone)]
pub struct CallerKeys {
    current: Credentials,
    previous: Option<Credentials>,
}

/// What is accepted.
#[derive(Debug, Clone, Copy)]
pub struct VerifyPolicy<'a> {
    /// The callers' keys.
    pub keys: &'a CallerKeys,
    /// The region and service that the signature must be for.
    pub scope: SigningScope<'a>,
    /// Headers that, where present, must be covered by the signature, beside `host`, `idempotency-key`, `if-match`, and
    /// every `x-amz-*` and `x-cc-*`.
    pub also_signed: &'a [HeaderName],
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCaller {
    /// The id of the key that signed.
    pub access_key_id: String,
}

/// Why a request was refused. `Display` is for the log: a client learns the status 403 and a generic text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no AWS4-HMAC-SHA256 `authorization`.
    #[error("request is not signed")]
    MissingSignature,
    /// A part of the request needed for verification cannot be read; which one.
    #[error("signed request is malformed: {0}")]
    Malformed(&'static str),
    /// No accepted key has this id.
    #[error("request is signed with an unknown key")]
    UnknownKey,
    /// The session token is not the key's.
    #[error("request carries another session token")]
    WrongSessionToken,
    /// The request differs from what was signed, or was signed with another secret.
    #[error("signature does not match")]
    SignatureMismatch,
    /// The body differs from the `x-amz-content-sha256` that came with it.
    #[error("body does not match its hash")]
    BodyMismatch,
    /// Signed more than [`MAX_SKEW_SECONDS`] ago or ahead.
    #[error("request was signed {0} seconds away from now")]
    ClockSkew(i64),
    /// Signed for another day, region or service.
    #[error("signature is for another scope")]
    WrongScope,
    /// A header that must be covered by the signature is not; its name.
    #[error("header {0} is not signed")]
    UnsignedHeader(HeaderName),
}

impl CallerKeys {
    /// Accepts one pair.
    pub const fn new(current: Credentials) -> Self {
        Self { current, previous: None }
    }

    /// Accepts `previous` as well, until the rotation is over.
    #[must_use]
    pub fn and_previous(self, previous: Credentials) -> Self {
        Self { previous: Some(previous), ..self }
    }

    fn find(&self, access_key_id: &str) -> Option<&Credentials> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.access_key_id == access_key_id)
    }
}

impl VerifyError {
    /// The status of every refusal.
    pub const STATUS: StatusCode = StatusCode::FORBIDDEN;

    /// A stable code for logs, metrics and problem bodies.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingSignature => "SIGNATURE_MISSING",
            Self::Malformed(_) => "SIGNATURE_MALFORMED",
            Self::UnknownKey => "SIGNATURE_UNKNOWN_KEY",
            Self::WrongSessionToken => "SIGNATURE_WRONG_SESSION_TOKEN",
            Self::SignatureMismatch => "SIGNATURE_MISMATCH",
            Self::BodyMismatch => "SIGNATURE_BODY_MISMATCH",
            Self::ClockSkew(_) => "SIGNATURE_CLOCK_SKEW",
            Self::WrongScope => "SIGNATURE_WRONG_SCOPE",
            Self::UnsignedHeader(_) => "SIGNATURE_UNSIGNED_HEADER",
        }
    }
}

/// Verifies a request whose body arrived as `body`, at the instant `now`: that it was signed by one of the policy's keys,
/// for its scope, within [`MAX_SKEW_SECONDS`], over this method, path, query and body and over every header that must be
/// signed. The body is hashed; a hash in a header is checked and never believed.
///
/// Two paths that differ only by empty and dot segments share a signature, as with AWS: route on the path as received.
///
/// # Errors
/// [`VerifyError`] for the first check that fails.
pub fn verify_request(
    parts: &Parts,
    body: &[u8],
    policy: &VerifyPolicy<'_>,
    now: Timestamp,
) -> Result<VerifiedCaller, VerifyError> {
    let authorization = Authorization::parse(&parts.headers)?;
    let signed_at = check_time(&parts.headers, now)?;
    check_scope(&authorization, policy.scope, signed_at.text)?;
    check_coverage(&parts.headers, &authorization, policy.also_signed)?;
    let key = policy.keys.find(authorization.access_key_id).ok_or(VerifyError::UnknownKey)?;
    check_session_token(&parts.headers, key)?;
    check_body_hash(&parts.headers, body)?;

    let expected = expected_signature(parts, body, &authorization, key, policy.scope, signed_at.time)?;
    if bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        Ok(VerifiedCaller { access_key_id: key.access_key_id.clone() })
    } else {
        Err(VerifyError::SignatureMismatch)
    }
}

struct SignedAt<'a> {
    text: &'a str,
    time: Timestamp,
}

fn check_time(headers: &HeaderMap, now: Timestamp) -> Result<SignedAt<'_>, VerifyError> {
    let text = single(headers, &X_AMZ_DATE, "x-amz-date")?.ok_or(VerifyError::Malformed("x-amz-date"))?;
    let time = parse_amz_date(text).ok_or(VerifyError::Malformed("x-amz-date"))?;
    let skew = time.as_second() - now.as_second();
    if skew.abs() > MAX_SKEW_SECONDS { Err(VerifyError::ClockSkew(skew)) } else { Ok(SignedAt { text, time }) }
}

fn check_scope(authorization: &Authorization<'_>, scope: SigningScope<'_>, date: &str) -> Result<(), VerifyError> {
    let matches = date.starts_with(authorization.date)
        && authorization.region == scope.region
        && authorization.service == scope.service;
    if matches { Ok(()) } else { Err(VerifyError::WrongScope) }
}

/// Every header that must be signed is, and stands only once: signatures join repeated values, readers may not.
fn check_coverage(
    headers: &HeaderMap,
    authorization: &Authorization<'_>,
    also_signed: &[HeaderName],
) -> Result<(), VerifyError> {
    let present = headers.keys().filter(|name| must_be_signed(name) || also_signed.contains(name));
    for name in present.chain([&header::HOST, &X_AMZ_DATE]) {
        if !authorization.covers(name) {
            return Err(VerifyError::UnsignedHeader(name.clone()));
        }
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(VerifyError::Malformed("repeated header"));
        }
    }
    Ok(())
}

fn check_session_token(headers: &HeaderMap, key: &Credentials) -> Result<(), VerifyError> {
    let sent = single(headers, &X_AMZ_SECURITY_TOKEN, "x-amz-security-token")?.unwrap_or_default();
    let expected = key.session_token.as_deref().unwrap_or_default();
    if bool::from(sent.as_bytes().ct_eq(expected.as_bytes())) { Ok(()) } else { Err(VerifyError::WrongSessionToken) }
}

fn check_body_hash(headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
    match single(headers, &X_AMZ_CONTENT_SHA256, "x-amz-content-sha256")? {
        Some(claimed) if claimed != format!("{:x}", Sha256::digest(body)) => Err(VerifyError::BodyMismatch),
        _ => Ok(()),
    }
}

fn expected_signature(
    parts: &Parts,
    body: &[u8],
    authorization: &Authorization<'_>,
    key: &Credentials,
    scope: SigningScope<'_>,
    signed_at: Timestamp,
) -> Result<String, VerifyError> {
    let uri = parts.uri.path_and_query().ok_or(VerifyError::Malformed("uri"))?;
    // The canonical form replaces what is not UTF-8, so that two such queries could share a signature.
    if percent_encoding::percent_decode_str(uri.query().unwrap_or_default()).decode_utf8().is_err() {
        return Err(VerifyError::Malformed("query"));
    }
    let signable = Signable {
        method: parts.method.as_str(),
        uri: uri.as_str(),
        headers: covered_headers(parts, authorization)?,
        body,
        add_body_hash: false,
    };
    // The token arrived as a header and was compared; were it left here, the signer would add it a second time.
    let key = Credentials::new(key.access_key_id.as_str(), key.secret_access_key.as_str());
    let signed = signature(signable, &key, scope, signed_at).map_err(|_| VerifyError::Malformed("request"))?;
    Ok(signed.signature().to_owned())
}

/// The headers that the signature covers, as received. `host` falls back on the authority, where HTTP/2 puts it.
fn covered_headers<'a>(
    parts: &'a Parts,
    authorization: &Authorization<'a>,
) -> Result<Vec<(&'a str, &'a str)>, VerifyError> {
    let mut covered = Vec::new();
    for name in authorization.signed_headers() {
        let before = covered.len();
        for value in parts.headers.get_all(name) {
            covered.push((name, value.to_str().map_err(|_| VerifyError::Malformed("header"))?));
        }
        if covered.len() == before {
            let authority = parts.uri.authority().filter(|_| name == header::HOST.as_str());
            covered.push((name, authority.ok_or(VerifyError::SignatureMismatch)?.as_str()));
        }
    }
    Ok(covered)
}

/// The header's value, `None` where it is absent.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName, shown: &'static str) -> Result<Option<&'a str>, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| VerifyError::Malformed(shown)),
        (Some(_), Some(_)) => Err(VerifyError::Malformed(shown)),
    }
}

#[cfg(test)]
mod tests;
