//! Which headers a signature covers.
//!
//! Left out, because platforms between signer and verifier rewrite them: `user-agent`, `accept-encoding`,
//! `content-length`, `x-amzn-trace-id`, `x-forwarded-*`.

use http::{HeaderName, header};

/// The header that carries the time of signing.
pub(super) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
/// The header that carries the SHA-256 of the body.
pub(super) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
/// The header that carries the token of temporary credentials.
pub(super) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Whether a request with this header is refused unless the signature covers it: what names the caller, what makes a
/// request repeatable or conditional, and what AWS itself reads.
pub(super) fn must_be_signed(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-cc-") || name.starts_with("x-amz-") || matches!(name, "host" | "idempotency-key" | "if-match")
}

/// Whether the signer covers this header without being asked to.
pub(super) fn is_signed(name: &HeaderName) -> bool {
    must_be_signed(name) || name == header::CONTENT_TYPE
}
