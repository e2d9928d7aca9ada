//! Writing a verdict down, and what follows from it beyond the database.

use commerce_domain::{Clock as _, EventId, RefundId};

use super::{
    hold,
    ports::PaymentStore,
    types::{Attempt, HoldStep, Settled, Settlement, Verdict},
    webhook::WebhookReceipt,
};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks as _},
    idempotency::{ClaimKey, StoredAnswer},
};

/// The claim that ends with a verdict, its fence, and its answer.
pub(crate) type EndingClaim<'a> = Option<(&'a ClaimKey, i64, &'a StoredAnswer)>;

/// Writes the verdict down, with the receipt of the webhook that told of it, and lets the hold follow.
pub(crate) async fn settle_and_follow<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    verdict: &Verdict,
    claim: EndingClaim<'_>,
    receipt: Option<&WebhookReceipt<'_>>,
) -> Result<Settled, Interrupted> {
    backend.hooks().reached(HookPoint::BeforeSettle).await?;
    let settled = settle(backend, attempt, verdict, claim, receipt).await?;
    backend.hooks().reached(HookPoint::AfterSettle).await?;
    if let Some(hold) = settled.hold {
        let step = HoldStep { order_id: attempt.order_id, attempt_id: attempt.id, hold };
        hold::follow(backend, step).await;
    }
    backend.hooks().reached(HookPoint::AfterStock).await?;
    Ok(settled)
}

/// Writes the verdict down.
pub(super) async fn settle<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    verdict: &Verdict,
    claim: EndingClaim<'_>,
    receipt: Option<&WebhookReceipt<'_>>,
) -> Result<Settled, StoreError> {
    if let Some(taken) = verdict.taken_otherwise(attempt) {
        tracing::error!(
            order.id = %attempt.order_id, payment.id = %attempt.payment_id, payment.taken = %taken.amount(),
            payment.taken_currency = taken.currency().code(), payment.amount = %attempt.amount.amount(),
            "another amount was taken than was to be paid"
        );
    }
    let event = EventId::generate(backend.clock(), backend.entropy());
    let order_event = EventId::generate(backend.clock(), backend.entropy());
    let refund = RefundId::generate(backend.clock(), backend.entropy());
    let now = backend.clock().now();
    let settlement = Settlement { attempt, verdict, event, order_event, refund, claim, receipt, now };
    backend.database().settle(&settlement).await
}
