//! The history of payments: one entry for each event about a payment's fate.

use std::future::Future;

use commerce_domain::{AttemptId, EventId, OrderId, PaymentId, state::PaymentState};
use jiff::Timestamp;
use serde::Deserialize;

use super::{ConsumeError, data};
use crate::{StoreError, events::Envelope};

pub(super) const KINDS: [&str; 9] = [
    "PaymentAuthorised",
    "PaymentSucceeded",
    "PaymentFailed",
    "PaymentCanceled",
    "PaymentStranded",
    "RefundSucceeded",
    "RefundFailed",
    "DisputeOpened",
    "DisputeClosed",
];

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
    /// The refund that it tells of.
    pub refund_id: Option<String>,
    /// The dispute that it tells of, as the provider calls it.
    pub dispute_id: Option<String>,
    /// How the dispute ended, as a code.
    pub outcome: Option<String>,
    /// How much was taken, sent back, or is disputed.
    pub amount: Option<ToldAmount>,
}

/// An amount, as its event tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldAmount {
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
    refund_id: Option<String>,
    dispute_id: Option<String>,
    outcome: Option<String>,
    amount: Option<serde_json::Number>,
    currency: Option<String>,
}

pub(super) async fn keep(history: &impl KeepPaymentHistory, event: &Envelope) -> Result<(), ConsumeError> {
    Ok(history.keep_entry(&entry(event)?).await?)
}

fn entry(event: &Envelope) -> Result<PaymentEntry, ConsumeError> {
    let Data { payment_id, order_id, attempt_id, reason, refund_id, dispute_id, outcome, amount, currency } =
        data(event)?;
    if event.subject != order_id.to_string() {
        return Err(ConsumeError::Malformed("a payment's event counts among those about its order".to_owned()));
    }
    let told = match event.kind.as_str() {
        "RefundSucceeded" | "RefundFailed" => refund_id.is_some() && amount.is_some(),
        "DisputeOpened" | "DisputeClosed" => dispute_id.is_some() && amount.is_some(),
        _ => true,
    };
    if !told {
        return Err(ConsumeError::Malformed("a refund and a dispute are named, with their amounts".to_owned()));
    }
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
            // Stranded money was taken, and so was what goes back or is disputed.
            _ => PaymentState::Succeeded,
        },
        time: event.time,
        attempt_id,
        reason,
        refund_id,
        dispute_id,
        outcome,
        amount: amount.zip(currency).map(|(amount, currency)| ToldAmount { amount, currency }),
    })
}
