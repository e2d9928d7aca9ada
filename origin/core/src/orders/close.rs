//! How an order ends that was never paid: its time is over, or somebody called it off.
//!
//! 1. The order is marked, in the database: from here on no attempt to pay it begins.
//! 2. Its intent is called off at the provider. What was charged before is written down, and the order is paid. If somebody has
//!    called it off, it is CANCELLED in the same transaction, with its refund, and its goods come back.
//! 3. The order ends, in the database, with its payment and the note that its stock is to be released.
//! 4. The stock is released, and the note cleared.
//!
//! Whoever finds an order between two of the steps goes on from there.

use commerce_domain::{
    Clock as _, EventId, OrderId,
    state::{OrderStatus, PaymentState},
};

use super::{
    ports::{BeginClose, CloseOrders, CloseReason, ClosingOrder, OrderEnd, StockDue},
    put_back::put_back,
};
use crate::{
    Backend, Interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    payments::{Attempt, Intent, IntentStatus, Patience, Verdict, call_off, decided, settle_and_follow},
};

/// What an order came to that was to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOutcome {
    /// There is no such order.
    NoOrder,
    /// It was closed by this call.
    Closed(OrderStatus),
    /// It did not wait for money.
    Settled(OrderStatus),
    /// It turned out to be paid; if somebody has called it off, it is CANCELLED.
    Paid,
    /// The hold on its stock is not over.
    NotOver,
    /// A request is paying it at this moment.
    PaymentUnderWay,
    /// It will be closed once the provider says whether it was paid; it goes on only if nobody has called it off.
    Closing,
}

/// Closes an order that waits for money.
///
/// # Errors
/// [`Interrupted`]; an order that was marked stays so, and the sweep goes on with it.
pub async fn close_order<B: Backend>(
    backend: &B,
    order: OrderId,
    reason: CloseReason,
) -> Result<CloseOutcome, Interrupted> {
    close_order_within(backend, &Patience::new(backend), order, reason).await
}

/// The same, with so much patience for the provider.
pub(crate) async fn close_order_within<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    order: OrderId,
    reason: CloseReason,
) -> Result<CloseOutcome, Interrupted> {
    reached(backend, HookPoint::BeforeClosing).await?;
    let begun = backend.database().begin_close(order, reason, backend.clock().now()).await?;
    reached(backend, HookPoint::AfterClosing).await?;
    let closing = match begun {
        BeginClose::NoOrder => return Ok(CloseOutcome::NoOrder),
        BeginClose::Settled(status) => return Ok(CloseOutcome::Settled(status)),
        BeginClose::NotOver => return Ok(CloseOutcome::NotOver),
        BeginClose::PaymentUnderWay => return Ok(CloseOutcome::PaymentUnderWay),
        BeginClose::Begun(closing) => closing,
    };
    if let Some(attempt) = &closing.attempt
        && let Some(intent_id) = &attempt.intent_id
    {
        let Some(intent) = call_off(backend, patience, attempt, intent_id).await? else {
            return Ok(CloseOutcome::Closing);
        };
        match intent.status {
            IntentStatus::Canceled => {}
            IntentStatus::Succeeded => return found_paid(backend, attempt, &intent).await,
            _ => return Ok(CloseOutcome::Closing),
        }
    }
    end(backend, &closing).await
}

async fn found_paid<B: Backend>(backend: &B, attempt: &Attempt, intent: &Intent) -> Result<CloseOutcome, Interrupted> {
    let verdict = decided(intent).unwrap_or(Verdict::Unknown);
    let settled = settle_and_follow(backend, attempt, &verdict, None, None).await?;
    Ok(if settled.payment == PaymentState::Succeeded { CloseOutcome::Paid } else { CloseOutcome::Closing })
}

async fn end<B: Backend>(backend: &B, closing: &ClosingOrder) -> Result<CloseOutcome, Interrupted> {
    let event = || EventId::generate(backend.clock(), backend.entropy());
    let order_id = closing.order_id;
    let intent_id = closing.attempt.as_ref().and_then(|attempt| attempt.intent_id.as_deref());
    let (payment_event, order_event, now) = (event(), event(), backend.clock().now());
    let end = OrderEnd { order_id, intent_id, payment_event, order_event, now };
    reached(backend, HookPoint::BeforeEnd).await?;
    let ended = backend.database().end_order(&end).await?;
    reached(backend, HookPoint::AfterEnd).await?;
    // A request that was slow has announced the payment at this moment.
    let Some(ended) = ended else { return Ok(CloseOutcome::Closing) };
    if ended.holds_stock {
        put_back(backend, order_id, &StockDue::Release).await;
        reached(backend, HookPoint::AfterRelease).await?;
    }
    match ended.status {
        status @ (OrderStatus::Cancelled | OrderStatus::Failed) => Ok(CloseOutcome::Closed(status)),
        status => Ok(CloseOutcome::Settled(status)),
    }
}

async fn reached<B: Backend>(backend: &B, point: HookPoint) -> Result<(), Stopped> {
    backend.hooks().reached(point).await
}
