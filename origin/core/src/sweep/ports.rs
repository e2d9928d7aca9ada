//! The port to what was left behind.

use std::future::Future;

use commerce_domain::{AttemptId, CheckoutId, OrderId, VariantId};
use jiff::Timestamp;

use crate::{
    StoreError,
    checkout::Checkout,
    idempotency::ClaimKey,
    orders::StockDue,
    payments::{Attempt, HoldStep},
};

/// A checkout whose owner has died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LapsedCheckout {
    /// The checkout.
    pub id: CheckoutId,
    /// The claim on it.
    pub key: ClaimKey,
    /// The `sub` of whose cart it orders.
    pub owner: String,
}

/// A cart that still holds what was ordered from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullCart {
    /// The checkout that ordered it.
    pub checkout: Checkout,
    /// The `sub` of whose cart it is.
    pub owner: String,
}

/// The order in which a sweep walks through a list whose entries have it wait for somebody else: another one each time. There may
/// be no time for the whole of it, and what comes behind an entry that hangs comes before it in another sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(i64);

impl Turn {
    /// That of a sweep which begins then.
    #[must_use]
    pub fn at(begun: Timestamp) -> Self {
        Self(begun.as_microsecond())
    }

    /// What ids are mixed with.
    #[must_use]
    pub fn seed(self) -> i64 {
        self.0
    }
}

/// Lists what was left behind. Each list goes by id, or by ids as a [`Turn`] mixes them, from behind `after`, at most `limit` long, so
/// that one entry that stays does not keep the next ones from being seen.
pub trait SweepStore: Send + Sync {
    /// Checkouts of that route whose claim has lapsed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_lapsed_checkouts(
        &self,
        route: &'static str,
        now: Timestamp,
        after: Option<CheckoutId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<LapsedCheckout>, StoreError>> + Send;

    /// Orders that wait for money and whose hold is over, or that are being closed, and whose payments no provider knows of.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_overdue_orders(
        &self,
        now: Timestamp,
        after: Option<OrderId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OrderId>, StoreError>> + Send;

    /// The same, of those whose payment was announced to a provider.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_overdue_announced(
        &self,
        now: Timestamp,
        turn: Turn,
        after: Option<OrderId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OrderId>, StoreError>> + Send;

    /// Orders of any of these variants that wait for money and whose hold is over: first those whose payments no provider knows of,
    /// last those that are being closed, and of either the longest overdue first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_overdue_orders_of(
        &self,
        variants: &[VariantId],
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OrderId>, StoreError>> + Send;

    /// Orders that have ended and whose stock is not put back, with what is due.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_unreleased_orders(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(OrderId, StockDue)>, StoreError>> + Send;

    /// What holds have yet to do about attempts that ended at `before` or earlier.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_hold_steps(
        &self,
        before: Timestamp,
        after: Option<AttemptId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<HoldStep>, StoreError>> + Send;

    /// Attempts that are announced to the provider, have come to nothing yet, and have not changed since `before`. Those whose
    /// money is set aside have.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_quiet_attempts(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Attempt>, StoreError>> + Send;

    /// Attempts whose payment was called off, and of which it is time to look whether a charge that was sent has arrived.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_late_charges(
        &self,
        now: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Attempt>, StoreError>> + Send;

    /// Carts that were ordered at `before` or earlier and still hold what was.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_full_carts(
        &self,
        before: Timestamp,
        after: Option<CheckoutId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<FullCart>, StoreError>> + Send;
}
