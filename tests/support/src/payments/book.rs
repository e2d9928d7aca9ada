//! Everything the provider remembers, and the events that its changes give rise to.

use serde_json::{Value, json};

use super::{
    error::StripeError,
    journal::Record,
    model::{Charge, Dispute, Intent, IntentStatus, Refund},
};
use crate::{SharedEntropy, bounded::BoundedMap, entropy::random_hex};

/// Objects of each kind; the oldest is forgotten first.
const MAX_OBJECTS: usize = 50_000;

/// Something that happened, to be told by webhook: the event's type and the object it is about.
#[derive(Debug, Clone)]
pub(super) struct Happening {
    pub(super) kind: &'static str,
    pub(super) object: Value,
}

pub(super) struct Book {
    pub(super) intents: BoundedMap<Intent>,
    pub(super) charges: BoundedMap<Charge>,
    pub(super) refunds: BoundedMap<Refund>,
    pub(super) disputes: BoundedMap<Dispute>,
    base_url: String,
    happenings: Vec<Happening>,
    entropy: SharedEntropy,
}

impl Book {
    pub(super) fn new(base_url: String, entropy: SharedEntropy) -> Self {
        Self {
            intents: BoundedMap::new(MAX_OBJECTS),
            charges: BoundedMap::new(MAX_OBJECTS),
            refunds: BoundedMap::new(MAX_OBJECTS),
            disputes: BoundedMap::new(MAX_OBJECTS),
            base_url,
            happenings: Vec::new(),
            entropy,
        }
    }

    /// A new id such as `ch_…`.
    pub(super) fn new_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", random_hex(&*self.entropy, 12))
    }

    /// Where the holder of an intent's card authenticates.
    pub(super) fn action_url(&self, intent: &str) -> String {
        format!("{}/test/3ds/{intent}", self.base_url)
    }

    pub(super) fn receipt_url(&self, charge: &str) -> String {
        format!("{}/receipts/{charge}", self.base_url)
    }

    pub(super) fn intent(&self, id: &str) -> Result<&Intent, StripeError> {
        self.intents.get(id).ok_or_else(|| StripeError::missing("payment_intent", id, "intent"))
    }

    pub(super) fn intent_mut(&mut self, id: &str) -> Result<&mut Intent, StripeError> {
        self.intents.get_mut(id).ok_or_else(|| StripeError::missing("payment_intent", id, "intent"))
    }

    /// The intent as it is answered, with its charge written out where that was asked for.
    pub(super) fn intent_object(&self, id: &str, expand_charge: bool) -> Result<Value, StripeError> {
        let intent = self.intent(id)?;
        let charge = intent.latest_charge.as_deref().filter(|_| expand_charge).and_then(|id| self.charges.get(id));
        Ok(intent.object(charge.map(Charge::object)))
    }

    pub(super) fn tell_intent(&mut self, kind: &'static str, id: &str) {
        if let Some(object) = self.intents.get(id).map(|intent| intent.object(None)) {
            self.happenings.push(Happening { kind, object });
        }
    }

    pub(super) fn tell_charge(&mut self, kind: &'static str, id: &str) {
        if let Some(object) = self.charges.get(id).map(Charge::object) {
            self.happenings.push(Happening { kind, object });
        }
    }

    pub(super) fn tell_refund(&mut self, kind: &'static str, refund: &Refund) {
        self.happenings.push(Happening { kind, object: refund.object() });
    }

    pub(super) fn tell_dispute(&mut self, kind: &'static str, dispute: &Dispute) {
        self.happenings.push(Happening { kind, object: dispute.object() });
    }

    /// What happened since the last call.
    pub(super) fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    /// What `happened` was about, as it is now. What changes a charge in silence tells of its intent.
    pub(super) fn changed(&self, happened: &[Happening]) -> Vec<Record> {
        let mut changed = Vec::new();
        for Happening { object, .. } in happened {
            let id = object["id"].as_str().unwrap_or_default();
            let charge = object["latest_charge"].as_str().unwrap_or(id);
            changed.extend(self.intents.get(id).cloned().map(Record::Intent));
            changed.extend(self.charges.get(charge).cloned().map(Record::Charge));
            changed.extend(self.refunds.get(id).cloned().map(Record::Refund));
            changed.extend(self.disputes.get(id).cloned().map(Record::Dispute));
        }
        changed
    }

    /// Everything there is, for a journal.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        let intents = self.intents.iter().cloned().map(Record::Intent);
        let charges = self.charges.iter().cloned().map(Record::Charge);
        let refunds = self.refunds.iter().cloned().map(Record::Refund);
        intents.chain(charges).chain(refunds).chain(self.disputes.iter().cloned().map(Record::Dispute))
    }

    /// Takes back what an earlier run noted.
    pub(super) fn restore_intent(&mut self, intent: Intent) {
        let (id, action_url) = (intent.id.clone(), self.action_url(&intent.id));
        self.intents.insert(&id, Intent { action_url, ..intent });
    }

    /// As [`Self::restore_intent`].
    pub(super) fn restore_charge(&mut self, charge: Charge) {
        let (id, receipt_url) = (charge.id.clone(), self.receipt_url(&charge.id));
        self.charges.insert(&id, Charge { receipt_url, ..charge });
    }

    /// Everything there is, oldest first.
    pub(super) fn state(&self) -> Value {
        json!({
            "payment_intents": self.intents.iter().map(|intent| intent.object(None)).collect::<Vec<_>>(),
            "charges": self.charges.iter().map(Charge::object).collect::<Vec<_>>(),
            "refunds": self.refunds.iter().map(Refund::object).collect::<Vec<_>>(),
            "disputes": self.disputes.iter().map(Dispute::object).collect::<Vec<_>>(),
        })
    }
}

/// 400 for an intent whose status does not allow `verb`.
pub(super) fn unexpected_state(intent: &Intent, verb: &str) -> StripeError {
    let why = match intent.status {
        IntentStatus::Succeeded => "it has already succeeded".to_owned(),
        status => format!("it has a status of {}", status.name()),
    };
    StripeError::state(
        "payment_intent_unexpected_state",
        format!("You cannot {verb} this PaymentIntent because {why}."),
    )
    .about(intent.object(None))
}
