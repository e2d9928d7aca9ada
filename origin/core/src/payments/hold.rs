//! What the outcome of an attempt means for the hold on the order's stock.
//!
//! The outcome is committed first, together with what the hold has to do, so the process may die before the hold has followed.
//! The step goes by attempt and can be repeated: the next request to pay the order, or the sweep, does what was left undone.

use commerce_domain::{Clock as _, EventId, RefundId};

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
        HoldMove::Consume => stock.consume(order, attempt).await? == ConsumeOutcome::Released,
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
