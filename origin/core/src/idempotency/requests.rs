//! Requests that must have their effect once, and have no checkout that says so.

use std::future::Future;

use commerce_api::Route;
use commerce_domain::{Clock as _, CustomerId, ProductId};
use jiff::Timestamp;

use super::{Answer, ClaimKey, Hash, IdempotencyKey, Lease, StoredAnswer};
use crate::{Backend, StoreError};

/// Who owns the claim of a request without a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestClaim {
    /// This request, which made the claim or took it over.
    Mine {
        /// Grows with each owner.
        fence: i64,
        /// When the first owner made the claim.
        since: Timestamp,
        /// The product that an earlier owner has made, changed or deleted before it died.
        product: Option<ProductId>,
    },
    /// An earlier request, which was answered.
    Done(StoredAnswer),
    /// Another request, which is at it.
    InFlight,
    /// An earlier request that asked for something else.
    OtherRequest,
}

/// Claims of requests that carry an Idempotency-Key.
pub trait RequestStore: Send + Sync {
    /// Claims the key, or finds who did.
    ///
    /// # Errors
    /// [`StoreError`]; the claim may have been made.
    fn claim_request(
        &self,
        key: &ClaimKey,
        lease: Lease,
    ) -> impl Future<Output = Result<RequestClaim, StoreError>> + Send;

    /// Ends a claim with its answer. Whether it was still the owner's.
    ///
    /// # Errors
    /// [`StoreError`].
    fn finish_request(
        &self,
        key: &ClaimKey,
        fence: i64,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Takes back a claim that ends without an answer to keep.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_request(&self, key: &ClaimKey, fence: i64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the lease, so that the next request resumes at once.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_request_lease(
        &self,
        key: &ClaimKey,
        fence: i64,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets answers, of whatever route, that are not replayed any more, and claims of that age that were never answered and that
    /// nobody holds; the oldest first, at most `limit`. How many. A checkout's claim stays until that has come to its end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_answers(&self, now: Timestamp, limit: u32) -> impl Future<Output = Result<u32, StoreError>> + Send;
}

/// A request as it is claimed.
#[derive(Debug, Clone, Copy)]
pub struct KeyedRequest {
    /// The caller.
    pub customer: CustomerId,
    /// The route.
    pub route: Route,
    /// The key that the client gave to the request; without one nothing is claimed.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
}

/// A claim that a request holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldClaim {
    /// What is claimed.
    pub key: ClaimKey,
    /// Grows with each owner.
    pub fence: i64,
    /// When the first owner made the claim: a key that is used again after its time makes another one.
    pub since: Timestamp,
    /// The product that an earlier owner has made, changed or deleted before it died: that is not done again.
    pub product: Option<ProductId>,
}

/// What the claim of a request came to.
pub(crate) enum Claimed {
    /// The request has to be answered. It holds nothing where the client sent no key.
    Mine(Option<HeldClaim>),
    /// An earlier one was.
    Done(Answer),
}

/// Why a request could not be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// The same request is being answered.
    #[error("the request is in progress")]
    InProgress,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Claims the request's key, if it has one.
pub(crate) async fn claim<B: Backend>(backend: &B, request: &KeyedRequest) -> Result<Claimed, ClaimRefused> {
    let Some(key) = request.key else { return Ok(Claimed::Mine(None)) };
    let key = ClaimKey {
        principal: request.customer,
        route: request.route.name(),
        key_hash: key.hash(),
        synthetic: false,
        request_hash: request.request_hash,
    };
    match backend.database().claim_request(&key, Lease::from(backend.clock().now())).await? {
        RequestClaim::Mine { fence, since, product } => {
            Ok(Claimed::Mine(Some(HeldClaim { key, fence, since, product })))
        }
        RequestClaim::Done(stored) => Ok(Claimed::Done(Answer { stored, replayed: true })),
        RequestClaim::InFlight => Err(ClaimRefused::InProgress),
        RequestClaim::OtherRequest => Err(ClaimRefused::KeyReused),
    }
}

/// What becomes of the claim of a request that ends without an answer to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimEnd {
    /// It lapses, as if the process had died.
    Lapses,
    /// The next request with the key resumes the operation at once.
    Resumable,
    /// The request leaves no trace.
    Forgotten,
}

/// Ends a claim without an answer. A failure leaves it to lapse.
pub(crate) async fn leave<B: Backend>(backend: &B, claim: Option<&HeldClaim>, end: ClaimEnd) {
    let Some(HeldClaim { key, fence, .. }) = claim else { return };
    let database = backend.database();
    let left = match end {
        ClaimEnd::Lapses => Ok(()),
        ClaimEnd::Resumable => database.end_request_lease(key, *fence, backend.clock().now()).await,
        ClaimEnd::Forgotten => database.forget_request(key, *fence).await,
    };
    if let Err(error) = left {
        tracing::warn!(%error, "claim left to lapse");
    }
}

/// The end of an operation that had its effect, or will have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The answer.
    pub answer: StoredAnswer,
    /// Whether it is kept for whoever repeats the request. What is not over is not kept: a repetition looks again.
    pub kept: bool,
}

