//! The ports to what is known about payments.

use std::future::Future;

use commerce_domain::{CustomerId, OrderId, state::PaymentState};
use jiff::Timestamp;

use super::types::{Attempt, Begun, NewAttempt, Payable, Settlement};
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
    /// What the customer's order costs.
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

    /// Notes the provider's id of the payment.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_intent(
        &self,
        attempt: &Attempt,
        intent_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Moves payment and attempt, and in the same transaction the ledger, the order, the stock's ledger, the outbox and the
    /// claim. The payment's state afterwards, which is another than the verdict's if somebody else was first; then nothing
    /// was written.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn settle(&self, settlement: &Settlement<'_>) -> impl Future<Output = Result<PaymentState, StoreError>> + Send;
}
