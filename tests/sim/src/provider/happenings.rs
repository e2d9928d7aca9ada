//! What the provider tells of, in webhooks (<https://docs.stripe.com/api/events/types>).

use serde_json::json;

use super::Book;

/// What an event is about, by the provider's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A payment.
    Intent(String),
    /// Money that goes back.
    Refund(String),
    /// A payment that the customer's bank calls back.
    Dispute { id: String, intent: String },
}

/// Something that has happened at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    /// The same in each delivery.
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) about: About,
}

impl Happening {
    /// The body of the webhook.
    pub(crate) fn body(&self) -> String {
        let object = match &self.about {
            About::Intent(id) | About::Refund(id) => json!({"id": id}),
            About::Dispute { id, intent } => json!({"id": id, "payment_intent": intent}),
        };
        json!({"id": self.id, "type": self.kind, "data": {"object": object}}).to_string()
    }
}

impl Book {
    /// Notes what is to be told of.
    pub(super) fn tell(&mut self, kind: &'static str, about: About) {
        let (About::Intent(object) | About::Refund(object) | About::Dispute { id: object, .. }) = &about;
        let id = format!("evt_{object}_{}", self.told);
        self.told += 1;
        self.outgoing.push(Happening { id, kind, about });
    }
}
