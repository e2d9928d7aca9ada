//! Payments that the customer's bank calls back (<https://docs.stripe.com/disputes/how-disputes-work>).

use commerce_domain::{Money, OrderId};
use origin_core::payments::{Dispute, DisputeOutcome, GatewayError};
use rust_decimal::Decimal;

use super::{About, Book};

/// A dispute, for all of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Disputed {
    pub(crate) order: OrderId,
    intent: String,
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
        let (intent, amount) =
            self.intents.iter().find(|(_, intent)| charged(intent)).map(|(id, booked)| (id.clone(), booked.amount))?;
        let id = format!("du_{intent}");
        if amount.minor() == 0 || self.disputes.contains_key(&id) {
            return None;
        }
        self.disputes.insert(id.clone(), Disputed { order, intent: intent.clone(), amount, outcome: None });
        for kind in ["charge.dispute.created", "charge.dispute.funds_withdrawn"] {
            self.tell(kind, About::Dispute { id: id.clone(), intent: intent.clone() });
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
        let about = About::Dispute { id: dispute.to_owned(), intent: disputed.intent.clone() };
        self.tell("charge.dispute.closed", about.clone());
        if outcome == DisputeOutcome::Won {
            self.tell("charge.dispute.funds_reinstated", about);
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
