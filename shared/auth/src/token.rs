//! Verification of one access token.

use std::collections::{BTreeSet, HashSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use jwt_simple::{
    JWTError,
    algorithms::RSAPublicKeyLike,
    claims::{JWTClaims, NoCustomClaims},
    common::VerificationOptions,
    reexports::coarsetime::{Duration, UnixTimeStamp},
};
use serde_json::Value;

use crate::{
    error::TokenError,
    jwks::Jwks,
    principal::{Principal, Role, is_claim_text, is_scope},
    strict_json::{ObjectError, UniqueObject},
};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_LENGTH: usize = 8 * 1024;

/// How far the issuer's clock and ours may differ, in seconds.
pub const TIME_TOLERANCE_SECONDS: u64 = 60;

/// Which tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// The only issuer trusted, exactly as in `iss`.
    pub issuer: String,
    /// The applications whose tokens are accepted; `None` accepts those of any client of the issuer. Every token names one.
    pub client_ids: Option<Vec<String>>,
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The caller.
    pub principal: Principal,
    /// The token's `exp`. It must not be used from here on without verifying it again.
    pub expires_at: Timestamp,
}

/// The id of the key that a token says it was signed with, unverified: to know whether the key set must be fetched again.
///
/// # Errors
/// [`TokenError`] where the token is too long or malformed, is not RS256, or names no key.
pub fn token_kid(token: &str) -> Result<String, TokenError> {
    Ok(Parts::split(token)?.kid)
}

/// Whether a token says that it is an administrator's, unverified: to know whether it is worth verifying where nobody else's matters.
#[must_use]
pub fn says_admin(token: &str) -> bool {
    let roles = Parts::split(token).and_then(|parts| roles(&parts.claims()?));
    roles.is_ok_and(|roles| roles.contains(&Role::Admin))
}

/// Verifies a token of the shape that Amazon Cognito issues ("Using the access token", Cognito developer guide) at the
/// instant `now`: RS256 signature by a key of `jwks`, `exp`, `nbf`, `iat`, `iss`, `token_use`, `client_id`, `sub`.
///
/// # Errors
/// [`TokenError`] for the first check that fails. [`TokenError::UnknownKey`] is worth one fetch of a fresh key set.
pub fn verify_access_token(
    token: &str,
    jwks: &Jwks,
    policy: &TokenPolicy,
    now: Timestamp,
) -> Result<VerifiedToken, TokenError> {
    let parts = Parts::split(token)?;
    let key = jwks.get(&parts.kid).ok_or(TokenError::UnknownKey)?;
    // Read first, so that of a repeated claim neither value is ever used.
    let claims = parts.claims()?;
    let registered = key
        .verify_token::<NoCustomClaims>(token, Some(verification_options(&parts.kid, policy, now)?))
        .map_err(|error| refusal(&error))?;

    let expires_at = expiry(&registered)?;
    if text_claim(&claims, "token_use")? != Some("access") {
        return Err(TokenError::WrongUse);
    }
    let client_id = text_claim(&claims, "client_id")?.ok_or(TokenError::MissingClaim("client_id"))?;
    if policy.client_ids.as_ref().is_some_and(|allowed| !allowed.iter().any(|id| id == client_id)) {
        return Err(TokenError::WrongClient);
    }
    let principal = Principal {
        subject: text_claim(&claims, "sub")?.ok_or(TokenError::MissingClaim("sub"))?.to_owned(),
        issuer: policy.issuer.clone(),
        roles: roles(&claims)?,
        client_id: client_id.to_owned(),
        scope: scope(&claims)?,
        username: text_claim(&claims, "username")?.map(str::to_owned),
        token_id: text_claim(&claims, "jti")?.map(str::to_owned),
    };
    Ok(VerifiedToken { principal, expires_at })
}

