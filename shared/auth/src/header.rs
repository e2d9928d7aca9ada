//! The header (`x-cc-principal`) in which the edge hands the principal that it verified to the origin. It is only as good as
//! the signature of the request: the origin must refuse it where the header is not among those signed.

use std::borrow::Cow;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use crate::principal::{Principal, Role, is_claim_text, is_scope};

/// The longest header value that is written or read, in bytes.
pub const MAX_PRINCIPAL_HEADER_LENGTH: usize = 5 * 1024;

/// The longest issuer in a principal, in bytes.
const MAX_ISSUER_LENGTH: usize = 512;

/// Writes and reads the value of the header: unpadded base64url of a JSON object.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalHeader;

/// Why a header value is not a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalHeaderError {
    /// Longer than [`MAX_PRINCIPAL_HEADER_LENGTH`].
    #[error("principal header is too long")]
    TooLong,
    /// Not base64url, not the JSON object expected, or a member out of bounds.
    #[error("principal header is malformed")]
    Malformed,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    sub: Cow<'a, str>,
    iss: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Cow<'a, str>>,
    client_id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<Cow<'a, str>>,
}

impl PrincipalHeader {
    /// The header value for `principal`. A principal from [`crate::verify_access_token`] always fits the limit.
    pub fn encode(principal: &Principal) -> String {
        let wire = Wire {
            sub: principal.subject.as_str().into(),
            iss: principal.issuer.as_str().into(),
            roles: principal.roles.iter().map(|role| role.as_str().into()).collect(),
            client_id: principal.client_id.as_str().into(),
            scope: principal.scope.as_deref().map(Into::into),
            username: principal.username.as_deref().map(Into::into),
            jti: principal.token_id.as_deref().map(Into::into),
        };
        let json = serde_json::to_vec(&wire).expect("should serialise: strings only");
        Base64UrlUnpadded::encode_string(&json)
    }

    /// The principal that a header value stands for. Unknown members and roles are ignored: they grant nothing, and the
    /// edge may be newer than the origin.
    ///
    /// # Errors
    /// [`PrincipalHeaderError`] where the value is too long, malformed, or names no proper subject, issuer and client.
    pub fn decode(value: &str) -> Result<Principal, PrincipalHeaderError> {
        if value.len() > MAX_PRINCIPAL_HEADER_LENGTH {
            return Err(PrincipalHeaderError::TooLong);
        }
        let json = Base64UrlUnpadded::decode_vec(value).map_err(|_| PrincipalHeaderError::Malformed)?;
        let wire: Wire<'_> = serde_json::from_slice(&json).map_err(|_| PrincipalHeaderError::Malformed)?;
        let texts_are_sound = [Some(&wire.sub), Some(&wire.client_id), wire.username.as_ref(), wire.jti.as_ref()]
            .into_iter()
            .flatten()
            .all(|text| is_claim_text(text));
        let scope_is_sound = wire.scope.as_deref().is_none_or(is_scope);
        if !texts_are_sound || !scope_is_sound || wire.iss.is_empty() || wire.iss.len() > MAX_ISSUER_LENGTH {
            return Err(PrincipalHeaderError::Malformed);
        }
        Ok(Principal {
            subject: wire.sub.into_owned(),
            issuer: wire.iss.into_owned(),
            roles: wire.roles.iter().filter_map(|role| Role::from_group(role)).collect(),
            client_id: wire.client_id.into_owned(),
            scope: wire.scope.map(Cow::into_owned),
            username: wire.username.map(Cow::into_owned),
            token_id: wire.jti.map(Cow::into_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::principal::{MAX_CLAIM_CHARS, MAX_SCOPE_LENGTH};

    fn principal(text: &str) -> Principal {
        Principal {
            subject: text.into(),
            issuer: "https://issuer.example/pool".into(),
            roles: BTreeSet::from([Role::Admin]),
            client_id: text.into(),
            scope: Some("openid profile".into()),
            username: Some(text.into()),
            token_id: Some(text.into()),
        }
    }

    fn header(json: &str) -> String {
        Base64UrlUnpadded::encode_string(json.as_bytes())
    }

    #[test]
    fn a_principal_survives_the_header() {
        let sent = principal("sub-1");
        assert_eq!(PrincipalHeader::decode(&PrincipalHeader::encode(&sent)), Ok(sent));
    }

    #[test]
    fn the_longest_principal_fits_the_limit() {
        let sent = Principal {
            issuer: "i".repeat(MAX_ISSUER_LENGTH),
            scope: Some("s".repeat(MAX_SCOPE_LENGTH)),
            ..principal(&"𝕏".repeat(MAX_CLAIM_CHARS))
        };
        let value = PrincipalHeader::encode(&sent);
        assert!(value.len() <= MAX_PRINCIPAL_HEADER_LENGTH, "{}", value.len());
        assert_eq!(PrincipalHeader::decode(&value), Ok(sent));
    }

    #[test]
    fn a_value_over_the_limit_is_refused_unread() {
        let value = "A".repeat(MAX_PRINCIPAL_HEADER_LENGTH + 1);
        assert_eq!(PrincipalHeader::decode(&value), Err(PrincipalHeaderError::TooLong));
    }

    #[test]
    fn malformed_values_are_refused() {
        assert!(PrincipalHeader::decode(&header(r#"{"sub":"s","iss":"i","client_id":"c"}"#)).is_ok());
        let long = format!(r#"{{"sub":"{}","iss":"i","client_id":"c"}}"#, "s".repeat(MAX_CLAIM_CHARS + 1));
        for json in [
            "{}",
            "[]",
            r#"{"sub":"","iss":"i","client_id":"c"}"#,
            r#"{"sub":"s","iss":"i"}"#,
            r#"{"sub":"s","iss":"i","client_id":""}"#,
            r#"{"sub":"s","iss":"i","client_id":"c","scope":""}"#,
            &long,
        ] {
            assert_eq!(PrincipalHeader::decode(&header(json)), Err(PrincipalHeaderError::Malformed), "{json}");
        }
        for value in ["", "!!"] {
            assert_eq!(PrincipalHeader::decode(value), Err(PrincipalHeaderError::Malformed), "{value}");
        }
    }

    #[test]
    fn unknown_roles_grant_nothing() {
        let decoded =
            PrincipalHeader::decode(&header(r#"{"sub":"s","iss":"i","client_id":"c","roles":["owner"],"new":1}"#))
                .unwrap();
        assert!(decoded.roles.is_empty());
    }
}
