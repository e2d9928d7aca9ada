//! Payments on the wire.

use serde::{Deserialize, Serialize};

use crate::Amount;

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
    /// `succeeded`, `requires_action` or `processing`.
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
