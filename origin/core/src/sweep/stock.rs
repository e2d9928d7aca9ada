//! Stock that has yet to follow what was decided: holds, goods that came back, and changes by hand.

use super::{SweepStore as _, Sweeping, pages::Pages};
use crate::{
    Backend, Interrupted,
    hooks::Stopped,
    inventory::{KeepAdjustments as _, finish_adjustment},
    orders::put_back,
    payments::follow,
    returns::{ReturnStore as _, restock},
};

impl<B: Backend> Sweeping<'_, B> {
    /// Puts the goods of orders that have ended on sale again.
    pub(super) async fn put_stock_back(&mut self) {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_unreleased_orders(pages.after(), limit).await;
            for (order, due) in pages.take(listed, |(order, _)| *order, &mut self.report) {
                if self.is_over(share) {
                    return;
                }
                let put = put_back(self.backend, order, &due).await;
                self.count_hold(put);
            }
        }
    }

    /// Lets holds follow the outcomes of attempts to pay.
    pub(super) async fn follow_outcomes(&mut self) {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_hold_steps(self.quiet(), pages.after(), limit).await;
            for step in pages.take(listed, |step| step.attempt_id, &mut self.report) {
                if self.is_over(share) {
                    return;
                }
                let followed = follow(self.backend, step).await;
                self.count_hold(followed);
            }
        }
    }

    /// Puts goods that came back onto the counters.
    pub(super) async fn restock_returns(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_restocks_due(pages.after(), limit).await;
            for due in pages.take(listed, |due| due.id, &mut self.report) {
                if self.is_over(share) {
                    return Ok(());
                }
                if restock(self.backend, &due).await? {
                    self.report.returns += 1;
                } else {
                    self.report.failures += 1;
                }
            }
        }
        Ok(())
    }

    /// Ends changes of stock that were noted.
    pub(super) async fn finish_adjustments(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_open_adjustments(self.quiet(), pages.after(), limit).await;
            for adjustment in pages.take(listed, |adjustment| adjustment.id, &mut self.report) {
                if self.is_over(share) {
                    return Ok(());
                }
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
}
