//! Holds that nobody is to have any more.

use commerce_domain::{OrderId, VariantId};

use super::{
    Drift, Finding,
    ports::{AuditLedger as _, AuditStock as _, FoundHold, Standing},
    report::Reconciling,
};
use crate::{
    Backend, Interrupted, StoreError,
    inventory::{ReleaseOutcome, SettleHold as _},
};

/// Pages of holds that one run reads.
const MAX_PAGES: u32 = 100_000;

impl<B: Backend> Reconciling<'_, B> {
    /// Releases the holds whose orders have ended, or never came to be, and finds those that stay though nobody expects them:
    /// the comparison has to know of all of these.
    pub(super) async fn end_dead_holds(&mut self) -> Result<(), Interrupted> {
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = self.backend.stock().list_holds(after.as_deref()).await?;
            for orders in page.orders.chunks(100) {
                self.end_dead_among(orders).await?;
            }
            self.shorten_findings();
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
        Err(StoreError::unavailable("there are more pages of holds than a run reads").into())
    }

    async fn end_dead_among(&mut self, orders: &[OrderId]) -> Result<(), Interrupted> {
        let known = self.backend.database().find_standing(orders).await?;
        let standing = |order: &OrderId| known.iter().find(|(id, _)| id == order).map(|(_, standing)| *standing);
        let suspects = orders.iter().filter(|order| standing(order) != Some(Standing::MayHold)).copied();
        let suspects: Vec<OrderId> = suspects.collect();
        // An order that has ended stays so: a hold of it that is in force by now was forgotten.
        for hold in self.backend.stock().read_holds(&suspects).await?.into_iter().filter(|hold| hold.in_force) {
            let paid = standing(&hold.order_id) == Some(Standing::Paid);
            let ended = self.end_dead_hold(&hold, paid).await;
            self.settle();
            ended?;
        }
        Ok(())
    }

    async fn end_dead_hold(&mut self, hold: &FoundHold, paid: bool) -> Result<(), Interrupted> {
        let places = if paid && !self.tells_of_strays {
            Vec::new()
        } else {
            self.tell_dead_hold(hold, if paid { Drift::UnconsumedHold } else { Drift::LostRelease }).await?
        };
        self.before_repair().await?;
        let repaired = !paid && self.backend.stock().release(hold.order_id).await? == ReleaseOutcome::Released;
        if !repaired {
            for line in &hold.lines {
                self.strays.entry(line.variant_id).or_default().push(hold.order_id);
            }
        }
        for place in places {
            self.note(place, repaired);
        }
        Ok(())
    }

    /// Tells of a hold, line by line. The places of the findings.
    async fn tell_dead_hold(&mut self, hold: &FoundHold, drift: Drift) -> Result<Vec<usize>, StoreError> {
        let variants: Vec<VariantId> = hold.lines.iter().map(|line| line.variant_id).collect();
        let ledger = self.backend.database().load_ledger(&variants).await?;
        let mut places = Vec::with_capacity(hold.lines.len());
        for line in &hold.lines {
            let Some(ledger) = ledger.iter().find(|ledger| ledger.variant_id == line.variant_id) else { continue };
            let finding = Finding {
                drift,
                product_id: ledger.product_id,
                variant_id: line.variant_id,
                order_id: Some(hold.order_id),
                counted: i64::from(line.quantity),
                expected: 0,
                repaired: false,
            };
            places.push(self.found(finding).await?);
        }
        Ok(places)
    }
}
