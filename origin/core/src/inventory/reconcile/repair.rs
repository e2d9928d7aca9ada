//! Naming what two looks agree on, and repairing it under the version that was seen.

use commerce_domain::{Clock as _, EventId, OrderId, VariantId};

use super::{
    Drift, Finding,
    look::{Look, sellable, settled_look},
    ports::{AuditLedger as _, AuditStock as _, LedgerCorrection, ReservedCorrection, RestoredLine},
    report::Reconciling,
};
use crate::{
    Backend, Interrupted,
    hooks::{HookPoint, Hooks as _},
    idempotency::LEASE,
    inventory::{NewStock, PutStock as _, StockLevel},
};

/// A variant is examined again after each repair; this often.
const MAX_REPAIRS: u32 = 8;

impl<B: Backend> Reconciling<'_, B> {
    /// Looks closer at a variant, and repairs one difference after the other.
    pub(super) async fn examine(&mut self, variant: VariantId) -> Result<(), Interrupted> {
        for _ in 0..MAX_REPAIRS {
            let Some(look) = settled_look(self.backend, variant, &self.strays).await? else {
                self.totals.unsettled += 1;
                return Ok(());
            };
            self.tell_unheld(&look).await?;
            if look.agrees() || self.is_young(&look) {
                return Ok(());
            }
            // What moved meanwhile, and could not be repaired for that, is looked at again.
            self.repair(&look).await?;
        }
        self.totals.unsettled += 1;
        Ok(())
    }

    /// Names the orders whose stock has yet to follow how they ended, and whose hold has gone. The sweep lets it follow without one.
    async fn tell_unheld(&mut self, look: &Look) -> Result<(), Interrupted> {
        for (order, quantity) in &look.unheld {
            let lost = finding(look, Drift::LostHold, (0, i64::from(*quantity)));
            self.found(Finding { order_id: Some(*order), ..lost }).await?;
        }
        Ok(())
    }

    /// Names one difference and repairs it.
    async fn repair(&mut self, look: &Look) -> Result<(), Interrupted> {
        let Some(level) = look.level else { return self.put_counters(look).await };
        if let Some(order) = look.lost.first() {
            return self.restore(look, *order).await;
        }
        if !look.ledger.moving && level.on_hand != look.ledger.sum {
            return self.correct_ledger(look, &level).await;
        }
        self.correct_reserved(look, &level).await
    }

    pub(super) async fn before_repair(&self) -> Result<(), Interrupted> {
        Ok(self.backend.hooks().reached(HookPoint::BeforeRepair).await?)
    }

    /// Whether the counters may be on their way: the product is as new as a request may last.
    fn is_young(&self, look: &Look) -> bool {
        let quiet = self.backend.clock().now().saturating_sub(LEASE);
        look.level.is_none() && quiet.is_ok_and(|quiet| look.ledger.changed_at > quiet)
    }

    async fn put_counters(&mut self, look: &Look) -> Result<(), Interrupted> {
        if look.ledger.moving {
            return Ok(());
        }
        let place = self.found(finding(look, Drift::MissingCounters, (0, look.ledger.sum))).await?;
        self.before_repair().await?;
        let on_hand = u32::try_from(look.ledger.sum.max(0)).unwrap_or(u32::MAX);
        let (variant_id, product_id) = (look.ledger.variant_id, look.ledger.product_id);
        let stock = NewStock { variant_id, product_id, on_hand, backorder_limit: look.ledger.backorder_limit };
        self.backend.stock().put_stock_if_absent(&[stock]).await?;
        self.note(place, true);
        Ok(())
    }

    /// Puts the hold of an order back that waits for money.
    async fn restore(&mut self, look: &Look, order: OrderId) -> Result<(), Interrupted> {
        // None where it does not wait any more.
        let Some(hold) = self.backend.database().find_due_hold(order).await? else { return Ok(()) };
        let mut lines = Vec::with_capacity(hold.lines.len());
        let mut expected = 0;
        for line in &hold.lines {
            let Some(other) = settled_look(self.backend, line.variant_id, &self.strays).await? else { return Ok(()) };
            let Some(level) = other.level.filter(|_| other.lost.contains(&order)) else { return Ok(()) };
            let counted = level.reserved - other.held >= i64::from(line.quantity);
            lines.push(RestoredLine { line: *line, version: level.version, counted });
            if line.variant_id == look.ledger.variant_id {
                expected = i64::from(line.quantity);
            }
        }
        let lost = Finding { order_id: Some(order), ..finding(look, Drift::LostHold, (0, expected)) };
        let place = self.found(lost).await?;
        self.before_repair().await?;
        let restored = self.backend.stock().restore_hold(&hold, &lines).await?;
        self.note(place, restored);
        Ok(())
    }

    /// The counters are believed: the ledger says the same from now on.
    async fn correct_ledger(&mut self, look: &Look, level: &StockLevel) -> Result<(), Interrupted> {
        let finding = finding(look, Drift::ManualEdit, (level.on_hand, look.ledger.sum));
        let correction = LedgerCorrection {
            seen: &look.ledger,
            quantity: level.on_hand - look.ledger.sum,
            reference: format!("reconciliation after {}", look.ledger.last_entry),
            finding: &finding,
            event: EventId::generate(self.backend.clock(), self.backend.entropy()),
            now: self.backend.clock().now(),
        };
        self.before_repair().await?;
        if self.backend.database().correct_ledger(&correction).await? {
            self.repaired(finding);
        }
        Ok(())
    }

    /// The holds are believed: the counters say the same from now on.
    async fn correct_reserved(&mut self, look: &Look, level: &StockLevel) -> Result<(), Interrupted> {
        let more = look.held - level.reserved;
        let then = sellable(level, more);
        let found = match more {
            0 => finding(look, Drift::ManualEdit, (level.sellable, then)),
            ..0 => finding(look, Drift::LostRelease, (level.reserved, look.held)),
            1.. => finding(look, Drift::DoubleRelease, (level.reserved, look.held)),
        };
        let place = self.found(found).await?;
        self.before_repair().await?;
        // Below zero, more is sold than there is: nothing that could be written here would make it less.
        if let Ok(sellable) = u64::try_from(then) {
            let (variant_id, version) = (look.ledger.variant_id, level.version);
            let correction = ReservedCorrection { variant_id, version, quantity: more, sellable };
            let corrected = self.backend.stock().correct_reserved(&correction).await?;
            self.note(place, corrected);
        }
        Ok(())
    }
}

fn finding(look: &Look, drift: Drift, (counted, expected): (i64, i64)) -> Finding {
    let (product_id, variant_id) = (look.ledger.product_id, look.ledger.variant_id);
    Finding { drift, product_id, variant_id, order_id: None, counted, expected, repaired: false }
}
