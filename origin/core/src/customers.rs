//! Customers: who has been seen here, under an id of ours.

use std::future::Future;

use commerce_auth::Principal;
use commerce_domain::{Clock, CustomerId};
use jiff::Timestamp;

use crate::{Backend, StoreError};

/// Knows customers by the issuer and subject of their tokens.
pub trait CustomerStore: Send + Sync {
    /// The customer's id; `candidate` from now on if this subject was never seen before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn customer_of(
        &self,
        principal: &Principal,
        candidate: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<CustomerId, StoreError>> + Send;
}

/// The customer behind a principal, written down on first sight.
///
/// # Errors
/// [`StoreError`].
pub async fn known_customer<B: Backend>(backend: &B, principal: &Principal) -> Result<CustomerId, StoreError> {
    let candidate = CustomerId::generate(backend.clock(), backend.entropy());
    backend.database().customer_of(principal, candidate, backend.clock().now()).await
}
