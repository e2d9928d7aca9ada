//! Orders that wait for money, and whose time is over.

use commerce_domain::OrderId;

use super::{SweepStore as _, Sweeping, pages::Pages};
use crate::{
    Backend, Interrupted,
    hooks::Stopped,
    orders::{CloseOutcome, CloseReason, close_order_within},
    payments::Patience,
};

impl<B: Backend> Sweeping<'_, B> {
    /// Closes those that no provider knows of.
    pub(super) async fn close_orders(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_overdue_orders(self.now(), pages.after(), limit).await;
            for order in pages.take(listed, |order| *order, &mut self.report) {
                if self.is_over(share) {
                    return Ok(());
                }
                // It may have been announced since it was listed.
                let patience = Patience::until(self.backend, share.patience(self.now()));
                self.close(&patience, order).await?;
            }
        }
        Ok(())
    }

    /// Closes those whose payments are to be called off at the provider before.
    pub(super) async fn close_announced_orders(&mut self) -> Result<(), Stopped> {
        let (mut pages, share) = (Pages::default(), self.provider_share());
        while let Some(limit) = pages.next() {
            let (now, turn) = (self.now(), self.turn);
            let listed = self.backend.database().list_overdue_announced(now, turn, pages.after(), limit).await;
            for order in pages.take(listed, |order| *order, &mut self.report) {
                let Some(patience) = self.patience(share) else { return Ok(()) };
                self.close(&patience, order).await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self, patience: &Patience<'_, B>, order: OrderId) -> Result<(), Stopped> {
        match close_order_within(self.backend, patience, order, CloseReason::Expired).await {
            Ok(CloseOutcome::Closed(_)) => self.report.closed += 1,
            Ok(CloseOutcome::Paid | CloseOutcome::Settled(_)) => self.report.settled += 1,
            Ok(_) => {}
            Err(Interrupted::Stopped(stopped)) => return Err(stopped),
            Err(error) => self.failed(&order, &error),
        }
        Ok(())
    }
}
