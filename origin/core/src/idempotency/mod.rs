//! The Idempotency-Key: what it is compared by, and the answers that it replays
//! (IETF httpapi draft "The Idempotency-Key HTTP Header Field").

mod requests;

use std::time::Duration;

use bytes::Bytes;
use commerce_api::Route;
use commerce_domain::CustomerId;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256, digest::Output};

pub use requests::{
    ClaimEnd, ClaimRefused, Ended, EndsClaim, HeldClaim, KeyedRequest, RequestClaim, RequestStore, once, once_holding,
};
pub(crate) use requests::{Claimed, claim, ends_claim, leave};

/// How long an answer is kept for replays.
pub const KEPT_FOR: Duration = Duration::from_hours(24);
/// How long a request owns its claim. No request lasts longer; what has not ended by then has died.
pub const LEASE: Duration = Duration::from_secs(30);

/// A SHA-256.
pub type Hash = [u8; 32];

/// A key that a client gave to a request, as the hash that it is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey(Hash);

impl IdempotencyKey {
    /// The key that [`commerce_api::idempotency::key_of`] read.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// What it is looked up by.
    #[must_use]
    pub fn hash(self) -> Hash {
        self.0
    }
}

/// What two requests with one key must agree in: method, path and body. `parameter` is what stands in the place of the
/// route's braces.
#[must_use]
pub fn request_hash(route: Route, parameter: &str, body: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(route.method().as_str());
    hash.update([0]);
    hash.update(route.path(parameter));
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// Names a request for good: whose it is, its key and what it says. What is written down under this name happens once also where
/// the request is repeated for longer than its answer is kept.
#[must_use]
pub(crate) fn name_of(customer: CustomerId, key: IdempotencyKey, request_hash: Hash) -> Output<Sha256> {
    let mut hash = Sha256::new();
    hash.update(customer.as_uuid());
    hash.update(key.hash());
    hash.update(request_hash);
    hash.finalize()
}

/// The right to do something once: whose, on which route, under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimKey {
    /// The caller.
    pub principal: CustomerId,
    /// The route's name.
    pub route: &'static str,
    /// The hash of the key.
    pub key_hash: Hash,
    /// Whether the key is made of what is asked for, because the client sent none.
    pub synthetic: bool,
    /// What was asked for.
    pub request_hash: Hash,
}

/// For how long a claim is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Now.
    pub now: Timestamp,
    /// From then on, somebody else may take the claim over.
    pub until: Timestamp,
}

impl Lease {
    /// A lease of [`LEASE`] from `now`.
    #[must_use]
    pub fn from(now: Timestamp) -> Self {
        Self { now, until: now.saturating_add(LEASE).unwrap_or(Timestamp::MAX) }
    }
}

/// An answer as it is kept and sent again: status, the headers that matter, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// What a request under a key is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub stored: StoredAnswer,
    /// Whether an earlier request made it.
    pub replayed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_hash_of_its_own() {
        assert_eq!(IdempotencyKey::of("a"), IdempotencyKey::of("a"));
        assert_ne!(IdempotencyKey::of("a").hash(), IdempotencyKey::of("b").hash());
    }

    #[test]
    fn the_hash_of_a_request_covers_route_parameter_and_body() {
        let one = request_hash(Route::CancelOrder, "a", b"{}");
        assert_eq!(one, request_hash(Route::CancelOrder, "a", b"{}"));
        assert_ne!(one, request_hash(Route::CreateRefund, "a", b"{}"));
        assert_ne!(one, request_hash(Route::CancelOrder, "b", b"{}"));
        assert_ne!(one, request_hash(Route::CancelOrder, "a", b"{ }"));
    }
}
