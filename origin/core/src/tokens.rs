//! Verification of shoppers' tokens, which the origin repeats where money or the shop itself is at stake.

use std::future::Future;

use commerce_auth::{Principal, TokenError};

/// Verifies access tokens against the issuer's current keys.
pub trait TokenVerifier: Send + Sync {
    /// The caller that the token stands for.
    ///
    /// # Errors
    /// [`TokenRefusal`].
    fn verify(&self, token: &str) -> impl Future<Output = Result<Principal, TokenRefusal>> + Send;
}

/// Why a token was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// The token is not valid.
    #[error("token refused: {0}")]
    Invalid(TokenError),
    /// The issuer's keys could not be read, so nothing is known about the token.
    #[error("issuer's keys unavailable: {0}")]
    Unavailable(String),
}
