//! Changing how much of a variant is there. The order of writes is that of the checkout:
//!
//! 1. The wish is noted in the database, under an id that every retry keeps.
//! 2. The counters move, once for this id, or refuse: what is held does not leave. A wish that was refused is called off on
//!    the counters, so that a late attempt moves nothing.
//! 3. The ledger gets its entry, with its sums, the end of the wish and the answer, in one transaction; of a refused wish
//!    only the end.
//!
//! Whoever finds a wish between two of the steps goes on from there: the request's repetition, or the sweep. So a refusal leaves
//! nothing in the ledger, and what the ledger says has happened.

mod ports;
mod request;

use commerce_domain::Clock as _;
pub use ports::{
    Adjustment, AdjustmentEnd, AdjustmentKind, AdjustmentState, KeepAdjustments, NewAdjustment, Refusal, RequestEnd,
    StockChange,
};
pub use request::{AdjustOutcome, AdjustStock, AdjustStockError, adjust_stock};

use super::{CallOffOutcome, MoveOutcome, MoveStock as _, MovedLine, ReadStock as _, StockLevel, StockMovement};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks as _},
};

/// What the counters have said to an adjustment.
struct Followed {
    /// Why they refused, if they did.
    refusal: Option<Refusal>,
    /// As they are now; none where there are none.
    level: Option<StockLevel>,
}

/// Brings an adjustment that nobody returns to, to its end.
pub(crate) async fn finish_adjustment<B: Backend>(backend: &B, adjustment: &Adjustment) -> Result<(), Interrupted> {
    let followed = follow(backend, adjustment).await?;
    let end = AdjustmentEnd {
        adjustment,
        refusal: followed.refusal,
        level: followed.level.as_ref(),
        request: RequestEnd::Stays,
        now: backend.clock().now(),
    };
    Ok(backend.database().end_adjustment(&end).await?)
}

/// Lets the counters follow an adjustment that is open, and tells how they stand.
async fn follow<B: Backend>(backend: &B, adjustment: &Adjustment) -> Result<Followed, Interrupted> {
    let refusal = match (adjustment.state, adjustment.change.quantity) {
        (AdjustmentState::Refused(refusal), _) => Some(refusal),
        (AdjustmentState::Done, _) | (AdjustmentState::Open, None) => None,
        (AdjustmentState::Open, Some(quantity)) => {
            backend.hooks().reached(HookPoint::BeforeMovement).await?;
            let refusal = move_once(backend, adjustment, quantity).await?;
            backend.hooks().reached(HookPoint::AfterMovement).await?;
            refusal
        }
    };
    let level = backend.stock().read_stock(&[adjustment.variant_id]).await?.into_iter().next();
    Ok(Followed { refusal, level })
}

async fn move_once<B: Backend>(
    backend: &B,
    adjustment: &Adjustment,
    quantity: i64,
) -> Result<Option<Refusal>, StoreError> {
    let reference = adjustment.id.to_string();
    let lines = vec![MovedLine { variant_id: adjustment.variant_id, quantity }];
    let movement = StockMovement { reference, lines, version: adjustment.version };
    let refusal = match backend.stock().move_stock(&movement).await? {
        MoveOutcome::Moved => return Ok(None),
        MoveOutcome::OtherVersion => Refusal::OtherVersion,
        MoveOutcome::NoCounters(_) => Refusal::NoCounters,
        // By somebody who died before the reason was written down: what is asked for most likely was in the way.
        MoveOutcome::CalledOff if adjustment.version.is_some() => Refusal::OtherVersion,
        MoveOutcome::TooFew(_) | MoveOutcome::CalledOff => Refusal::TooFew,
    };
    Ok(match backend.stock().call_off(&movement.reference).await? {
        CallOffOutcome::CalledOff => Some(refusal),
        CallOffOutcome::Moved => None,
    })
}
