//! `POST /orders/{orderId}/cancel`: calls an order off that has not been shipped.
//!
//! One that waits for money ends as in `close.rs`. One that is paid ends in the database, with its refund written down and the
//! note that its goods come back; then the goods are put on sale again, and the money is sent back. What does not come that
//! far, the sweep does.

use commerce_domain::{Clock as _, EventId, OrderId, RefundId, state::OrderStatus};

use super::{
    close::{CloseOutcome, close_order},
    ports::{CancelOrders as _, Cancellation, Cancelled, CloseReason, StockDue},
    put_back::put_back,
};
use crate::{
    Backend, Interrupted, StoreError,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{ClaimRefused, ends_claim},
    refunds,
};

/// An order that is being paid while it is called off is looked at again; this often.
const MAX_ROUNDS: u32 = 3;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// The order is called off. Money that was taken goes back.
    Cancelled,
    /// It will be once the payment provider says whether it was paid. Money that was taken goes back then.
    Closing,
}

/// Why an order is not called off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// It cannot be called off in this state.
    #[error("the order is {0}")]
    Settled(OrderStatus),
    /// Something of it has left, or is about to.
    #[error("the order is being shipped")]
    Leaving,
    /// A request is paying it at this moment.
    #[error("a payment is under way")]
    PaymentUnderWay,
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(CancelError);
ends_claim!(CancelError);

/// Calls an order off. Of one that was called off before, says so again.
///
/// # Errors
/// [`CancelError`]; what was begun is ended by a repetition, or by the sweep.
pub async fn cancel_order<B: Backend>(
    backend: &B,
    order: OrderId,
    reason: CloseReason,
) -> Result<CancelOutcome, CancelError> {
    for _ in 0..MAX_ROUNDS {
        match close_order(backend, order, reason).await? {
            CloseOutcome::NoOrder => return Err(CancelError::NoOrder),
            CloseOutcome::Closed(OrderStatus::Cancelled) => return Ok(CancelOutcome::Cancelled),
            // Its time was over before, and it has ended as such.
            CloseOutcome::Closed(status) => return Err(CancelError::Settled(status)),
            CloseOutcome::PaymentUnderWay => return Err(CancelError::PaymentUnderWay),
            CloseOutcome::Closing => return Ok(CancelOutcome::Closing),
            CloseOutcome::Settled(_) | CloseOutcome::Paid => match cancel_paid(backend, order, reason).await? {
                Paid::Cancelled => return Ok(CancelOutcome::Cancelled),
                Paid::Leaving => return Err(CancelError::Leaving),
                Paid::Settled(OrderStatus::Pending) => {}
                Paid::Settled(status) => return Err(CancelError::Settled(status)),
            },
            CloseOutcome::NotOver => {}
        }
    }
    Err(CancelError::PaymentUnderWay)
}

/// What a paid order came to that was to be called off.
enum Paid {
    Cancelled,
    Leaving,
    Settled(OrderStatus),
}

async fn cancel_paid<B: Backend>(backend: &B, order_id: OrderId, reason: CloseReason) -> Result<Paid, Interrupted> {
    let cancellation = Cancellation {
        order_id,
        reason,
        refund: RefundId::generate(backend.clock(), backend.entropy()),
        event: EventId::generate(backend.clock(), backend.entropy()),
        now: backend.clock().now(),
    };
    backend.hooks().reached(HookPoint::BeforeCancel).await?;
    let cancelled = backend.database().cancel_paid_order(&cancellation).await?;
    backend.hooks().reached(HookPoint::AfterCancel).await?;
    let (goods, refund) = match cancelled {
        Cancelled::Leaving => return Ok(Paid::Leaving),
        Cancelled::Settled(status) => return Ok(Paid::Settled(status)),
        Cancelled::Done { goods, refund } => (goods, refund),
    };
    if let Some(goods) = goods {
        put_back(backend, order_id, &StockDue::Return(goods)).await;
        backend.hooks().reached(HookPoint::AfterReturn).await?;
    }
    if let Some(refund) = refund {
        let driven = refunds::drive(backend, *refund).await;
        if let Err(error) = driven {
            tracing::warn!(order.id = %order_id, %error, "refund left to the sweep");
        }
    }
    Ok(Paid::Cancelled)
}
