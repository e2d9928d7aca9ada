//! Payments and their attempts as they are written down.

use commerce_domain::{
    AttemptId, CustomerId, EventId, Money, OrderId, PaymentId,
    state::{OrderStatus, PaymentEvent, PaymentState},
};
use jiff::Timestamp;

use super::gateway::Decline;
use crate::idempotency::{ClaimKey, StoredAnswer};

/// What of an order matters to its payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// What has to be paid.
    pub total: Money,
    /// The means of payment that the order names.
    pub payment_method: Option<String>,
}

/// An attempt to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// Whose order it is.
    pub customer_id: CustomerId,
    /// The order.
    pub order_id: OrderId,
    /// The payment's id, if the order has none yet.
    pub payment_id: PaymentId,
    /// The attempt's id.
    pub attempt_id: AttemptId,
    /// The means of payment; none where nothing is to be paid.
    pub payment_method: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// An attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The attempt.
    pub id: AttemptId,
    /// Its number within the payment, from 1.
    pub number: u32,
    /// The payment.
    pub payment_id: PaymentId,
    /// The order.
    pub order_id: OrderId,
    /// What is to be paid.
    pub amount: Money,
    /// The provider's id of the payment, once it has answered.
    pub intent_id: Option<String>,
    /// The means of payment.
    pub payment_method: Option<String>,
    /// Where the attempt stands.
    pub state: PaymentState,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether this request began it.
    pub fresh: bool,
}

/// What became of the wish to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The customer has no such order.
    NoOrder,
    /// The order is paid, by this payment.
    Paid(PaymentId),
    /// The order cannot be paid in this state.
    Closed(OrderStatus),
    /// This attempt is under way: begun now, or found.
    Attempt(Box<Attempt>),
}

/// What an attempt came to, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The money was taken.
    Succeeded {
        /// The provider's receipt.
        receipt_url: Option<String>,
    },
    /// The customer has to confirm it.
    RequiresAction {
        /// Where to send the customer.
        redirect_url: Option<String>,
        /// For the provider's own client library.
        client_secret: Option<String>,
    },
    /// The money is set aside.
    Authorised,
    /// Not known yet.
    Unknown,
    /// The provider said no.
    Declined(Decline),
    /// The provider called the payment off for good.
    Canceled,
}

impl Verdict {
    /// The event that moves the payment.
    #[must_use]
    pub fn event(&self) -> PaymentEvent {
        match self {
            Self::Succeeded { .. } => PaymentEvent::Succeed,
            Self::RequiresAction { .. } => PaymentEvent::AskAction,
            Self::Authorised => PaymentEvent::Authorise,
            Self::Unknown => PaymentEvent::LoseReply,
            Self::Declined(_) => PaymentEvent::Decline,
            Self::Canceled => PaymentEvent::Cancel,
        }
    }

    /// The state that it leads to.
    #[must_use]
    pub fn state(&self) -> PaymentState {
        match self {
            Self::Succeeded { .. } => PaymentState::Succeeded,
            Self::RequiresAction { .. } => PaymentState::RequiresAction,
            Self::Authorised => PaymentState::Authorised,
            Self::Unknown => PaymentState::Unknown,
            Self::Declined(_) => PaymentState::Failed,
            Self::Canceled => PaymentState::Canceled,
        }
    }
}

/// A verdict to be written down, with all that follows from it, in one transaction.
#[derive(Debug, Clone)]
pub struct Settlement<'a> {
    /// The attempt.
    pub attempt: &'a Attempt,
    /// What it came to.
    pub verdict: &'a Verdict,
    /// The id of the event that tells of it, if it is one to tell.
    pub event: EventId,
    /// The claim that ends with it, its fence, and its answer.
    pub claim: Option<(&'a ClaimKey, i64, &'a StoredAnswer)>,
    /// Now.
    pub now: Timestamp,
}
