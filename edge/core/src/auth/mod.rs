//! Who calls: bearer tokens, verified with the issuer's keys, which are kept in the instance and in the key-value store.

mod held;
mod keys;

use commerce_api::{Problem, ProblemCode};
use commerce_auth::{TokenError, VerifiedToken, token_kid, verify_access_token};
use http::{HeaderMap, header};
use jiff::Timestamp;

use crate::{config::EdgeConfig, platform::Platform};

pub(crate) use held::KeyMemory;

/// The token of a request (RFC 6750, section 2.1).
///
/// # Errors
/// A 401 where there is none, or more than one.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthorized("TOKEN_ABSENT"));
    };
    let credentials = value.to_str().ok().and_then(|text| text.split_once(' '));
    match credentials {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(unauthorized("TOKEN_ABSENT")),
    }
}

/// Who the token speaks for at the time `now`, and until when.
///
/// # Errors
/// A 401 that says no more than that; a 503 where the issuer's keys cannot be had.
pub(crate) async fn verify<P: Platform>(
    platform: &P,
    config: &EdgeConfig,
    token: &str,
    now: Timestamp,
) -> Result<VerifiedToken, Problem> {
    if keys::vouch_for_known(platform, now)
        && let Some(verified) = platform.memory().tokens().get(token, now)
    {
        return Ok(verified);
    }
    let kid = token_kid(token).map_err(|error| refused(&error))?;
    let keys = keys::with_kid(platform, config, &kid).await?;
    let verified = verify_access_token(token, &keys, &config.tokens, now).map_err(|error| refused(&error))?;
    platform.memory().tokens().insert(token, verified.clone());
    Ok(verified)
}

fn refused(error: &TokenError) -> Problem {
    unauthorized(error.code())
}

fn unauthorized(cause: &'static str) -> Problem {
    Problem::new(ProblemCode::Unauthorized, TokenError::CLIENT_TEXT).with_cause(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        bearer_token(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_read() {
        assert_eq!(token(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(token(&["bearer  a.b.c "]).as_deref(), Some("a.b.c"));
        for none in [&[][..], &["Basic a"], &["Bearer"], &["a.b.c"], &["Bearer a", "Bearer a"]] {
            assert_eq!(token(none), None, "{none:?}");
        }
    }
}
