//! How a request to pay ends.

use commerce_domain::{
    PaymentId,
    state::{OrderStatus, PaymentState},
};

use super::{
    gateway::{Decline, Intent, IntentStatus},
    means::Provider,
    types::{Attempt, Settled, Verdict},
};
use crate::Secret;

/// How a request to pay ended, or how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// Paid.
    Succeeded {
        /// The payment.
        payment: PaymentId,
        /// The provider's receipt.
        receipt_url: Option<String>,
    },
    /// The customer has to confirm it.
    RequiresAction {
        /// The payment.
        payment: PaymentId,
        /// Where to send the customer.
        redirect_url: Option<Secret>,
        /// For the provider's own client library.
        client_secret: Option<Secret>,
    },
    /// The money is set aside, and taken once the shop asks for it.
    Authorised(PaymentId),
    /// Not known yet.
    Processing(PaymentId),
    /// The provider said no.
    Declined(Decline),
    /// The order was paid before.
    AlreadyPaid(PaymentId),
    /// The stock is no longer held.
    Expired,
    /// The order cannot be paid in this state.
    Closed(OrderStatus),
}

impl PaymentOutcome {
    /// Whether the answer is kept and replayed. What is not over is not kept: whoever repeats the request is told where the
    /// payment stands by then, and what only the customer may see is nowhere written down.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self, Self::RequiresAction { .. } | Self::Authorised(_) | Self::Processing(_))
    }
}

/// What an intent says about the confirmation that was sent; none where it says nothing.
pub(crate) fn decided(intent: &Intent) -> Option<Verdict> {
    match intent.status {
        IntentStatus::Succeeded => {
            Some(Verdict::Succeeded { received: intent.received, receipt_url: intent.receipt_url.clone() })
        }
        IntentStatus::RequiresAction => Some(Verdict::RequiresAction {
            redirect_url: intent.redirect_url.clone(),
            client_secret: intent.client_secret.clone(),
        }),
        IntentStatus::RequiresCapture => Some(Verdict::Authorised { capture_before: intent.capture_before }),
        IntentStatus::Processing => Some(Verdict::Unknown),
        IntentStatus::Canceled => Some(Verdict::Canceled),
        IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation | IntentStatus::Approved => None,
    }
}

/// What an intent says about an attempt that an earlier request began; none where its confirmation may be on its way still.
pub(super) fn decided_since(attempt: &Attempt, intent: &Intent) -> Option<Verdict> {
    // The customer was asked, so the confirmation had arrived: the customer's answer was no. An intent of PayPal's says so only
    // once its one charge was declined.
    let refused = || {
        let asked = attempt.state == PaymentState::RequiresAction || attempt.provider == Provider::PayPal;
        let answered = asked && intent.status != IntentStatus::Approved;
        answered.then(|| Verdict::Declined(intent.decline.clone().unwrap_or_else(failed_decline)))
    };
    decided(intent).or_else(refused)
}

/// What is answered to a verdict on an attempt.
pub(super) fn outcome_of(attempt: &Attempt, verdict: &Verdict) -> PaymentOutcome {
    let payment = attempt.payment_id;
    match verdict {
        Verdict::Succeeded { receipt_url, .. } => {
            PaymentOutcome::Succeeded { payment, receipt_url: receipt_url.clone() }
        }
        Verdict::RequiresAction { redirect_url, client_secret } => PaymentOutcome::RequiresAction {
            payment,
            redirect_url: redirect_url.clone(),
            client_secret: client_secret.clone(),
        },
        Verdict::Authorised { .. } => PaymentOutcome::Authorised(payment),
        Verdict::Unknown => PaymentOutcome::Processing(payment),
        Verdict::Declined(decline) => PaymentOutcome::Declined(decline.clone()),
        Verdict::Canceled | Verdict::NotAnnounced { .. } => PaymentOutcome::Declined(canceled_decline()),
    }
}

/// What is answered where somebody else's verdict stands.
pub(super) fn outcome_in(attempt: &Attempt, settled: &Settled) -> PaymentOutcome {
    match (settled.payment, settled.attempt) {
        (PaymentState::Succeeded, _) => PaymentOutcome::AlreadyPaid(attempt.payment_id),
        (_, PaymentState::Failed) => PaymentOutcome::Declined(settled.decline.clone().unwrap_or_else(failed_decline)),
        (_, PaymentState::Canceled) => PaymentOutcome::Declined(canceled_decline()),
        (_, PaymentState::Authorised) => PaymentOutcome::Authorised(attempt.payment_id),
        _ => PaymentOutcome::Processing(attempt.payment_id),
    }
}

/// The provider failed at the charge, and has not charged.
pub(super) fn failed_decline() -> Decline {
    decline("processing_error", "The payment could not be processed. Please try again.")
}

/// The customer turned to other means before this attempt had come to anything.
pub(super) fn superseded_decline() -> Decline {
    decline("superseded", "Another payment method was chosen.")
}

pub(super) fn expired_decline() -> Decline {
    decline("reservation_expired", "")
}

pub(super) fn unreachable_decline() -> Decline {
    decline("provider_unreachable", "")
}

pub(super) fn no_such_method_decline() -> Decline {
    decline("no_such_method", "")
}

fn canceled_decline() -> Decline {
    decline("payment_canceled", "The payment was called off.")
}

fn decline(code: &str, message: &str) -> Decline {
    Decline { code: code.to_owned(), message: message.to_owned() }
}
