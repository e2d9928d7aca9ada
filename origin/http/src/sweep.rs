//! The sweep, which leaves the same answers behind as the requests that it finishes.

use commerce_api::Route;
use origin_core::{
    Backend,
    hooks::Stopped,
    sweep::{self, SweepReport},
};

use crate::orders::rendered;

/// What stands for the id of a request in the answers that nobody has asked for yet.
const REQUEST_ID: &str = "req_sweep";

/// Sweeps once, and says in the log what was done, if anything was.
///
/// # Errors
/// [`Stopped`], by a test.
pub async fn sweep<B: Backend>(backend: &B) -> Result<SweepReport, Stopped> {
    let path = Route::CreateOrder.path("");
    // On the heap: it holds the steps of all that is swept, and callers would hold it.
    let report = Box::pin(sweep::sweep(backend, &|outcome| rendered(REQUEST_ID, &path, outcome))).await?;
    if report != SweepReport::default() {
        let SweepReport {
            checkouts,
            closed,
            settled,
            attempts,
            holds,
            returns,
            refunds,
            shipments,
            carts,
            adjustments,
            failures,
            postponed,
        } = report;
        tracing::info!(
            sweep.checkouts = checkouts,
            sweep.closed = closed,
            sweep.settled = settled,
            sweep.attempts = attempts,
            sweep.holds = holds,
            sweep.returns = returns,
            sweep.refunds = refunds,
            sweep.shipments = shipments,
            sweep.carts = carts,
            sweep.adjustments = adjustments,
            sweep.failures = failures,
            sweep.postponed = postponed,
            "swept"
        );
    }
    Ok(report)
}
