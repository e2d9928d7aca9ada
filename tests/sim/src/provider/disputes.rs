//! Payments that the customer's bank calls back (<https://docs.stripe.com/disputes/how-disputes-work>).

use commerce_domain::{Money, OrderId, PaymentId};
use origin_core::payments::{Dispute, DisputeOutcome, GatewayError, Provider as Which};
use rust_decimal::Decimal;

use super::{About, Book};

/// A dispute, for all of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Disputed {
    pub(crate) at: Which,
    pub(crate) order: OrderId,
    pub(crate) payment: PaymentId,
    pub(super) intent: String,
    amount: Money,
    pub(crate) outcome: Option<DisputeOutcome>,
}

impl Disputed {
    /// What the provider has taken from the shop for it.
    pub(crate) fn withdrawn(&self) -> Decimal {
        if self.outcome == Some(DisputeOutcome::Won) { Decimal::ZERO } else { self.amount.amount() }
    }
}

impl Book {
    /// The bank calls an order's payment back: the dispute's id, where there is a payment that was never called back.
    pub(crate) fn dispute(&mut self, order: OrderId) -> Option<String> {
        let charged =
            |intent: &&super::Booked| intent.order == order && intent.charges > 0 && intent.refunds.is_empty();
        let (intent, booked) = self.intents.iter().find(|(_, intent)| charged(intent))?;
        let (intent, at, payment, amount) = (intent.clone(), booked.at, booked.payment, booked.amount);
        let id = format!("du_{intent}");
        if amount.minor() == 0 || self.disputes.contains_key(&id) {
            return None;
        }
        self.disputes.insert(id.clone(), Disputed { at, order, payment, intent, amount, outcome: None });
        let kinds: &[&str] = match at {
            Which::Stripe => &["charge.dispute.created", "charge.dispute.funds_withdrawn"],
            Which::PayPal => &["CUSTOMER.DISPUTE.CREATED"],
        };
        for kind in kinds {
            self.tell(kind, About::Dispute(id.clone()));
        }
        Some(id)
    }

    /// What the bank has of a payment, in minor units.
    pub(super) fn withdrawn_of(&self, intent: &str) -> i64 {
        let with_the_bank =
            |dispute: &&Disputed| dispute.intent == intent && dispute.outcome != Some(DisputeOutcome::Won);
        self.disputes.values().filter(with_the_bank).map(|dispute| dispute.amount.minor()).sum()
    }

    /// The bank decides.
    pub(crate) fn decide(&mut self, dispute: &str, outcome: DisputeOutcome) {
        let Some(disputed) = self.disputes.get_mut(dispute) else { return };
        disputed.outcome = Some(outcome);
        let kinds: &[&str] = match (disputed.at, outcome) {
            (Which::PayPal, _) => &["CUSTOMER.DISPUTE.RESOLVED"],
            (Which::Stripe, DisputeOutcome::Won) => &["charge.dispute.closed", "charge.dispute.funds_reinstated"],
            (Which::Stripe, _) => &["charge.dispute.closed"],
        };
        for kind in kinds {
            self.tell(kind, About::Dispute(dispute.to_owned()));
        }
    }

    pub(crate) fn read_dispute(&self, id: &str) -> Result<Dispute, GatewayError> {
        let disputed = self.disputes.get(id);
        let Disputed { amount, outcome, .. } =
            disputed.ok_or_else(|| GatewayError::Refused(format!("no such dispute: {id}")))?;
        Ok(Dispute {
            id: id.to_owned(),
            amount: *amount,
            reason: "fraudulent".to_owned(),
            withdrawn: true,
            reinstated: *outcome == Some(DisputeOutcome::Won),
            outcome: *outcome,
        })
    }
}
