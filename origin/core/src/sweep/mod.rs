//! The sweep: brings to its end what nobody returns to.
//!
//! Every write that a process may not have come to is noted in the database before it is due, so one look there finds all of
//! it. A sweep may run at any time, beside requests and beside another sweep: each step is the one that a request would take,
//! and can be repeated.
//!
//! It ends before the next one is due, and what hangs holds up nothing but its own list: what our own stores alone are asked for comes
//! first, and then each list whose entries wait for a provider or for the carrier has its part of the time.

mod captures;
mod checkouts;
mod forgetting;
mod orders;
mod pages;
mod payments;
mod ports;
mod shipments;
mod stock;
mod time;

use std::time::Duration;

use commerce_domain::Clock as _;
use jiff::Timestamp;

pub use self::ports::{FullCart, LapsedCheckout, SweepStore, Turn};
use self::time::{Budget, Share};
use crate::{
    Backend,
    checkout::OrderOutcome,
    hooks::Stopped,
    idempotency::{LEASE, StoredAnswer},
    payments::Patience,
};

/// What stays as it is for that long was left behind: no request lasts longer.
const QUIET: Duration = LEASE;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Checkouts that were brought to their ends.
    pub checkouts: u32,
    /// Orders that ended unpaid.
    pub closed: u32,
    /// Orders that turned out to be paid, or not to wait for money any more.
    pub settled: u32,
    /// Attempts to pay that were looked up at the provider and have come to something.
    pub attempts: u32,
    /// Holds that followed the outcome of an attempt, were released, or whose goods came back.
    pub holds: u32,
    /// Returns whose goods went onto the counters.
    pub returns: u32,
    /// Refunds that have come to something.
    pub refunds: u32,
    /// Shipments that have come to something, and those whose tracker was read.
    pub shipments: u32,
    /// Carts that ordered pieces were taken out of.
    pub carts: u32,
    /// Changes of stock that were brought to their ends.
    pub adjustments: u32,
    /// What failed, and is left to the next sweep.
    pub failures: u32,
    /// Lists whose time was over before their end. The next sweep walks through them in another order.
    pub postponed: u32,
}

/// Sweeps once. `render` makes the answers of checkouts that are brought to their ends, for whoever repeats the request.
///
/// # Errors
/// [`Stopped`], by a test. What a store or the provider refuses is counted, and left to the next sweep.
pub async fn sweep<B, R>(backend: &B, render: &R) -> Result<SweepReport, Stopped>
where
    B: Backend,
    R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
{
    let mut sweeping = Sweeping::begun(backend);
    sweeping.close_orders().await?;
    sweeping.finish_checkouts(render).await?;
    sweeping.put_stock_back().await;
    sweeping.follow_outcomes().await;
    sweeping.empty_carts().await;
    sweeping.restock_returns().await?;
    sweeping.finish_adjustments().await?;
    sweeping.tell_lapses().await;
    sweeping.forget().await;
    // From here on others are waited for. Each list takes its share, and time.rs counts them.
    sweeping.look_after_attempts().await?;
    sweeping.look_for_late_charges().await?;
    sweeping.push_captures().await?;
    sweeping.close_announced_orders().await?;
    sweeping.push_refunds().await?;
    sweeping.push_shipments().await?;
    sweeping.read_trackers().await?;
    Ok(sweeping.report)
}

struct Sweeping<'a, B> {
    backend: &'a B,
    budget: Budget,
    turn: Turn,
    report: SweepReport,
}

impl<'a, B: Backend> Sweeping<'a, B> {
    fn begun(backend: &'a B) -> Self {
        let now = backend.clock().now();
        Self { backend, budget: Budget::new(now), turn: Turn::at(now), report: SweepReport::default() }
    }

    fn now(&self) -> Timestamp {
        self.backend.clock().now()
    }

    /// Whatever did not change since then was left behind.
    fn quiet(&self) -> Timestamp {
        self.now().saturating_sub(QUIET).unwrap_or(Timestamp::MIN)
    }

    /// The time of the next list that no provider is asked for.
    fn own_share(&self) -> Share {
        self.budget.own(self.now())
    }

    /// The time of the next list whose entries wait for a provider.
    fn provider_share(&mut self) -> Share {
        let now = self.now();
        self.budget.provider(now)
    }

    /// Whether a list's time is over, so that the rest of it is left to the next sweep.
    fn is_over(&mut self, share: Share) -> bool {
        let over = share.is_over(self.now());
        self.report.postponed += u32::from(over);
        over
    }

    /// What a list's next entry has of patience for its provider; none where the list's time is over.
    fn patience(&mut self, share: Share) -> Option<Patience<'a, B>> {
        (!self.is_over(share)).then(|| Patience::until(self.backend, share.patience(self.now())))
    }

    fn failed(&mut self, what: &impl std::fmt::Display, error: &impl std::fmt::Display) {
        tracing::warn!(sweep.subject = %what, %error, "left to the next sweep");
        self.report.failures += 1;
    }
}
