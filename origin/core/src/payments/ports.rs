//! The ports to what is known about payments.

use std::future::Future;

use commerce_domain::{AttemptId, CustomerId, OrderId};
use jiff::Timestamp;

use super::types::{Attempt, Begun, HoldMove, HoldNote, NewAttempt, Payable, Settled, Settlement};
use crate::{StoreError, inventory::HeldLine};

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

    /// Notes that the charge which the customer has agreed to goes to the provider now: the attempt is CREATED again, and under
    /// way. Under the lock of the order's row, and only where the order waits for money and is not being closed, and the
    /// attempt is the latest of its payment, stands as the caller has seen it, and is not under way already. None otherwise:
    /// nothing must be charged. From then on it is [looked for](super::next_look).
    ///
    /// # Errors
    /// [`StoreError`]; it may have been noted.
    fn begin_charge(
        &self,
        attempt: &Attempt,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Attempt>, StoreError>> + Send;

    /// Notes when it is looked again whether a charge of this attempt has arrived; never again if none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_look(
        &self,
        attempt: AttemptId,
        next: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Moves payment and attempt, and in the same transaction the ledger, the order, the stock's ledger, the outbox and the
    /// claim, as far as the tables of states allow it. That the money was taken is written down for any attempt, and ends
    /// another one that is under way; everything else only for the payment's latest. Money for an order that does not wait
    /// for it, or by a payment that was called off, is written down as well, with its refund, and the event `PaymentStranded`
    /// in place of `PaymentSucceeded`. An order that somebody has called off by then is paid and CANCELLED at once, with its
    /// refund, and the note that its goods come back.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn settle(&self, settlement: &Settlement<'_>) -> impl Future<Output = Result<Settled, StoreError>> + Send;

    /// What a hold has to do that waits for this attempt; nothing while that is under way.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_hold_move(&self, attempt: AttemptId) -> impl Future<Output = Result<Option<HoldMove>, StoreError>> + Send;

    /// What an order was sold, by variant.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_sold_lines(&self, order: OrderId) -> impl Future<Output = Result<Vec<HeldLine>, StoreError>> + Send;

    /// Notes that the hold has followed the outcome of an attempt; where that leaves money without goods, writes the event
    /// that says so, `PaymentStranded`, and its refund, and calls the order off. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_hold(&self, note: &HoldNote) -> impl Future<Output = Result<(), StoreError>> + Send;
}
