//! The port to payments whose money is set aside.

use std::future::Future;

use commerce_domain::{AttemptId, EventId, OrderId, PaymentId, state::PaymentState};
use jiff::Timestamp;

use crate::{StoreError, payments::Attempt, sweep::Turn};

/// What became of the wish to take the money of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginCapture {
    /// There is no such payment.
    NoPayment,
    /// The money is taken.
    Taken,
    /// No money is set aside.
    NotAuthorised(PaymentState),
    /// The order is being closed: its payment is called off.
    Closing,
    /// The wish is noted, now or before.
    Begun(Box<Attempt>),
}

/// A payment that nobody has captured, and whose money will be let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsing {
    /// The payment.
    pub payment_id: PaymentId,
    /// Its order.
    pub order_id: OrderId,
    /// Until when the money can be taken.
    pub capture_before: Timestamp,
}

/// Captures.
pub trait CaptureStore: Send + Sync {
    /// Notes that the money of a payment is to be taken, under the lock of the order. Commits.
    ///
    /// # Errors
    /// [`StoreError`]; the wish may have been noted.
    fn begin_capture(
        &self,
        payment: PaymentId,
        now: Timestamp,
    ) -> impl Future<Output = Result<BeginCapture, StoreError>> + Send;

    /// Forgets the wish: the provider does not take the money.
    ///
    /// # Errors
    /// [`StoreError`].
    fn withdraw_capture(&self, payment: PaymentId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Attempts whose money was to be taken at `before` or earlier, and is not; from behind `after` in the order of that turn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_open_captures(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Attempt>, StoreError>> + Send;

    /// Payments whose money can be taken until `until` at most and of which that was not told; by id, from behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_lapsing(
        &self,
        until: Timestamp,
        after: Option<PaymentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Lapsing>, StoreError>> + Send;

    /// Writes the event `PaymentLapsing`, once a payment, and only while its money is set aside. Whether it was written now.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tell_lapsing(
        &self,
        lapsing: &Lapsing,
        event: EventId,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
