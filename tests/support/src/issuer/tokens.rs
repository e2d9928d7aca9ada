//! What a token says, and the limits of what may be asked for.

use std::sync::PoisonError;

use jwt_simple::prelude::{
    Duration, JWTClaims, NoCustomClaims, RSAKeyPairLike, RSAPublicKeyLike, UnixTimeStamp, VerificationOptions,
};
use serde::{Deserialize, Serialize};

use super::{IssuerError, Shared};
use crate::entropy::random_hex;

/// The longest life of a token, in seconds.
pub const MAX_TTL_SECONDS: i64 = 30 * 24 * 3600;
const DEFAULT_TTL_SECONDS: i64 = 3600;
const MAX_SUB_CHARACTERS: usize = 128;
const MAX_EMAIL_CHARACTERS: usize = 254;
const MAX_ROLES: usize = 16;
const MAX_ROLE_CHARACTERS: usize = 64;
/// The scope that Cognito gives to tokens of its own sign-in calls.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// Who a token is for: the body of `POST /token`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The subject: opaque, 1 to 128 characters.
    pub sub: String,
    /// Goes into the customer record, not into the token.
    #[serde(default)]
    pub email: Option<String>,
    /// Become `cognito:groups`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Seconds from now to `exp`; zero or less makes a token that has expired already, which tests need.
    #[serde(default = "default_ttl")]
    pub ttl_seconds: i64,
}

fn default_ttl() -> i64 {
    DEFAULT_TTL_SECONDS
}

impl TokenRequest {
    /// A request for a token of one hour for the shopper `sub` with this e-mail address.
    pub fn shopper(sub: impl Into<String>, email: impl Into<String>) -> Self {
        Self { sub: sub.into(), email: Some(email.into()), roles: Vec::new(), ttl_seconds: DEFAULT_TTL_SECONDS }
    }

    /// The same request with the role `role` added.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// The same request with another life in seconds.
    #[must_use]
    pub fn with_ttl(mut self, ttl_seconds: i64) -> Self {
        self.ttl_seconds = ttl_seconds;
        self
    }

    fn validate(&self) -> Result<(), IssuerError> {
        let refuse = |reason| Err(IssuerError::InvalidRequest(reason));
        if self.sub.is_empty() || self.sub.chars().count() > MAX_SUB_CHARACTERS {
            return refuse("sub must have 1 to 128 characters");
        }
        if self.email.as_ref().is_some_and(|email| !email.contains('@') || email.len() > MAX_EMAIL_CHARACTERS) {
            return refuse("email must be an address of at most 254 characters");
        }
        if self.roles.len() > MAX_ROLES
            || self.roles.iter().any(|role| role.is_empty() || role.len() > MAX_ROLE_CHARACTERS)
        {
            return refuse("roles must be at most 16 names of 1 to 64 characters");
        }
        if self.ttl_seconds.abs() > MAX_TTL_SECONDS {
            return refuse("ttl_seconds must lie within 30 days");
        }
        Ok(())
    }
}

/// The claims that Cognito adds to the registered ones.
#[derive(Serialize)]
struct AccessClaims<'a> {
    client_id: &'a str,
    token_use: &'static str,
    scope: &'static str,
    auth_time: i64,
    username: &'a str,
    #[serde(rename = "cognito:groups", skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [String],
}

impl Shared {
    pub(super) fn mint(&self, request: &TokenRequest) -> Result<String, IssuerError> {
        request.validate()?;
        let now = self.clock.now().as_second();
        let claims = JWTClaims {
            issued_at: Some(unix_time(now)),
            expires_at: Some(unix_time(now.saturating_add(request.ttl_seconds))),
            invalid_before: None,
            issuer: Some(self.issuer.clone()),
            subject: Some(request.sub.clone()),
            audiences: None,
            jwt_id: Some(random_hex(&*self.entropy, 16)),
            nonce: None,
            custom: AccessClaims {
                client_id: &self.client_id,
                token_use: "access",
                scope: SCOPE,
                auth_time: now,
                username: &request.sub,
                groups: &request.roles,
            },
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let token = keys.current().sign(claims).map_err(|error| IssuerError::Signing(error.to_string()))?;
        if let Some(email) = &request.email {
            self.customers.lock().unwrap_or_else(PoisonError::into_inner).insert(&request.sub, email.clone());
        }
        Ok(token)
    }

    /// Whom a token of this issuer's is for, while it is good.
    pub(super) fn subject(&self, token: &str) -> Option<String> {
        let options = VerificationOptions {
            artificial_time: Some(unix_time(self.clock.now().as_second())),
            allowed_issuers: Some([self.issuer.clone()].into()),
            ..VerificationOptions::default()
        };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let claims = keys.verifier_of(token)?.verify_token::<NoCustomClaims>(token, Some(options)).ok()?;
        claims.subject
    }
}

fn unix_time(seconds: i64) -> UnixTimeStamp {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
