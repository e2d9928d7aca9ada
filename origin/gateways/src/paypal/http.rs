//! Calls of PayPal's API: who we are (<https://developer.paypal.com/api/rest/authentication/>).

use bytes::BytesMut;
use commerce_domain::Clock;
use jiff::{SignedDuration, Timestamp};
use origin_core::payments::GatewayError;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;

use super::{PayPal, wire};
use crate::{Secret, exchange::exchange};

/// A token is not used any more when it ends that soon.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// What shows PayPal who calls.
#[derive(Debug, Clone)]
pub(super) struct Token {
    secret: Secret,
    good_until: Timestamp,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: String,
    expires_in: u32,
}

impl<K: Clock + Sync> PayPal<K> {
    /// The answer, whatever its status. A token that PayPal does not take any more is replaced once.
    pub(super) async fn exchange(&self, request: RequestBuilder) -> Result<(StatusCode, BytesMut), GatewayError> {
        let again = request.try_clone();
        let token = self.token(None).await?;
        let (status, body) = exchange(request.bearer_auth(token.reveal())).await?;
        let Some(again) = again.filter(|_| status == StatusCode::UNAUTHORIZED) else { return Ok((status, body)) };
        let token = self.token(Some(&token)).await?;
        exchange(again.bearer_auth(token.reveal())).await
    }

    /// A token that is good; another one than `refused`. Whoever finds none asks for one, and the others wait for it.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, GatewayError> {
        let mut kept = self.token.lock().await;
        let now = self.clock.now();
        if let Some(token) = &*kept
            && now < token.good_until
            && refused != Some(&token.secret)
        {
            return Ok(token.secret.clone());
        }
        *kept = None;
        let request = self.http.post(self.url("/v1/oauth2/token"));
        let request = request.basic_auth(&self.config.client_id, Some(self.config.client_secret.reveal()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (status, body) = exchange(request.body("grant_type=client_credentials")).await?;
        let WireToken { access_token, expires_in } = wire::read_answer(status, &body)?;
        let good_for = SignedDuration::from_secs(i64::from(expires_in)).saturating_sub(MARGIN);
        let secret = Secret::new(access_token);
        let good_until = now.saturating_add(good_for).unwrap_or(now);
        *kept = Some(Token { secret: secret.clone(), good_until });
        Ok(secret)
    }
}
