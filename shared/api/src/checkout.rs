//! Checkouts on the wire, as those who run the shop see them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, order::OrderItemResponse, page::Pagination};

/// A checkout that did not become an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedCheckoutResponse {
    /// `chk_…`
    pub id: String,
    /// `cust_…`
    pub customer_id: String,
    /// What was to be ordered.
    pub items: Vec<OrderItemResponse>,
    /// What it would have cost.
    pub total: Amount,
    /// The currency of every amount.
    pub currency: String,
    /// What the customer was told: `OUT_OF_STOCK`, `RESERVATION_EXPIRED`; null where that is not known.
    pub code: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    pub failed_at: Timestamp,
}

/// `GET /checkouts/failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheckoutListResponse {
    /// The checkouts of this page, the latest first.
    pub data: Vec<FailedCheckoutResponse>,
    /// Where the page stands.
    pub pagination: Pagination,
}
