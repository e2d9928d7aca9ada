//! Customers: who has been seen here, under an id of ours.

use std::future::Future;

use commerce_auth::Principal;
use commerce_domain::{Clock, CustomerId};
use jiff::Timestamp;

use crate::{Backend, StoreError};

/// What the identity provider knows of somebody beyond the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The e-mail address; 3 to 320 characters.
    pub email: Option<String>,
}

/// The identity provider gave no profile. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no profile: {0}")]
pub struct NoProfile(pub String);

/// Asks the identity provider who the bearer of a token is.
pub trait LoadProfile: Send + Sync {
    /// The profile of `principal`, who came with `token`. Answers soon, or not at all.
    ///
    /// # Errors
    /// [`NoProfile`].
    fn load_profile(
        &self,
        principal: &Principal,
        token: &str,
    ) -> impl Future<Output = Result<Profile, NoProfile>> + Send;
}

/// Knows customers by the issuer and subject of their tokens.
pub trait CustomerStore: Send + Sync {
    /// The customer's id, if this subject was seen before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_customer(
        &self,
        principal: &Principal,
    ) -> impl Future<Output = Result<Option<CustomerId>, StoreError>> + Send;

    /// The customer's id; `candidate` from now on, with that profile, if this subject was never seen before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn customer_of(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        profile: &Profile,
        now: Timestamp,
    ) -> impl Future<Output = Result<CustomerId, StoreError>> + Send;
}

/// The customer behind a principal, written down on first sight.
///
/// # Errors
/// [`StoreError`].
pub async fn known_customer<B: Backend>(backend: &B, principal: &Principal) -> Result<CustomerId, StoreError> {
    write_down(backend, principal, &Profile::default()).await
}

/// Writes somebody who was never seen before down with what the identity provider knows of them. What fails here is not in the
/// way of the request: [`known_customer`] does without a profile, and says when the store is down.
pub async fn meet<B: Backend>(backend: &B, principal: &Principal, token: &str) {
    if !matches!(backend.database().find_customer(principal).await, Ok(None)) {
        return;
    }
    let profile = backend.profiles().load_profile(principal, token).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a customer is written down without a profile");
        Profile::default()
    });
    if let Err(error) = write_down(backend, principal, &profile).await {
        tracing::warn!(%error, "a customer is not written down");
    }
}

async fn write_down<B: Backend>(
    backend: &B,
    principal: &Principal,
    profile: &Profile,
) -> Result<CustomerId, StoreError> {
    let candidate = CustomerId::generate(backend.clock(), backend.entropy());
    backend.database().customer_of(principal, candidate, profile, backend.clock().now()).await
}
