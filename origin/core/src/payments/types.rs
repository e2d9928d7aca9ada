//! Payments and their attempts as they are written down.

use commerce_domain::{
    AttemptId, CustomerId, EventId, Money, OrderId, PaymentId, RefundId,
    state::{IllegalTransition, OrderStatus, PaymentEvent, PaymentState},
};
use jiff::Timestamp;

use super::{gateway::Decline, means::Provider, webhook::WebhookReceipt};
use crate::{
    Secret,
    idempotency::{ClaimKey, LEASE, StoredAnswer},
};

/// What of an order matters to its payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// What has to be paid.
    pub total: Money,
    /// The means of payment that the order names.
    pub payment_method: Option<String>,
    /// What the hold on its stock has yet to do about earlier attempts; oldest first.
    pub hold_steps: Vec<HoldStep>,
}

/// What the outcome of an attempt means for the hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldMove {
    /// The order is paid: the goods leave.
    Consume,
    /// It is not: the hold gets its clock back.
    GiveBack,
}

/// What a hold has to do about an attempt that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldStep {
    /// The order.
    pub order_id: OrderId,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// What there is to do.
    pub hold: HoldMove,
}

/// That a hold has done it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldNote {
    /// What it did.
    pub step: HoldStep,
    /// Whether the order was paid though its goods are not held any more.
    pub stranded: bool,
    /// The id of the event that tells of stranded money.
    pub event: EventId,
    /// The id of its refund.
    pub refund: RefundId,
    /// The id of the event that tells that the order is called off for it.
    pub order_event: EventId,
    /// Now.
    pub now: Timestamp,
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

impl NewAttempt {
    /// Who takes its means of payment.
    #[must_use]
    pub fn provider(&self) -> Provider {
        Provider::of(self.payment_method.as_deref())
    }
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
    /// Who moves the money.
    pub provider: Provider,
    /// The provider's id of the payment, once it has answered.
    pub intent_id: Option<String>,
    /// The means of payment.
    pub payment_method: Option<String>,
    /// Where the attempt stands.
    pub state: PaymentState,
    /// Until when the order's stock is held, unless a payment is under way by then.
    pub hold_until: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether this request began it.
    pub fresh: bool,
}

impl Attempt {
    /// Whether the request that began the attempt may still be at it: it has written it down, and not told yet what came of
    /// it.
    #[must_use]
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        self.state == PaymentState::Created && self.is_recent(now)
    }

    /// Whether a charge may be on its way that nothing can call back. At Stripe, to call the intent off calls it back; at PayPal
    /// only time does.
    #[must_use]
    pub fn may_yet_charge(&self, now: Timestamp) -> bool {
        let sent = matches!(self.state, PaymentState::Created | PaymentState::Unknown);
        self.provider == Provider::PayPal && sent && self.is_recent(now)
    }

    fn is_recent(&self, now: Timestamp) -> bool {
        now < self.updated_at.saturating_add(LEASE).unwrap_or(self.updated_at)
    }
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
    /// The order's stock is no longer held, and no attempt is under way. Nothing was written.
    Expired,
    /// The order is being closed. Nothing was written.
    Closing,
    /// The payment stands where no attempt can begin.
    Illegal(IllegalTransition),
    /// This attempt has failed, and the next one needs an intent of its own: the payment has to be called off first. Nothing was
    /// written.
    CallOff(Box<Attempt>),
    /// This attempt is under way: begun now, or found.
    Attempt(Box<Attempt>),
}

/// What an attempt came to, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The money was taken.
    Succeeded {
        /// What was taken; what was to be paid if the provider does not say.
        received: Option<Money>,
        /// The provider's receipt.
        receipt_url: Option<String>,
    },
    /// The customer has to confirm it.
    RequiresAction {
        /// Where to send the customer.
        redirect_url: Option<Secret>,
        /// For the provider's own client library.
        client_secret: Option<Secret>,
    },
    /// The money is set aside.
    Authorised {
        /// Until when it can be taken, if the provider says so.
        capture_before: Option<Timestamp>,
    },
    /// Not known yet.
    Unknown,
    /// The provider said no.
    Declined(Decline),
    /// The provider called the payment off for good.
    Canceled,
    /// The provider cannot be told of the payment. Stands only as long as it was not told by somebody else.
    NotAnnounced {
        /// Why: a code for the records.
        reason: &'static str,
    },
}

impl Verdict {
    /// What was taken, where that is not what was to be paid by the attempt.
    #[must_use]
    pub fn taken_otherwise(&self, attempt: &Attempt) -> Option<Money> {
        match self {
            Self::Succeeded { received, .. } => received.filter(|received| *received != attempt.amount),
            _ => None,
        }
    }

    /// The event that moves the payment.
    #[must_use]
    pub fn event(&self) -> PaymentEvent {
        match self {
            Self::Succeeded { .. } => PaymentEvent::Succeed,
            Self::RequiresAction { .. } => PaymentEvent::AskAction,
            Self::Authorised { .. } => PaymentEvent::Authorise,
            Self::Unknown => PaymentEvent::LoseReply,
            Self::Declined(_) => PaymentEvent::Decline,
            Self::Canceled | Self::NotAnnounced { .. } => PaymentEvent::Cancel,
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
    /// The id of the event that tells that the order can be packed (`OrderProcessed`), if it can.
    pub order_event: EventId,
    /// The id of the refund, if the order does not wait for the money.
    pub refund: RefundId,
    /// The claim that ends with it, its fence, and its answer.
    pub claim: Option<(&'a ClaimKey, i64, &'a StoredAnswer)>,
    /// The webhook that told of it, if one did. It is noted as handled whatever the verdict changes.
    pub receipt: Option<&'a WebhookReceipt<'a>>,
    /// Now.
    pub now: Timestamp,
}

/// What is written down once a verdict was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whether the verdict stands, written now or before. If not, somebody else was first: nothing was written, and the
    /// claim has not ended.
    pub stands: bool,
    /// Where the attempt stands.
    pub attempt: PaymentState,
    /// Where the payment stands: elsewhere than the attempt, if that is not its latest.
    pub payment: PaymentState,
    /// Why the attempt failed, if it did.
    pub decline: Option<Decline>,
    /// What the hold has to do, if the attempt is over.
    pub hold: Option<HoldMove>,
}
