//! What the outcome of an attempt means for the hold on the order's stock.
//!
//! The outcome is committed first, together with what the hold has to do, so the process may die before the hold has followed.
//! The step goes by attempt and can be repeated: the next request to pay the order, or the sweep, does what was left undone.

use commerce_domain::{AttemptId, Clock as _, EventId, OrderId, RefundId};

use super::{
    ports::PaymentStore,
    types::{HoldMove, HoldNote, HoldStep},
};
use crate::{
    Backend, StoreError,
    inventory::{ConsumeOutcome, SettleHold},
};

/// Lets the hold follow. Whether it has; a failure is left to the next request, or to the sweep.
pub(crate) async fn follow<B: Backend>(backend: &B, step: HoldStep) -> bool {
    let followed = try_follow(backend, step).await;
    let failed = |error: &StoreError| {
        tracing::warn!(order.id = %step.order_id, hold.step = ?step.hold, %error, "hold has not followed yet");
    };
    followed.inspect_err(failed).is_ok()
}

async fn try_follow<B: Backend>(backend: &B, step: HoldStep) -> Result<(), StoreError> {
    let (stock, order, attempt) = (backend.stock(), step.order_id, step.attempt_id);
    let stranded = match step.hold {
        HoldMove::Consume => consume(backend, order, attempt).await? == ConsumeOutcome::Released,
        HoldMove::GiveBack => stock.payment_declined(order, attempt).await.map(|()| false)?,
    };
    if stranded {
        tracing::error!(order.id = %order, attempt.id = %attempt, "an order was paid whose goods are not held any more");
    }
    let event = || EventId::generate(backend.clock(), backend.entropy());
    let refund = RefundId::generate(backend.clock(), backend.entropy());
    let (event, order_event, now) = (event(), event(), backend.clock().now());
    backend.database().note_hold(&HoldNote { step, stranded, event, refund, order_event, now }).await
}

/// Lets the goods of a paid order leave, also where its hold was lost: the customer has paid for them, and the counters have them as
/// reserved still.
async fn consume<B: Backend>(backend: &B, order: OrderId, attempt: AttemptId) -> Result<ConsumeOutcome, StoreError> {
    let stock = backend.stock();
    let outcome = stock.consume(order, attempt).await?;
    if outcome != ConsumeOutcome::NoHold {
        return Ok(outcome);
    }
    tracing::error!(order.id = %order, attempt.id = %attempt, "an order was paid whose hold has gone: its goods leave without it");
    let lines = backend.database().load_sold_lines(order).await?;
    if stock.consume_unheld(order, &lines).await? {
        return Ok(ConsumeOutcome::Consumed);
    }
    match stock.consume(order, attempt).await? {
        ConsumeOutcome::NoHold => Err(StoreError::unavailable("the hold keeps changing")),
        outcome => Ok(outcome),
    }
}
