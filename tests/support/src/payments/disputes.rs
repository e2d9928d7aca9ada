//! Disputes: <https://docs.stripe.com/disputes/how-disputes-work>. At Stripe the customer's bank opens and ends them; here a test
//! does.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
};
use bytes::Bytes;
use http::{HeaderMap, Response};
use serde_json::Value;

use super::{
    Shared,
    book::Book,
    control::{answered, parse},
    error::StripeError,
    lock,
    model::{Dispute, DisputeStatus},
    pipeline::read,
};

/// The body of `POST /test/disputes`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    payment_intent: String,
    /// All that is left of the charge if absent.
    amount: Option<u64>,
}

/// The body of `POST /test/disputes/{id}/close`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    status: DisputeStatus,
}

impl Book {
    /// The bank calls the intent's charge back, or a part of it, and the money is withdrawn at once.
    fn open_dispute(&mut self, intent: &str, amount: Option<u64>, now: i64) -> Result<Value, StripeError> {
        let charge_id = self.intent(intent)?.latest_charge.clone().unwrap_or_default();
        let charge = self.charges.get(&charge_id).filter(|charge| charge.failure.is_none() && charge.captured);
        let charge =
            charge.ok_or_else(|| StripeError::invalid("This charge holds no money that could be disputed."))?;
        let left = charge.amount - charge.amount_refunded;
        let amount = amount.unwrap_or(left);
        if amount == 0 || amount > left {
            return Err(StripeError::invalid("This charge does not hold that much."));
        }
        let dispute = Dispute {
            id: self.new_id("du"),
            charge: charge_id,
            intent: intent.to_owned(),
            amount,
            currency: charge.currency.clone(),
            reason: "fraudulent".to_owned(),
            status: DisputeStatus::NeedsResponse,
            created: now,
        };
        for kind in ["charge.dispute.created", "charge.dispute.funds_withdrawn"] {
            self.tell_dispute(kind, &dispute);
        }
        let object = dispute.object();
        self.disputes.insert(&dispute.id.clone(), dispute);
        Ok(object)
    }

    /// The bank decides. Who wins has the money back.
    fn close_dispute(&mut self, id: &str, status: DisputeStatus) -> Result<Value, StripeError> {
        let dispute = self.disputes.get_mut(id).ok_or_else(|| StripeError::missing("dispute", id, "dispute"))?;
        if dispute.status != DisputeStatus::NeedsResponse || status == DisputeStatus::NeedsResponse {
            return Err(StripeError::invalid("A dispute is closed once, as won or lost."));
        }
        dispute.status = status;
        let dispute = dispute.clone();
        self.tell_dispute("charge.dispute.closed", &dispute);
        if status == DisputeStatus::Won {
            self.tell_dispute("charge.dispute.funds_reinstated", &dispute);
        }
        Ok(dispute.object())
    }
}

pub(super) async fn get_dispute(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    read(shared, &headers, |shared| {
        let book = lock(&shared.book);
        book.disputes.get(&id).map(Dispute::object).ok_or_else(|| StripeError::missing("dispute", &id, "dispute"))
    })
    .await
}

/// `{"payment_intent": "pi_…"}`, and an `amount` for a part of it.
pub(super) async fn open(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let now = shared.now();
    answered(parse::<Opening>(&body).and_then(|opening| {
        shared.change("req_bank", |book| book.open_dispute(&opening.payment_intent, opening.amount, now))
    }))
}

/// `{"status": "won"}` or `{"status": "lost"}`
pub(super) async fn close(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    answered(
        parse::<Closing>(&body)
            .and_then(|closing| shared.change("req_bank", |book| book.close_dispute(&id, closing.status))),
    )
}
