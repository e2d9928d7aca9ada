//! Checkouts that did not become orders, for those who run the shop.

use std::future::Future;

use commerce_api::page::Page;
use commerce_domain::{CheckoutId, CustomerId, Money};
use jiff::Timestamp;

use super::types::OrderLine;
use crate::StoreError;

/// A checkout that came to nothing. Its order's id names no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheckout {
    /// The checkout.
    pub id: CheckoutId,
    /// Whose it was.
    pub customer_id: CustomerId,
    /// What was to be ordered.
    pub lines: Vec<OrderLine>,
    /// What it would have cost.
    pub total: Money,
    /// What its customer was told, as a problem code; none for those from before it was kept.
    pub code: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it failed.
    pub failed_at: Timestamp,
}

/// A page of failed checkouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheckoutPage {
    /// The checkouts of the page, the latest first.
    pub checkouts: Vec<FailedCheckout>,
    /// How many there are on all pages.
    pub total: u64,
}

/// Reads failed checkouts.
pub trait ReadFailedCheckouts: Send + Sync {
    /// A page of them, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_failed_checkouts(&self, page: Page) -> impl Future<Output = Result<FailedCheckoutPage, StoreError>> + Send;
}