/// A token taken apart, its header checked, nothing verified.
struct Parts<'a> {
    kid: String,
    payload: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed("not three parts"));
        };
        let header = object(header)?;
        match header.get("alg") {
            Some(Value::String(algorithm)) if algorithm == "RS256" => {}
            _ => return Err(TokenError::UnsupportedAlgorithm),
        }
        match header.get("kid") {
            Some(Value::String(kid)) if is_claim_text(kid) => Ok(Self { kid: kid.clone(), payload }),
            Some(_) => Err(TokenError::Malformed("kid")),
            None => Err(TokenError::MissingKeyId),
        }
    }

    fn claims(&self) -> Result<UniqueObject, TokenError> {
        object(self.payload)
    }
}

fn object(part: &str) -> Result<UniqueObject, TokenError> {
    let bytes = Base64UrlUnpadded::decode_vec(part).map_err(|_| TokenError::Malformed("base64url"))?;
    UniqueObject::parse(&bytes).map_err(|error| match error {
        ObjectError::NotAnObject => TokenError::Malformed("not a JSON object"),
        ObjectError::Duplicate => TokenError::DuplicateMember,
    })
}

fn verification_options(kid: &str, policy: &TokenPolicy, now: Timestamp) -> Result<VerificationOptions, TokenError> {
    let now = u64::try_from(now.as_second()).map_err(|_| TokenError::NotYetValid)?;
    Ok(VerificationOptions {
        required_key_id: Some(kid.to_owned()),
        allowed_issuers: Some(HashSet::from([policy.issuer.clone()])),
        time_tolerance: Some(Duration::from_secs(TIME_TOLERANCE_SECONDS)),
        max_token_length: Some(MAX_TOKEN_LENGTH),
        artificial_time: Some(UnixTimeStamp::from_secs(now)),
        ..VerificationOptions::default()
    })
}

fn refusal(error: &jwt_simple::Error) -> TokenError {
    match error.downcast_ref::<JWTError>() {
        Some(JWTError::InvalidSignature) => TokenError::BadSignature,
        Some(JWTError::TokenHasExpired) => TokenError::Expired,
        Some(JWTError::ClockDrift | JWTError::TokenNotValidYet) => TokenError::NotYetValid,
        Some(JWTError::RequiredIssuerMissing | JWTError::RequiredIssuerMismatch) => TokenError::WrongIssuer,
        Some(JWTError::AlgorithmMismatch) => TokenError::UnsupportedAlgorithm,
        Some(JWTError::UnknownCriticalExtension) => TokenError::Malformed("critical header"),
        Some(JWTError::NotJWT) => TokenError::Malformed("typ"),
        _ => TokenError::Malformed("claims"),
    }
}

fn expiry(claims: &JWTClaims<NoCustomClaims>) -> Result<Timestamp, TokenError> {
    let seconds = claims.expires_at.ok_or(TokenError::MissingClaim("exp"))?.as_secs();
    let seconds = i64::try_from(seconds).map_err(|_| TokenError::Malformed("exp"))?;
    Timestamp::from_second(seconds).map_err(|_| TokenError::Malformed("exp"))
}

/// The claim `name`, if present: a string of 1 to 128 characters without control characters.
fn text_claim<'a>(claims: &'a UniqueObject, name: &'static str) -> Result<Option<&'a str>, TokenError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_claim_text(text) => Ok(Some(text)),
        Some(_) => Err(TokenError::Malformed(name)),
    }
}

fn scope(claims: &UniqueObject) -> Result<Option<String>, TokenError> {
    match claims.get("scope") {
        None => Ok(None),
        Some(Value::String(scope)) if is_scope(scope) => Ok(Some(scope.clone())),
        Some(_) => Err(TokenError::Malformed("scope")),
    }
}

fn roles(claims: &UniqueObject) -> Result<BTreeSet<Role>, TokenError> {
    match claims.get("cognito:groups") {
        None => Ok(BTreeSet::new()),
        Some(Value::Array(groups)) => groups
            .iter()
            .map(|group| group.as_str().ok_or(TokenError::Malformed("cognito:groups")))
            .filter_map(|group| group.map(Role::from_group).transpose())
            .collect(),
        Some(_) => Err(TokenError::Malformed("cognito:groups")),
    }
}

#[cfg(test)]
mod tests;
