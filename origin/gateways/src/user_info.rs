//! Who the bearer of a token is, asked of the identity provider (OIDC Core 1.0, section 5.3).
//!
//! Cognito serves it as `/oauth2/userInfo` of the pool's domain, to tokens with the scope `openid`.

use std::time::Duration;

use bytes::Bytes;
use commerce_auth::Principal;
use commerce_aws::{HttpClient, TransportError};
use http::{HeaderValue, Request, header};
use origin_core::customers::{LoadProfile, NoProfile, Profile};
use serde::Deserialize;

use crate::ReqwestClient;

/// A shopper waits for it once in a lifetime, and not longer than this.
const TIMEOUT: Duration = Duration::from_secs(1);
/// What the customers' table takes, in characters.
const EMAIL_LENGTH: std::ops::RangeInclusive<usize> = 3..=320;

/// Asks the endpoint at a URL, or nobody where there is none.
#[derive(Debug)]
pub struct UserInfo {
    http: ReqwestClient,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    sub: String,
    email: Option<String>,
}

impl UserInfo {
    /// Profiles from `url`; empty ones without.
    ///
    /// # Errors
    /// [`TransportError::Refused`] if the machine has no usable TLS.
    pub fn new(url: Option<String>) -> Result<Self, TransportError> {
        Ok(Self { http: ReqwestClient::new(TIMEOUT)?, url })
    }

    async fn ask(&self, url: &str, token: &str) -> Result<Body, String> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}")).map_err(|error| error.to_string())?;
        bearer.set_sensitive(true);
        let request = Request::get(url).header(header::AUTHORIZATION, bearer).body(Bytes::new());
        let request = request.map_err(|error| error.to_string())?;
        let response = self.http.send(request).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("the issuer answered {}", response.status()));
        }
        serde_json::from_slice(response.body()).map_err(|_| "the answer is no profile".to_owned())
    }
}

impl LoadProfile for UserInfo {
    async fn load_profile(&self, principal: &Principal, token: &str) -> Result<Profile, NoProfile> {
        let Some(url) = &self.url else { return Ok(Profile::default()) };
        let body = self.ask(url, token).await.map_err(NoProfile)?;
        // The standard asks for this comparison: a token may have been put in another's place.
        if body.sub != principal.subject {
            return Err(NoProfile("it is somebody else's".to_owned()));
        }
        let usable = |email: &String| {
            let length = email.chars().count();
            EMAIL_LENGTH.contains(&length) && email.contains('@') && !email.chars().any(char::is_control)
        };
        Ok(Profile { email: body.email.filter(usable) })
    }
}

#[cfg(test)]
mod tests {
    use test_support::{Issuer, IssuerConfig, TokenRequest};

    use super::*;

    fn principal(sub: &str) -> Principal {
        Principal {
            subject: sub.to_owned(),
            issuer: "https://issuer.test".to_owned(),
            roles: std::collections::BTreeSet::new(),
            client_id: "local-shop".to_owned(),
            scope: None,
            username: None,
            token_id: None,
        }
    }

    #[tokio::test]
    async fn the_issuer_tells_the_address_of_a_tokens_bearer() {
        let issuer = Issuer::start(IssuerConfig::default()).await.unwrap();
        let token = issuer.mint(&TokenRequest::shopper("ada", "ada@example.com")).unwrap();
        let profiles = UserInfo::new(Some(issuer.user_info_url())).unwrap();
        let profile = profiles.load_profile(&principal("ada"), &token).await.unwrap();
        assert_eq!(profile.email.as_deref(), Some("ada@example.com"));
        let anothers = profiles.load_profile(&principal("bob"), &token).await.unwrap_err();
        assert!(anothers.to_string().contains("somebody else"), "{anothers}");
        assert!(profiles.load_profile(&principal("ada"), "x").await.unwrap_err().to_string().contains("401"));
        issuer.stop().await;
        assert!(profiles.load_profile(&principal("ada"), &token).await.is_err());
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_written_down_is_none() {
        let issuer = Issuer::start(IssuerConfig::default()).await.unwrap();
        let profiles = UserInfo::new(Some(issuer.user_info_url())).unwrap();
        for unusable in ["@", "ada\n@example.com"] {
            let token = issuer.mint(&TokenRequest::shopper("ada", unusable)).unwrap();
            let profile = profiles.load_profile(&principal("ada"), &token).await;
            assert_eq!(profile, Ok(Profile::default()), "{unusable:?}");
        }
    }

    #[tokio::test]
    async fn without_an_endpoint_nobody_is_asked() {
        let profiles = UserInfo::new(None).unwrap();
        assert_eq!(profiles.load_profile(&principal("ada"), "x").await, Ok(Profile::default()));
    }
}
