//! Why a token was refused.

/// Why a token was refused. `Display` is for the log; a client is told [`TokenError::CLIENT_TEXT`] and no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`crate::MAX_TOKEN_LENGTH`] bytes.
    #[error("token is too long")]
    TooLong,
    /// Not a compact JWS of JSON objects, or a claim has the wrong type or length.
    #[error("token is malformed: {0}")]
    Malformed(&'static str),
    /// A header member or a claim appears twice.
    #[error("token repeats a member")]
    DuplicateMember,
    /// Signed with anything but RS256; `none` and `HS256` among them.
    #[error("token is not signed with RS256")]
    UnsupportedAlgorithm,
    /// The header names no key.
    #[error("token names no key")]
    MissingKeyId,
    /// The header names a key that the key set does not hold. The set may be out of date.
    #[error("token names an unknown key")]
    UnknownKey,
    /// The signature does not match.
    #[error("token signature is wrong")]
    BadSignature,
    /// `exp` has passed.
    #[error("token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("token is not valid yet")]
    NotYetValid,
    /// `iss` is absent or another.
    #[error("token comes from another issuer")]
    WrongIssuer,
    /// `token_use` is absent or not `access`.
    #[error("token is not an access token")]
    WrongUse,
    /// `client_id` is not one of those allowed.
    #[error("token was issued to another client")]
    WrongClient,
    /// A claim that must be there is not; its name.
    #[error("token lacks the claim {0}")]
    MissingClaim(&'static str),
}

impl TokenError {
    /// The one text that a client may see.
    pub const CLIENT_TEXT: &'static str = "Invalid or expired token";

    /// A stable code for logs and metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "TOKEN_TOO_LONG",
            Self::Malformed(_) => "TOKEN_MALFORMED",
            Self::DuplicateMember => "TOKEN_DUPLICATE_MEMBER",
            Self::UnsupportedAlgorithm => "TOKEN_UNSUPPORTED_ALGORITHM",
            Self::MissingKeyId => "TOKEN_MISSING_KEY_ID",
            Self::UnknownKey => "TOKEN_UNKNOWN_KEY",
            Self::BadSignature => "TOKEN_BAD_SIGNATURE",
            Self::Expired => "TOKEN_EXPIRED",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::WrongIssuer => "TOKEN_WRONG_ISSUER",
            Self::WrongUse => "TOKEN_WRONG_USE",
            Self::WrongClient => "TOKEN_WRONG_CLIENT",
            Self::MissingClaim(_) => "TOKEN_MISSING_CLAIM",
        }
    }
}
