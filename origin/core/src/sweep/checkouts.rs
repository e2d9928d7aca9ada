//! Checkouts whose owner has died, and carts that still hold what was ordered.

use commerce_api::Route;

use super::{LapsedCheckout, SweepStore as _, Sweeping, pages::Pages};
use crate::{
    Backend,
    checkout::{CheckoutStore as _, Claim, Finishing, OrderOutcome, PlaceOrderError, take_out},
    hooks::Stopped,
    idempotency::{Lease, StoredAnswer},
};

impl<B: Backend> Sweeping<'_, B> {
    /// Makes the order, or gives it up, as a repetition of the request would.
    pub(super) async fn finish_checkouts<R>(&mut self, render: &R) -> Result<(), Stopped>
    where
        R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
    {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let after = pages.after();
            let listed =
                self.backend.database().list_lapsed_checkouts(Route::CreateOrder.name(), self.now(), after, limit);
            let found = pages.take(listed.await, |lapsed: &LapsedCheckout| lapsed.id, &mut self.report);
            for lapsed in found {
                if self.is_over(share) {
                    return Ok(());
                }
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

    /// Takes out what was ordered.
    pub(super) async fn empty_carts(&mut self) {
        let (mut pages, share) = (Pages::default(), self.own_share());
        while let Some(limit) = pages.next() {
            let listed = self.backend.database().list_full_carts(self.quiet(), pages.after(), limit).await;
            for cart in pages.take(listed, |cart| cart.checkout.id, &mut self.report) {
                if self.is_over(share) {
                    return;
                }
                match take_out(self.backend, &cart.owner, &cart.checkout).await {
                    Ok(()) => self.report.carts += 1,
                    Err(error) => self.failed(&cart.checkout.order_id, &error),
                }
            }
        }
    }
}
