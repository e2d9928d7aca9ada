//! The one call into `aws-sigv4`.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::{
    SigningOutput,
    http_request::{
        PayloadChecksumKind, SignableBody, SignableRequest, SigningError, SigningInstructions, SigningSettings, sign,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use jiff::Timestamp;

use super::SigningScope;
use crate::credentials::Credentials;

/// What is signed. `headers` are all and only those to cover; the signer adds `x-amz-date`, and the session token.
pub(super) struct Signable<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) body: &'a [u8],
    /// Whether the signer adds and covers `x-amz-content-sha256`.
    pub(super) add_body_hash: bool,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignatureError {
    /// The clock stands before 1970.
    #[error("the clock is wrong")]
    Clock,
    /// A header value or the URI cannot be brought into canonical form.
    #[error(transparent)]
    Canonical(#[from] SigningError),
}

/// The signature of `signable` at `time`, in AWS's default settings: path normalised and encoded twice.
pub(super) fn signature(
    signable: Signable<'_>,
    credentials: &Credentials,
    scope: SigningScope<'_>,
    time: Timestamp,
) -> Result<SigningOutput<SigningInstructions>, SignatureError> {
    let seconds = u64::try_from(time.as_second()).map_err(|_| SignatureError::Clock)?;
    let identity: Identity = aws_credential_types::Credentials::new(
        credentials.access_key_id.as_str(),
        credentials.secret_access_key.as_str(),
        credentials.session_token.clone(),
        None,
        "static",
    )
    .into();
    let mut settings = SigningSettings::default();
    // The caller chose the headers already.
    settings.excluded_headers = None;
    if signable.add_body_hash {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(UNIX_EPOCH + Duration::from_secs(seconds))
        .settings(settings)
        .build()
        .expect("should build: every required parameter is set above")
        .into();
    let body = SignableBody::Bytes(signable.body);
    let request = SignableRequest::new(signable.method, signable.uri, signable.headers.into_iter(), body)?;
    Ok(sign(request, &params)?)
}
