//! AWS access keys.

use std::fmt;

/// An access key pair, with the session token of temporary credentials. `Debug` shows the key id and no secret.
#[derive(Clone)]
pub struct Credentials {
    /// The public half: names the key.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: String,
    /// The token that goes with temporary credentials.
    pub session_token: Option<String>,
}

/// A variable that must be set is not, or is empty: its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not set")]
pub struct MissingCredentials(pub &'static str);

impl Credentials {
    /// Long-lived credentials.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key: secret_access_key.into(), session_token: None }
    }

    /// These credentials with the token of a session.
    #[must_use]
    pub fn with_session_token(self, token: impl Into<String>) -> Self {
        Self { session_token: Some(token.into()), ..self }
    }

    /// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where set, `AWS_SESSION_TOKEN` through `variable`: a
    /// function's environment, a Worker's secrets or a component's variables.
    ///
    /// # Errors
    /// [`MissingCredentials`] where one of the first two is absent or empty.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, MissingCredentials> {
        let read = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| read(name).ok_or(MissingCredentials(name));
        Ok(Self {
            access_key_id: required("AWS_ACCESS_KEY_ID")?,
            secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: read("AWS_SESSION_TOKEN"),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("session", &self.session_token.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Credentials, MissingCredentials> {
        Credentials::from_vars(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_pair_is_read_with_or_without_a_session() {
        let pair = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_SESSION_TOKEN", "token")];
        let session = from(&pair).unwrap();
        assert_eq!((session.access_key_id.as_str(), session.secret_access_key.as_str()), ("id", "secret"));
        assert_eq!(session.session_token.as_deref(), Some("token"));
        assert_eq!(from(&pair[..2]).unwrap().session_token, None);
    }

    #[test]
    fn an_absent_or_empty_half_is_named() {
        assert_eq!(from(&[]).unwrap_err(), MissingCredentials("AWS_ACCESS_KEY_ID"));
        let empty = from(&[("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "")]);
        assert_eq!(empty.unwrap_err(), MissingCredentials("AWS_SECRET_ACCESS_KEY"));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let shown = format!("{:?}", Credentials::new("id", "hush").with_session_token("hushhush"));
        assert!(shown.contains("\"id\"") && !shown.contains("hush"), "{shown}");
    }
}
