//! Goods that came back go onto the counters. That they are due was committed first, with the return.

use super::{ports::ReturnStore as _, types::RestockDue};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks as _, Stopped},
    inventory::{MoveOutcome, MoveStock as _, StockMovement},
};

/// Puts the pieces of a return onto the counters, once. Whether they are there; a failure is left to the sweep.
///
/// # Errors
/// [`Stopped`], by a test.
pub(crate) async fn restock<B: Backend>(backend: &B, due: &RestockDue) -> Result<bool, Stopped> {
    match try_to_restock(backend, due).await {
        Ok(()) => Ok(true),
        Err(Interrupted::Stopped(stopped)) => Err(stopped),
        Err(Interrupted::Store(error)) => {
            tracing::warn!(return.id = %due.id, %error, "goods that came back are not on sale yet");
            Ok(false)
        }
    }
}

async fn try_to_restock<B: Backend>(backend: &B, due: &RestockDue) -> Result<(), Interrupted> {
    backend.hooks().reached(HookPoint::BeforeRestock).await?;
    // The counters remember the return by its id, in the transaction that moves them.
    let movement = StockMovement { reference: due.id.to_string(), lines: due.lines.clone(), version: None };
    match backend.stock().move_stock(&movement).await? {
        MoveOutcome::Moved => {}
        refused => {
            return Err(StoreError::broken(format!("goods that came back were not taken in: {refused:?}")).into());
        }
    }
    backend.hooks().reached(HookPoint::AfterRestock).await?;
    Ok(backend.database().note_restocked(due.id).await?)
}
