//! Payments as their customers read them.

use std::future::Future;

use commerce_api::page::Page;
use commerce_domain::{
    CustomerId, Money, OrderId, PaymentId,
    state::{PaymentState, RefundState},
};
use jiff::Timestamp;

use crate::{StoreError, refunds::Refund};

/// A payment, with its refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The payment.
    pub id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub state: PaymentState,
    /// What was to be paid.
    pub amount: Money,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// The provider's receipt.
    pub receipt_url: Option<String>,
    /// Until when the money can be taken, while it is set aside.
    pub capture_before: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PaymentRecord {
    /// What has gone back.
    #[must_use]
    pub fn refunded(&self) -> Money {
        let gone = self.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
        // No more goes back than was taken, so the sum is an amount too.
        Money::sum(self.amount.currency(), gone.map(|refund| refund.amount)).unwrap_or(self.amount)
    }
}

/// A page of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPage {
    /// The payments of the page, newest first.
    pub payments: Vec<PaymentRecord>,
    /// How many there are on all pages.
    pub total: u64,
}

/// Reads payments. Those of others do not exist for a customer.
pub trait ReadPayments: Send + Sync {
    /// One of the customer's payments; of anybody's for the shop, which names no customer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_payment(
        &self,
        customer: Option<CustomerId>,
        payment: PaymentId,
    ) -> impl Future<Output = Result<Option<PaymentRecord>, StoreError>> + Send;

    /// A page of the customer's payments, of one order or of all, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_payments(
        &self,
        customer: CustomerId,
        order: Option<OrderId>,
        page: Page,
    ) -> impl Future<Output = Result<PaymentPage, StoreError>> + Send;
}
