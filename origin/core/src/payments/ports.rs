//! The ports to what is known about payments.

use std::future::Future;

use commerce_domain::{AttemptId, CustomerId, OrderId};
use jiff::Timestamp;

use super::types::{Attempt, Begun, HoldMove, HoldNote, NewAttempt, Payable, Settled, Settlement};
use crate::{
    StoreError,
    idempotency::{ClaimKey, Lease, StoredAnswer},
};

/// Who owns the claim of a request without a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestClaim {
    /// This request, with this fence: it made the claim, or took it over.
    Mine(i64),
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
}

/// Payments and their attempts.
pub trait PaymentStore: Send + Sync {
    /// What the customer's order costs, and what earlier attempts left undone.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_payable(
        &self,
        customer: CustomerId,
        order: OrderId,
    ) -> impl Future<Output = Result<Option<Payable>, StoreError>> + Send;

    /// Begins an attempt, unless one is under way; commits it.
    ///
    /// # Errors
    /// [`StoreError`]; the attempt may have been begun, and will be found.
    fn begin_attempt(&self, attempt: &NewAttempt) -> impl Future<Output = Result<Begun, StoreError>> + Send;

    /// Notes the provider's id of the payment, unless the payment was called off.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unavailable`] where it was, or has another id by now: nothing must be charged.
    fn note_intent(
        &self,
        attempt: &Attempt,
        intent_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Moves payment and attempt, and in the same transaction the ledger, the order, the stock's ledger, the outbox and the
    /// claim, as far as the tables of states allow it. That the money was taken is written down for any attempt, and ends
    /// another one that is under way; everything else only for the payment's latest. Money for an order that does not wait
    /// for it is written down as well, with the event `PaymentStranded` in place of `PaymentSucceeded`.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn settle(&self, settlement: &Settlement<'_>) -> impl Future<Output = Result<Settled, StoreError>> + Send;

    /// What a hold has to do that waits for this attempt; nothing while that is under way.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_hold_move(&self, attempt: AttemptId) -> impl Future<Output = Result<Option<HoldMove>, StoreError>> + Send;

    /// Notes that the hold has followed the outcome of an attempt; where that leaves money without goods, writes the event
    /// that says so, `PaymentStranded`. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_hold(&self, note: &HoldNote) -> impl Future<Output = Result<(), StoreError>> + Send;
}
