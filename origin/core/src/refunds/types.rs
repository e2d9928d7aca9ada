//! Refunds as they are written down, and as the provider sees them.

use std::str::FromStr;

use commerce_domain::{
    EventId, Money, OrderId, PaymentId, RefundId,
    state::{PaymentState, RefundEvent, RefundState, UnknownState},
};
use jiff::Timestamp;

use crate::payments::{Decline, Provider, WebhookReceipt};

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundReason {
    /// The customer wanted it.
    RequestedByCustomer,
    /// It was paid twice.
    Duplicate,
    /// It was not the customer who paid.
    Fraudulent,
    /// The order was called off.
    OrderCancelled,
    /// The money came for goods that will not leave for it.
    Stranded,
    /// Goods came back.
    Returned,
}

impl RefundReason {
    /// What may be named in a request.
    pub const ASKED: [Self; 3] = [Self::RequestedByCustomer, Self::Duplicate, Self::Fraudulent];
    const ALL: [Self; 6] = [
        Self::RequestedByCustomer,
        Self::Duplicate,
        Self::Fraudulent,
        Self::OrderCancelled,
        Self::Stranded,
        Self::Returned,
    ];

    /// As it is written down and spelled in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestedByCustomer => "requested_by_customer",
            Self::Duplicate => "duplicate",
            Self::Fraudulent => "fraudulent",
            Self::OrderCancelled => "order_cancelled",
            Self::Stranded => "stranded",
            Self::Returned => "returned",
        }
    }
}

impl FromStr for RefundReason {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(UnknownState)
    }
}

/// What can be refunded of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refundable {
    /// Where the payment stands.
    pub state: PaymentState,
    /// What was taken and has neither gone back nor is on its way.
    pub left: Money,
}

/// A refund to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The id, if there is none for the cause yet.
    pub id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// What causes it, 1 to 100 characters. The same cause refunds once.
    pub cause: String,
    /// How much; all that is left if absent.
    pub amount: Option<Money>,
    /// Why.
    pub reason: RefundReason,
    /// Now.
    pub now: Timestamp,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The refund.
    pub id: RefundId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// Where it stands.
    pub state: RefundState,
    /// Why it failed, if it did: the provider's code.
    pub failure: Option<String>,
    /// Who moves the money.
    pub provider: Provider,
    /// The provider's id of the payment; none where the provider was never asked to charge.
    pub intent_id: Option<String>,
    /// The provider's id of the refund, once it has answered.
    pub provider_id: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// Whether this call wrote it down.
    pub fresh: bool,
}

/// A refund as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's id.
    pub id: String,
    /// What has become of it; none while it is under way.
    pub verdict: Option<RefundVerdict>,
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundVerdict {
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed(Decline),
}

impl RefundVerdict {
    /// The event that moves the refund.
    #[must_use]
    pub fn event(&self) -> RefundEvent {
        match self {
            Self::Succeeded => RefundEvent::Succeed,
            Self::Failed(_) => RefundEvent::Fail,
        }
    }
}

/// A verdict on a refund to be written down, with all that follows from it, in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct RefundSettlement<'a> {
    /// The refund.
    pub refund: &'a Refund,
    /// What became of it.
    pub verdict: &'a RefundVerdict,
    /// The id of the event that tells of it.
    pub event: EventId,
    /// The webhook that told of it, if one did.
    pub receipt: Option<&'a WebhookReceipt<'a>>,
    /// Now.
    pub now: Timestamp,
}
