//! The objects, and how they are written: <https://docs.stripe.com/api/payment_intents/object>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// <https://docs.stripe.com/payments/paymentintents/lifecycle>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl IntentStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: u64,
    pub(super) amount_received: u64,
    pub(super) currency: String,
    pub(super) status: IntentStatus,
    pub(super) payment_method: Option<String>,
    pub(super) manual_capture: bool,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) description: Option<String>,
    pub(super) receipt_email: Option<String>,
    pub(super) return_url: Option<String>,
    pub(super) latest_charge: Option<String>,
    pub(super) last_payment_error: Option<Value>,
    pub(super) client_secret: String,
    /// Where the cardholder authenticates; elsewhere in the next run.
    #[serde(skip)]
    pub(super) action_url: String,
    pub(super) cancellation_reason: Option<String>,
    pub(super) canceled_at: Option<i64>,
    pub(super) created: i64,
}

impl Intent {
    /// The object; `charge` stands in for the charge's id where the caller asked to expand it.
    pub(super) fn object(&self, charge: Option<Value>) -> Value {
        let capturable = if self.status == IntentStatus::RequiresCapture { self.amount } else { 0 };
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": capturable,
            "amount_received": self.amount_received,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": if self.manual_capture { "manual" } else { "automatic" },
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "last_payment_error": self.last_payment_error,
            "latest_charge": charge.or_else(|| self.latest_charge.clone().map(Value::from)),
            "livemode": false,
            "metadata": self.metadata,
            "next_action": self.next_action(),
            "payment_method": self.payment_method,
            "payment_method_types": ["card"],
            "receipt_email": self.receipt_email,
            "status": self.status.name(),
        })
    }

    /// A page to go to where the browser can come back from it; Stripe's own script shows it in the shop's page otherwise.
    fn next_action(&self) -> Option<Value> {
        (self.status == IntentStatus::RequiresAction).then(|| match &self.return_url {
            Some(return_url) => json!({
                "type": "redirect_to_url",
                "redirect_to_url": { "url": self.action_url, "return_url": return_url },
            }),
            None => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": self.action_url },
            }),
        })
    }
}

/// For how long money is set aside, in seconds.
const CAPTURE_WITHIN: i64 = 7 * 24 * 3600;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) intent: String,
    pub(super) amount: u64,
    pub(super) amount_captured: u64,
    pub(super) amount_refunded: u64,
    pub(super) currency: String,
    pub(super) payment_method: Option<String>,
    pub(super) captured: bool,
    /// Code and message of a failed charge.
    pub(super) failure: Option<(String, String)>,
    pub(super) metadata: BTreeMap<String, String>,
    /// Elsewhere in the next run.
    #[serde(skip)]
    pub(super) receipt_url: String,
    pub(super) created: i64,
}

impl Charge {
    pub(super) fn object(&self) -> Value {
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "captured": self.captured,
            "created": self.created,
            "currency": self.currency,
            "failure_code": self.failure.as_ref().map(|(code, _)| code),
            "failure_message": self.failure.as_ref().map(|(_, message)| message),
            "livemode": false,
            "metadata": self.metadata,
            "paid": self.failure.is_none(),
            "payment_intent": self.intent,
            "payment_method": self.payment_method,
            "payment_method_details": { "type": "card", "card": self.card() },
            "receipt_url": self.failure.is_none().then_some(&self.receipt_url),
            "refunded": self.failure.is_none() && self.amount_refunded == self.amount,
            "status": if self.failure.is_some() { "failed" } else { "succeeded" },
        })
    }
}

impl Charge {
    fn card(&self) -> Value {
        let mut card = json!({ "brand": "visa", "last4": "4242" });
        if self.failure.is_none() && !self.captured {
            card["capture_before"] = json!(self.created + CAPTURE_WITHIN);
        }
        card
    }
}

/// <https://docs.stripe.com/api/disputes/object>
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) charge: String,
    pub(super) intent: String,
    pub(super) amount: u64,
    pub(super) currency: String,
    pub(super) reason: String,
    pub(super) status: DisputeStatus,
    pub(super) created: i64,
}

/// Where a dispute stands; the bank's mere questions are not played here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DisputeStatus {
    NeedsResponse,
    Won,
    Lost,
}

impl Dispute {
    pub(super) fn object(&self) -> Value {
        let amount = i64::try_from(self.amount).unwrap_or(i64::MAX);
        let moved = |amount: i64| json!({ "type": "adjustment", "amount": amount, "currency": self.currency });
        let mut movements = vec![moved(-amount)];
        if self.status == DisputeStatus::Won {
            movements.push(moved(amount));
        }
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": movements,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.intent,
            "reason": self.reason,
            "status": self.status,
        })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) charge: String,
    pub(super) intent: String,
    pub(super) amount: u64,
    pub(super) currency: String,
    pub(super) reason: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) status: RefundStatus,
    pub(super) created: i64,
}

/// <https://docs.stripe.com/refunds#refund-statuses>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RefundStatus {
    Pending,
    #[default]
    Succeeded,
    Failed,
}

impl RefundStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl Refund {
    pub(super) fn object(&self) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "failure_reason": (self.status == RefundStatus::Failed).then_some("expired_or_canceled_card"),
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "reason": self.reason,
            "status": self.status.name(),
        })
    }
}
