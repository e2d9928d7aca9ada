//! Verifies shoppers' tokens against the issuer's published keys, which are kept and renewed.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use commerce_auth::{Jwks, Principal, TokenPolicy, token_kid, verify_access_token};
use commerce_aws::HttpClient;
use commerce_domain::Clock;
use http::Request;
use jiff::Timestamp;
use origin_core::tokens::{TokenRefusal, TokenVerifier};

/// Keys are asked for again when they are this old,
const FRESH_SECONDS: i64 = 300;
/// when a token names one that is not among them and they are this old,
const COOLDOWN_SECONDS: i64 = 30;
/// and while there are none at all, this often.
const RETRY_SECONDS: i64 = 1;

/// A [`TokenVerifier`] that reads `url` with `http` when it has to.
#[derive(Debug)]
pub struct JwksVerifier<H, K> {
    http: H,
    clock: K,
    url: String,
    policy: TokenPolicy,
    keys: Mutex<Kept>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Option<Arc<Jwks>>,
    asked_at: Option<Timestamp>,
}

impl<H: HttpClient, K: Clock> JwksVerifier<H, K> {
    /// Verifies tokens of that policy with the keys at `url`. Nothing is read until the first token arrives.
    #[must_use]
    pub fn new(http: H, clock: K, url: impl Into<String>, policy: TokenPolicy) -> Self {
        Self { http, clock, url: url.into(), policy, keys: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    async fn keys_for(&self, kid: &str) -> Result<Arc<Jwks>, TokenRefusal> {
        if let (Some(keys), false) = self.look(kid) {
            return Ok(keys);
        }
        // One caller asks the issuer; the others wait and find what it brought.
        let _turn = self.turn.lock().await;
        let (kept, ask) = self.look(kid);
        if ask {
            self.lock().asked_at = Some(self.clock.now());
            match self.fetch().await {
                Ok(keys) => {
                    let keys = Arc::new(keys);
                    self.lock().keys = Some(Arc::clone(&keys));
                    return Ok(keys);
                }
                Err(cause) => tracing::warn!(error.cause = cause, "the issuer's keys could not be read"),
            }
        }
        // Old keys still verify while the issuer cannot be reached.
        kept.ok_or_else(|| TokenRefusal::Unavailable("the issuer's keys could not be read".to_owned()))
    }

    /// The keys at hand, and whether it is time to ask for newer ones.
    fn look(&self, kid: &str) -> (Option<Arc<Jwks>>, bool) {
        let now = self.clock.now();
        let kept = self.lock();
        let limit = match &kept.keys {
            None => RETRY_SECONDS,
            Some(keys) if keys.get(kid).is_none() => COOLDOWN_SECONDS,
            Some(_) => FRESH_SECONDS,
        };
        let ask = kept.asked_at.is_none_or(|at| now.duration_since(at).as_secs() >= limit);
        (kept.keys.clone(), ask)
    }

    async fn fetch(&self) -> Result<Jwks, String> {
        let request = Request::get(&self.url).body(Bytes::new()).map_err(|error| error.to_string())?;
        let response = self.http.send(request).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("the issuer answered {}", response.status()));
        }
        Jwks::from_json(response.body()).map_err(|error| error.to_string())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: HttpClient + Send + Sync, K: Clock + Send + Sync> TokenVerifier for JwksVerifier<H, K> {
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal> {
        let kid = token_kid(token).map_err(TokenRefusal::Invalid)?;
        let keys = self.keys_for(&kid).await?;
        let verified = verify_access_token(token, &keys, &self.policy, self.clock.now());
        verified.map(|verified| verified.principal).map_err(TokenRefusal::Invalid)
    }
}

#[cfg(test)]
mod tests;