/// An error of an operation that runs under a claim.
pub trait EndsClaim: From<ClaimRefused> {
    /// What becomes of the claim.
    fn claim_end(&self) -> ClaimEnd;
}

/// Ends the claim of an error as most do: a failure of a store can be resumed, a refusal leaves no trace.
macro_rules! ends_claim {
    ($Error:ident) => {
        impl $crate::idempotency::EndsClaim for $Error {
            fn claim_end(&self) -> $crate::idempotency::ClaimEnd {
                match self {
                    Self::Stopped(_) => $crate::idempotency::ClaimEnd::Lapses,
                    Self::Store(_) => $crate::idempotency::ClaimEnd::Resumable,
                    _ => $crate::idempotency::ClaimEnd::Forgotten,
                }
            }
        }
    };
}
pub(crate) use ends_claim;

/// Runs an operation unless an earlier request with the key was answered. The operation must be one that can be resumed: it is
/// run again where its process died, or its answer could not be written down.
///
/// # Errors
/// What the operation ends with, or what the claim was refused for.
pub async fn once<B, E>(
    backend: &B,
    request: &KeyedRequest,
    operation: impl Future<Output = Result<Ended, E>> + Send,
) -> Result<Answer, E>
where
    B: Backend,
    E: EndsClaim + Send,
{
    once_holding(backend, request, |_| operation).await
}

/// As [`once`], for an operation that writes its effect down with the claim that it is given, and so does not have it again
/// where it is resumed.
///
/// # Errors
/// What the operation ends with, or what the claim was refused for.
pub async fn once_holding<B, E, F>(
    backend: &B,
    request: &KeyedRequest,
    operation: impl FnOnce(Option<HeldClaim>) -> F + Send,
) -> Result<Answer, E>
where
    B: Backend,
    E: EndsClaim + Send,
    F: Future<Output = Result<Ended, E>> + Send,
{
    let claim = match claim(backend, request).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(answer) => return Ok(answer),
    };
    match operation(claim.clone()).await {
        Ok(Ended { answer, kept: false }) => {
            leave(backend, claim.as_ref(), ClaimEnd::Resumable).await;
            Ok(Answer { stored: answer, replayed: false })
        }
        Ok(Ended { answer, kept: true }) => {
            if let Some(HeldClaim { key, fence, .. }) = &claim
                && let Err(error) = backend.database().finish_request(key, *fence, &answer, backend.clock().now()).await
            {
                tracing::warn!(%error, "answer not kept");
            }
            Ok(Answer { stored: answer, replayed: false })
        }
        Err(error) => {
            leave(backend, claim.as_ref(), error.claim_end()).await;
            Err(error)
        }
    }
}
