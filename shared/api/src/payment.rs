//! Payments on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, page::Pagination};

/// `POST /payments`: the only thing that charges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePaymentRequest {
    /// `order_…`
    pub order_id: String,
    /// The order's total, to the cent; any other amount is a 422.
    pub amount: Amount,
    /// How to pay; the order's default if absent.
    pub payment_method_id: Option<String>,
}

/// Answers `POST /payments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentResponse {
    /// `pay_…`
    pub payment_id: String,
    /// `succeeded`, `authorised`, `requires_action` or `processing`.
    pub status: String,
    /// The provider's receipt, once paid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt_url: Option<String>,
    /// What the customer has to do, while `requires_action`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_action: Option<NextAction>,
}

/// A step that the customer has to take at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextAction {
    /// `redirect_to_url`
    #[serde(rename = "type")]
    pub kind: String,
    /// Where to send the customer.
    pub redirect_url: Option<String>,
    /// For the provider's own client library.
    pub client_secret: Option<String>,
}

/// `GET /payments/{paymentId}`, and an entry of `GET /payments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetailResponse {
    /// `pay_…`
    pub id: String,
    /// `order_…`
    pub order_id: String,
    /// One of the payment states.
    pub status: String,
    /// What was to be paid.
    pub amount: Amount,
    /// The currency of every amount.
    pub currency: String,
    /// What has gone back.
    pub refunded: Amount,
    /// The refunds, oldest first.
    pub refunds: Vec<RefundResponse>,
    /// The provider's receipt, once paid.
    pub receipt_url: Option<String>,
    /// Until when the money can be taken that is set aside. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capture_before: Option<Timestamp>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    pub updated_at: Timestamp,
}

/// `GET /payments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentListResponse {
    /// The payments of this page, newest first.
    pub data: Vec<PaymentDetailResponse>,
    /// Where the page stands.
    pub pagination: Pagination,
}

/// `POST /payments/{paymentId}/refunds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRefundRequest {
    /// How much; all that is left if absent.
    pub amount: Option<Amount>,
    /// `requested_by_customer` (if absent), `duplicate` or `fraudulent`.
    pub reason: Option<String>,
}

/// Answers `POST /payments/{paymentId}/refunds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundResponse {
    /// `ref_…`
    pub id: String,
    /// `pay_…`
    pub payment_id: String,
    /// `order_…`
    pub order_id: String,
    /// How much.
    pub amount: Amount,
    /// The currency of the amount.
    pub currency: String,
    /// `PENDING`, `SUCCEEDED` or `FAILED`.
    pub status: String,
    /// Why: as asked, `order_cancelled`, `returned`, or `stranded` where the money came for goods that could not leave for it.
    pub reason: String,
    /// Why it failed, if it did: the provider's code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
}
