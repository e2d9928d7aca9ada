//! What the providers tell of, in webhooks (<https://docs.stripe.com/api/events/types>,
//! <https://developer.paypal.com/api/rest/webhooks/event-names/>).

use origin_core::payments::Provider as Which;
use serde_json::{Value, json};

use super::Book;

/// What an event is about, by the provider's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A payment.
    Intent(String),
    /// Money that goes back.
    Refund(String),
    /// A payment that the customer's bank calls back.
    Dispute(String),
}

/// Something that has happened at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    pub(crate) at: Which,
    /// The same in each delivery.
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) about: About,
    /// The webhook.
    pub(crate) body: String,
}

impl Book {
    /// Notes what is to be told of.
    pub(super) fn tell(&mut self, kind: &'static str, about: About) {
        let (About::Intent(object) | About::Refund(object) | About::Dispute(object)) = &about;
        let id = format!("evt_{object}_{}", self.told);
        self.told += 1;
        // Stripe's names are in small letters.
        let at = if kind.starts_with(char::is_uppercase) { Which::PayPal } else { Which::Stripe };
        let body = match at {
            Which::Stripe => json!({"id": id, "type": kind, "data": {"object": self.stripes(&about)}}),
            Which::PayPal => json!({"id": id, "event_type": kind, "resource": self.paypals(kind, &about)}),
        };
        self.outgoing.push(Happening { at, id, kind, about, body: body.to_string() });
    }

    fn stripes(&self, about: &About) -> Value {
        match about {
            About::Intent(id) | About::Refund(id) => json!({"id": id}),
            About::Dispute(id) => {
                json!({"id": id, "payment_intent": self.disputes.get(id).map(|dispute| &dispute.intent)})
            }
        }
    }

    fn paypals(&self, kind: &str, about: &About) -> Value {
        match about {
            About::Intent(id) if kind.starts_with("CHECKOUT.") => json!({"id": id}),
            About::Intent(id) => {
                json!({"id": format!("capture_{id}"), "supplementary_data": {"related_ids": {"order_id": id}}})
            }
            About::Refund(id) => json!({"id": id}),
            About::Dispute(id) => {
                let payment = self.disputes.get(id).map(|dispute| dispute.payment);
                json!({"dispute_id": id, "disputed_transactions": [{"custom": payment}]})
            }
        }
    }
}
