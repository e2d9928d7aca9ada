//! The history of payments: one entry for each event about a payment's fate.

use std::future::Future;

use commerce_domain::{AttemptId, EventId, OrderId, PaymentId, state::PaymentState};
use jiff::Timestamp;
use serde::Deserialize;

use super::{ConsumeError, data};
use crate::{StoreError, events::Envelope};

pub(super) const KINDS: [&str; 6] =
    ["PaymentAuthorised", "PaymentSucceeded", "PaymentFailed", "PaymentCanceled", "PaymentStranded", "RefundSucceeded"];

/// What happened to a payment. Kept for good, without personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentEntry {
    /// The payment.
    pub payment_id: PaymentId,
    /// The event's place among those about the order: entries of a payment are in their order by it.
    pub sequence: u64,
    /// The order.
    pub order_id: OrderId,
    /// The event that told of it.
    pub event_id: EventId,
    /// The event's type.
    pub kind: String,
    /// What the payment has come to.
    pub state: PaymentState,
    /// When it happened.
    pub time: Timestamp,
    /// The attempt to pay that it happened to.
    pub attempt_id: Option<AttemptId>,
    /// Why, as a code.
    pub reason: Option<String>,
    /// The money that went back.
    pub refund: Option<RefundedAmount>,
}

/// A refund, as its event tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundedAmount {
    /// The refund.
    pub refund_id: String,
    /// How much: the digits of the event.
    pub amount: serde_json::Number,
    /// ISO 4217.
    pub currency: String,
}

/// Keeps the history of payments.
pub trait KeepPaymentHistory: Send + Sync {
    /// Writes an entry, unless there is one of that payment and sequence. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; the entry may have been written.
    fn keep_entry(&self, entry: &PaymentEntry) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    payment_id: PaymentId,
    order_id: OrderId,
    attempt_id: Option<AttemptId>,
    reason: Option<String>,
}

pub(super) async fn keep(history: &impl KeepPaymentHistory, event: &Envelope) -> Result<(), ConsumeError> {
    Ok(history.keep_entry(&entry(event)?).await?)
}

fn entry(event: &Envelope) -> Result<PaymentEntry, ConsumeError> {
    let Data { payment_id, order_id, attempt_id, reason } = data(event)?;
    if event.subject != order_id.to_string() {
        return Err(ConsumeError::Malformed("a payment's event counts among those about its order".to_owned()));
    }
    let refund = if event.kind == "RefundSucceeded" { Some(data(event)?) } else { None };
    Ok(PaymentEntry {
        payment_id,
        sequence: event.sequence,
        order_id,
        event_id: event.id,
        kind: event.kind.clone(),
        state: match event.kind.as_str() {
            "PaymentAuthorised" => PaymentState::Authorised,
            "PaymentFailed" => PaymentState::Failed,
            "PaymentCanceled" => PaymentState::Canceled,
            // Stranded money was taken, and refunded money too.
            _ => PaymentState::Succeeded,
        },
        time: event.time,
        attempt_id,
        reason,
        refund,
    })
}
