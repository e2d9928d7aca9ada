//! Who is calling: verification of access tokens, the principal they stand for, and its signed header.
//!
//! Tokens are RS256 access tokens of the shape that Amazon Cognito issues. Signatures are checked by `jwt-simple`; what it
//! leaves open (a missing `exp` or `kid`, repeated claims, the use and the client of a token) is refused here.
//!
//! Invariants: the time is always an argument; nothing is fetched and nothing is stored beyond the bounded
//! [`VerifiedTokens`]; no token appears in an error or in debug output. Depends on no runtime and on no HTTP client.

mod cache;
mod error;
mod header;
mod jwks;
mod principal;
mod strict_json;
mod token;

pub use cache::VerifiedTokens;
pub use error::TokenError;
pub use header::{MAX_PRINCIPAL_HEADER_LENGTH, PrincipalHeader, PrincipalHeaderError};
pub use jwks::{Jwks, JwksError, MAX_JWKS_KEYS, MAX_JWKS_LENGTH};
pub use principal::{MAX_CLAIM_CHARS, MAX_SCOPE_LENGTH, Principal, Role};
pub use token::{
    MAX_TOKEN_LENGTH, TIME_TOLERANCE_SECONDS, TokenPolicy, VerifiedToken, says_admin, token_kid, verify_access_token,
};
