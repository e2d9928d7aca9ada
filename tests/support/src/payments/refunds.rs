//! Refunds: <https://docs.stripe.com/api/refunds>.

use serde_json::{Value, json};

use super::{
    book::Book,
    cards,
    error::StripeError,
    form::Form,
    model::{Refund, RefundStatus},
};

const PARAMETERS: [&str; 6] = ["amount", "charge", "expand", "metadata", "payment_intent", "reason"];
const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

impl Book {
    pub(super) fn create_refund(&mut self, form: &Form, now: i64) -> Result<Value, StripeError> {
        form.allow(&PARAMETERS)?;
        let reason = form.choice("reason", &REASONS)?.map(str::to_owned);
        let metadata = form.metadata()?;
        let asked = form.amount("amount")?;
        let charge_id = self.charge_to_refund(form)?;
        let id = self.new_id("re");
        let charge =
            self.charges.get_mut(&charge_id).ok_or_else(|| StripeError::missing("charge", &charge_id, "charge"))?;
        if charge.failure.is_some() || !charge.captured {
            return Err(StripeError::state(
                "charge_not_refundable",
                "This charge holds no money that could be refunded.",
            ));
        }
        let remaining = charge.amount - charge.amount_refunded;
        if remaining == 0 {
            let message = format!("Charge {charge_id} has already been refunded.");
            return Err(StripeError::state("charge_already_refunded", message));
        }
        let amount = asked.unwrap_or(remaining);
        if amount == 0 || amount > remaining {
            let message = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({remaining})");
            return Err(StripeError::state("amount_too_large", message).param("amount"));
        }
        charge.amount_refunded += amount;
        let method = charge.payment_method.as_deref().unwrap_or_default();
        let pending = cards::behaviour(method).is_ok_and(|behaviour| behaviour.pending_refund);
        let refund = Refund {
            id: id.clone(),
            charge: charge_id.clone(),
            intent: charge.intent.clone(),
            amount,
            currency: charge.currency.clone(),
            reason,
            metadata,
            status: if pending { RefundStatus::Pending } else { RefundStatus::Succeeded },
            created: now,
        };
        self.tell_refund("refund.created", &refund);
        self.tell_charge("charge.refunded", &charge_id);
        let object = refund.object();
        self.refunds.insert(&id, refund);
        Ok(object)
    }

    /// What the customer's bank makes of a refund: sooner or later, it has the money, or sends it back.
    pub(super) fn settle_refund(&mut self, id: &str, failed: bool) -> Result<Value, StripeError> {
        let refund = self.refunds.get_mut(id).ok_or_else(|| StripeError::missing("refund", id, "refund"))?;
        let status = if failed { RefundStatus::Failed } else { RefundStatus::Succeeded };
        let sent_back = failed && refund.status != RefundStatus::Failed;
        refund.status = status;
        let (refund, object) = (refund.clone(), refund.object());
        if sent_back && let Some(charge) = self.charges.get_mut(&refund.charge) {
            charge.amount_refunded -= refund.amount;
        }
        self.tell_refund("refund.updated", &refund);
        if failed {
            self.tell_refund("refund.failed", &refund);
        }
        Ok(object)
    }

    /// The refunds of a payment, newest first: a list in one page.
    pub(super) fn refunds_of(&self, intent: &str) -> Value {
        let mut data: Vec<Value> =
            self.refunds.iter().filter(|refund| refund.intent == intent).map(Refund::object).collect();
        data.reverse();
        json!({"object": "list", "data": data, "has_more": false, "url": "/v1/refunds"})
    }

    pub(super) fn refund(&self, id: &str) -> Result<Value, StripeError> {
        self.refunds.get(id).map(Refund::object).ok_or_else(|| StripeError::missing("refund", id, "refund"))
    }

    /// The charge that the parameters name: itself, or by its payment intent.
    fn charge_to_refund(&self, form: &Form) -> Result<String, StripeError> {
        match (form.text("charge"), form.text("payment_intent")) {
            (Some(charge), None) => Ok(charge.to_owned()),
            (None, Some(intent)) => {
                let intent = self
                    .intents
                    .get(intent)
                    .ok_or_else(|| StripeError::missing("payment_intent", intent, "payment_intent"))?;
                intent.latest_charge.clone().ok_or_else(|| {
                    let message =
                        format!("This PaymentIntent ({}) does not have a successful charge to refund.", intent.id);
                    StripeError::state("payment_intent_unexpected_state", message)
                })
            }
            _ => Err(StripeError::invalid("One of the following params should be provided: payment_intent or charge.")
                .code("parameter_missing")),
        }
    }
}
