//! The ports to what is known about refunds, and to the provider that sends the money back.

use std::future::Future;

use commerce_domain::{PaymentId, RefundId};
use jiff::Timestamp;

use super::types::{NewRefund, ProviderRefund, Refund, RefundSettlement, Refundable};
use crate::{
    StoreError,
    payments::{GatewayError, Provider},
    sweep::Turn,
};

/// What became of the wish to refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginRefund {
    /// There is no such payment.
    NoPayment,
    /// Not that much can go back, or nothing.
    NotLeft(Refundable),
    /// The refund of this cause, written down now or before.
    Begun(Box<Refund>),
}

/// Refunds.
pub trait RefundStore: Send + Sync {
    /// What can be refunded of a payment; none if there is no such payment.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_refundable(
        &self,
        payment: PaymentId,
    ) -> impl Future<Output = Result<Option<Refundable>, StoreError>> + Send;

    /// Writes a refund down, or finds the one of the same cause. Under the lock of the order: captured − refunded − pending is
    /// no less than the amount. Commits.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written, and will be found.
    fn begin_refund(&self, refund: &NewRefund) -> impl Future<Output = Result<BeginRefund, StoreError>> + Send;

    /// Notes the provider's id of a refund.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Broken`] where it has another one.
    fn note_refund(
        &self,
        refund: RefundId,
        provider_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Moves a refund as far as the table of states allows it, and in the same transaction the ledger, the order and the
    /// outbox. The refund as it stands then. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn settle_refund(
        &self,
        settlement: RefundSettlement<'_>,
    ) -> impl Future<Output = Result<Refund, StoreError>> + Send;

    /// The refund with this id of the provider's; none if it is none of ours, or its id has not been noted yet.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_refund_by_provider_id(
        &self,
        provider: Provider,
        provider_id: &str,
    ) -> impl Future<Output = Result<Option<Refund>, StoreError>> + Send;

    /// Refunds that are PENDING and have not changed since `before`, from behind `after` in the order of that turn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_pending_refunds(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<RefundId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Refund>, StoreError>> + Send;
}

/// A payment provider that sends money back, in the words of Stripe's Refunds (<https://docs.stripe.com/api/refunds>).
pub trait RefundGateway: Send + Sync {
    /// Sends money back. Safe to repeat with the same arguments, within a day.
    ///
    /// # Errors
    /// [`GatewayError`]; after [`GatewayError::Unknown`] and [`GatewayError::Failed`] the refund is to be
    /// [looked for](Self::find_refund). [`GatewayError::Declined`] is the provider's last word; after [`GatewayError::Refused`] the
    /// same refund may be made once somebody has put something right.
    fn create_refund(&self, refund: &Refund) -> impl Future<Output = Result<ProviderRefund, GatewayError>> + Send;

    /// The refund as the provider sees it, by the provider's id if that is known, else among those of the payment; none if
    /// there is none.
    ///
    /// # Errors
    /// [`GatewayError`].
    fn find_refund(&self, refund: &Refund)
    -> impl Future<Output = Result<Option<ProviderRefund>, GatewayError>> + Send;
}
