//! Signing of outgoing requests.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use jiff::Timestamp;

use super::{
    SigningScope,
    covered::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, is_signed},
    signature::{Signable, signature},
};
use crate::credentials::Credentials;

/// Why a request cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The URI names no host, and there is no `host` header.
    #[error("request names no host")]
    NoHost,
    /// A header to be covered is not visible ASCII; its name.
    #[error("header {0} cannot be signed")]
    Header(HeaderName),
    /// The signer refused the request, or the clock is wrong.
    #[error("request cannot be signed: {0}")]
    Signer(String),
}

/// Signs `request` at the instant `now`, in header form (AWS IAM user guide, "Create a signed AWS API request").
///
/// Covered are the method, the path, the query, the body and these headers: `host`, `content-type`, `idempotency-key`,
/// `if-match`, every `x-amz-*` and `x-cc-*`, and whichever of `also_signed` are present. Added are `authorization` (a value
/// already there is replaced), `x-amz-date`, `x-amz-content-sha256`, and `x-amz-security-token` for temporary credentials.
///
/// # Errors
/// [`SignError`] where the request has no host or a header to be covered is not visible ASCII.
pub fn sign_request(
    mut request: Request<Bytes>,
    credentials: &Credentials,
    scope: SigningScope<'_>,
    now: Timestamp,
    also_signed: &[HeaderName],
) -> Result<Request<Bytes>, SignError> {
    for name in [header::AUTHORIZATION, X_AMZ_DATE, X_AMZ_CONTENT_SHA256, X_AMZ_SECURITY_TOKEN] {
        request.headers_mut().remove(name);
    }
    if request.uri().host().is_none() && !request.headers().contains_key(header::HOST) {
        return Err(SignError::NoHost);
    }
    let uri = request.uri().to_string();
    let signable = Signable {
        method: request.method().as_str(),
        uri: &uri,
        headers: headers_to_cover(&request, also_signed)?,
        body: request.body(),
        add_body_hash: true,
    };
    let signed = signature(signable, credentials, scope, now).map_err(|error| SignError::Signer(error.to_string()))?;
    let (instructions, _) = signed.into_parts();
    for added in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(added.value()).map_err(|error| SignError::Signer(error.to_string()))?;
        value.set_sensitive(added.sensitive() || added.name() == header::AUTHORIZATION.as_str());
        request.headers_mut().insert(added.name(), value);
    }
    Ok(request)
}

fn headers_to_cover<'a>(
    request: &'a Request<Bytes>,
    also_signed: &[HeaderName],
) -> Result<Vec<(&'a str, &'a str)>, SignError> {
    let covered = request.headers().iter().filter(|(name, _)| is_signed(name) || also_signed.contains(name));
    covered
        .map(|(name, value)| {
            let value = value.to_str().map_err(|_| SignError::Header(name.clone()))?;
            Ok((name.as_str(), value))
        })
        .collect()
}
