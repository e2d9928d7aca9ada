//! Naming what two looks agree on, and repairing it under the version that was seen.

use commerce_domain::{Clock as _, EventId, OrderId, VariantId};

use super::{
    Drift, Finding, Reconciliation,
    look::{Look, sellable, settled_look},
    ports::{
        AuditLedger as _, AuditStock as _, FoundHold, LedgerCorrection, ReservedCorrection, RestoredLine, Standing,
    },
};
use crate::{
    Backend, Interrupted,
    hooks::{HookPoint, Hooks as _},
    idempotency::LEASE,
    inventory::{NewStock, PutStock as _, ReleaseOutcome, SettleHold as _, StockLevel},
};

/// A variant is examined again after each repair; this often.
const MAX_REPAIRS: u32 = 8;

/// A run of the reconciliation.
pub(super) struct Reconciling<'a, B> {
    pub(super) backend: &'a B,
    /// Orders that the database does not expect a hold of, and whose holds stay in force.
    pub(super) strays: Vec<OrderId>,
    pub(super) hold_pages: u32,
    pub(super) report: Reconciliation,
}

impl<'a, B: Backend> Reconciling<'a, B> {
    pub(super) fn new(backend: &'a B) -> Self {
        Self { backend, strays: Vec::new(), hold_pages: 0, report: Reconciliation::default() }
    }

    /// Releases the holds of a page whose orders have ended, or never came to be. Where the next page begins.
    pub(super) async fn end_dead_holds(&mut self, after: Option<String>) -> Result<Option<String>, Interrupted> {
        let page = self.backend.stock().list_holds(after.as_deref()).await?;
        for orders in page.orders.chunks(100) {
            let known = self.backend.database().find_standing(orders).await?;
            let standing = |order: &OrderId| known.iter().find(|(id, _)| id == order).map(|(_, standing)| *standing);
            let suspects = orders.iter().filter(|order| standing(order) != Some(Standing::MayHold)).copied();
            let suspects: Vec<OrderId> = suspects.collect();
            // An order that has ended stays so: a hold of it that is in force by now was forgotten.
            for hold in self.backend.stock().read_holds(&suspects).await?.into_iter().filter(|hold| hold.in_force) {
                let paid = standing(&hold.order_id) == Some(Standing::Paid);
                self.end_dead_hold(&hold, paid).await?;
            }
        }
        Ok(page.next)
    }

    async fn end_dead_hold(&mut self, hold: &FoundHold, paid: bool) -> Result<(), Interrupted> {
        let drift = if paid { Drift::UnconsumedHold } else { Drift::LostRelease };
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
        self.before_repair().await?;
        let repaired = !paid && self.backend.stock().release(hold.order_id).await? == ReleaseOutcome::Released;
        if !repaired {
            self.strays.push(hold.order_id);
        }
        for place in places {
            self.note(place, repaired);
        }
        Ok(())
    }

    /// Looks closer at a variant, and repairs one difference after the other.
    pub(super) async fn examine(&mut self, variant: VariantId) -> Result<(), Interrupted> {
        for _ in 0..MAX_REPAIRS {
            let Some(look) = settled_look(self.backend, variant, &self.strays).await? else {
                self.report.unsettled += 1;
                return Ok(());
            };
            if look.agrees() {
                return Ok(());
            }
            if self.is_young(&look) {
                return Ok(());
            }
            // What moved meanwhile, and could not be repaired for that, is looked at again.
            self.repair(&look).await?;
        }
        self.report.unsettled += 1;
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

    /// The place of a finding in the report. It is told of before it is repaired: one that is told of twice does less harm than one
    /// that nobody hears of. One that could not be repaired a moment ago is the same.
    async fn found(&mut self, finding: Finding) -> Result<usize, Interrupted> {
        let same = |known: &Finding| {
            !known.repaired
                && (known.drift, known.variant_id, known.order_id)
                    == (finding.drift, finding.variant_id, finding.order_id)
        };
        if let Some(place) = self.report.findings.iter().position(same) {
            return Ok(place);
        }
        let event = EventId::generate(self.backend.clock(), self.backend.entropy());
        self.backend.database().tell_finding(&finding, event, self.backend.clock().now()).await?;
        self.report.findings.push(finding);
        Ok(self.report.findings.len() - 1)
    }

    /// Notes that a finding was repaired, or was not.
    fn note(&mut self, place: usize, repaired: bool) {
        if let Some(finding) = self.report.findings.get_mut(place) {
            finding.repaired = repaired;
        }
    }

    async fn before_repair(&self) -> Result<(), Interrupted> {
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
        let finding = Finding { repaired: true, ..finding(look, Drift::ManualEdit, (level.on_hand, look.ledger.sum)) };
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
            self.report.findings.push(finding);
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
