//! Goods that come back, on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, payment::RefundResponse};

/// `POST /orders/{orderId}/returns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateReturnRequest {
    /// What came back: 1 to 99 lines, each variant once.
    pub items: Vec<ReturnItemRequest>,
    /// A note, 1 to 200 characters.
    pub reason: Option<String>,
    /// Whether what was paid for shipping goes back too; no if absent. Once for an order.
    #[serde(default)]
    pub shipping_refund: bool,
}

/// Pieces of a line that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnItemRequest {
    /// `var_…`
    pub variant_id: String,
    /// How many, from 1.
    pub quantity: u32,
    /// Whether they are put on sale again.
    pub restock: bool,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnResponse {
    /// `ret_…`
    pub id: String,
    /// `order_…`
    pub order_id: String,
    /// What came back.
    pub items: Vec<ReturnItemResponse>,
    /// What goes back of the shipping, tax included; null where it stays.
    pub shipping: Option<Amount>,
    /// What all of it had cost, tax included.
    pub amount: Amount,
    /// The currency of every amount.
    pub currency: String,
    /// The money that goes back: less than the amount where less was left of the payment, null where nothing was.
    pub refund: Option<RefundResponse>,
    /// Whether all pieces that are to be sold again can be.
    pub restocked: bool,
    /// The shop's note.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
}

/// A line of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnItemResponse {
    /// `var_…`
    pub variant_id: String,
    /// How many pieces.
    pub quantity: u32,
    /// Whether they are put on sale again.
    pub restock: bool,
    /// What they had cost, tax included.
    pub amount: Amount,
}

/// `GET /orders/{orderId}/returns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnListResponse {
    /// Oldest first.
    pub data: Vec<ReturnResponse>,
}

/// How many pieces of a line can still come back: the `returnable` of a 422.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnableResponse {
    /// `var_…`
    pub variant_id: String,
    /// Ordered and not returned; 0 also for what was not ordered.
    pub quantity: u32,
}
