//! The sweep: brings to its end what nobody returns to.
//!
//! Every write that a process may not have come to is noted in the database before it is due, so one look there finds all of
//! it. A sweep may run at any time, beside requests and beside another sweep: each step is the one that a request would take,
//! and can be repeated.

mod captures;
mod forgetting;
mod pages;
mod ports;
mod returns;
mod shipments;

use std::time::Duration;

use commerce_api::Route;
use commerce_domain::{Clock as _, state::RefundState};
use jiff::Timestamp;

use self::pages::Pages;
pub use self::ports::{FullCart, LapsedCheckout, SweepStore};
use crate::{
    Backend, Interrupted,
    checkout::{CheckoutStore as _, Claim, Finishing, OrderOutcome, PlaceOrderError, take_out},
    hooks::Stopped,
    idempotency::{LEASE, Lease, StoredAnswer},
    inventory::{KeepAdjustments as _, finish_adjustment},
    orders::{CloseOutcome, CloseReason, close_order, put_back},
    payments::{follow, look_after, look_for_late_charge},
    refunds::{self, RefundStore as _},
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
    let mut sweeping = Sweeping { backend, report: SweepReport::default() };
    sweeping.finish_checkouts(render).await?;
    sweeping.look_after_attempts().await?;
    sweeping.look_for_late_charges().await?;
    sweeping.push_captures().await?;
    sweeping.tell_lapses().await;
    sweeping.close_orders().await?;
    sweeping.put_stock_back().await;
    sweeping.restock_returns().await?;
    sweeping.push_refunds().await?;
    sweeping.push_shipments().await?;
    sweeping.read_trackers().await?;
    sweeping.follow_outcomes().await;
    sweeping.empty_carts().await;
    sweeping.forget().await;
    sweeping.finish_adjustments().await?;
    Ok(sweeping.report)
}

struct Sweeping<'a, B> {
    backend: &'a B,
    report: SweepReport,
}

impl<B: Backend> Sweeping<'_, B> {
    fn now(&self) -> Timestamp {
        self.backend.clock().now()
    }

    /// Whatever did not change since then was left behind.
    fn quiet(&self) -> Timestamp {
        self.now().saturating_sub(QUIET).unwrap_or(Timestamp::MIN)
    }

    /// Makes the order, or gives it up, as a repetition of the request would.
    async fn finish_checkouts<R>(&mut self, render: &R) -> Result<(), Stopped>
    where
        R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
    {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let after = pages.after();
            let listed =
                self.backend.database().list_lapsed_checkouts(Route::CreateOrder.name(), self.now(), after, limit);
            let found = pages.take(listed.await, |lapsed: &LapsedCheckout| lapsed.id, &mut self.report);
            for lapsed in found {
                match self.finish_checkout(&lapsed, render).await {
                    Ok(finished) => self.report.checkouts += u32::from(finished),
                    Err(PlaceOrderError::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&lapsed.id, &error),
                }
            }
        }
        Ok(())
    }

    async fn finish_checkout<R>(&self, lapsed: &LapsedCheckout, render: &R) -> Result<bool, PlaceOrderError>
    where
        R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
    {
        let claim = self.backend.database().resume(&lapsed.key, Lease::from(self.now())).await?;
        let Claim::Mine(owned) = claim else { return Ok(false) };
        Finishing { backend: self.backend, owner: &lapsed.owner, render }.finish(&owned).await?;
        Ok(true)
    }

    async fn look_after_attempts(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_quiet_attempts(self.quiet(), pages.after(), limit).await;
            for attempt in pages.take(listed, |attempt| attempt.id, &mut self.report) {
                match look_after(self.backend, &attempt).await {
                    Ok(moved) => self.report.attempts += u32::from(moved),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&attempt.id, &error),
                }
            }
        }
        Ok(())
    }

    async fn look_for_late_charges(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_late_charges(self.now(), pages.after(), limit).await;
            for attempt in pages.take(listed, |attempt| attempt.id, &mut self.report) {
                match look_for_late_charge(self.backend, &attempt).await {
                    Ok(charged) => self.report.attempts += u32::from(charged),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&attempt.id, &error),
                }
            }
        }
        Ok(())
    }

    async fn close_orders(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_overdue_orders(self.now(), pages.after(), limit).await;
            for order in pages.take(listed, |order| *order, &mut self.report) {
                match close_order(self.backend, order, CloseReason::Expired).await {
                    Ok(CloseOutcome::Closed(_)) => self.report.closed += 1,
                    Ok(CloseOutcome::Paid | CloseOutcome::Settled(_)) => self.report.settled += 1,
                    Ok(_) => {}
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&order, &error),
                }
            }
        }
        Ok(())
    }

    async fn put_stock_back(&mut self) {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_unreleased_orders(pages.after(), limit).await;
            for (order, due) in pages.take(listed, |(order, _)| *order, &mut self.report) {
                let put = put_back(self.backend, order, &due).await;
                self.count_hold(put);
            }
        }
    }

    async fn push_refunds(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_pending_refunds(self.quiet(), pages.after(), limit).await;
            for refund in pages.take(listed, |refund| refund.id, &mut self.report) {
                let id = refund.id;
                match refunds::drive(self.backend, refund).await {
                    Ok(refund) => self.report.refunds += u32::from(refund.state != RefundState::Pending),
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&id, &error),
                }
            }
        }
        Ok(())
    }

    async fn follow_outcomes(&mut self) {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_hold_steps(self.quiet(), pages.after(), limit).await;
            for step in pages.take(listed, |step| step.attempt_id, &mut self.report) {
                let followed = follow(self.backend, step).await;
                self.count_hold(followed);
            }
        }
    }

    async fn empty_carts(&mut self) {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_full_carts(self.quiet(), pages.after(), limit).await;
            for cart in pages.take(listed, |cart| cart.checkout.id, &mut self.report) {
                match take_out(self.backend, &cart.owner, &cart.checkout).await {
                    Ok(()) => self.report.carts += 1,
                    Err(error) => self.failed(&cart.checkout.order_id, &error),
                }
            }
        }
    }

    async fn finish_adjustments(&mut self) -> Result<(), Stopped> {
        let mut pages = Pages::default();
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_open_adjustments(self.quiet(), pages.after(), limit).await;
            for adjustment in pages.take(listed, |adjustment| adjustment.id, &mut self.report) {
                match finish_adjustment(self.backend, &adjustment).await {
                    Ok(()) => self.report.adjustments += 1,
                    Err(Interrupted::Stopped(stopped)) => return Err(stopped),
                    Err(error) => self.failed(&adjustment.id, &error),
                }
            }
        }
        Ok(())
    }

    fn count_hold(&mut self, done: bool) {
        if done {
            self.report.holds += 1;
        } else {
            self.report.failures += 1;
        }
    }

    fn failed(&mut self, what: &impl std::fmt::Display, error: &impl std::fmt::Display) {
        tracing::warn!(sweep.subject = %what, %error, "left to the next sweep");
        self.report.failures += 1;
    }
}
