//! The reconciliation: compares what the ledger and the orders say with what the counters and the holds say, names each
//! difference, tells of it, and repairs it.
//!
//! It runs while orders do. A difference counts once two looks in a row have found the same, under one version of the counters
//! (see [`look`]), and each repair is conditional on that version or on that state of the ledger: what has moved meanwhile is
//! left to the next run. Nothing is overwritten: of what is on hand the counters are believed, and the ledger gets an entry;
//! of what is reserved the holds are believed, and the counters move by the difference. The hold of an order that was paid may
//! have gone before its goods have left: until they have, its pieces stay reserved.

mod dead_holds;
mod look;
mod ports;
mod repair;
mod report;

use commerce_domain::VariantId;
pub use ports::{
    AuditLedger, AuditStock, Expected, FoundHold, HoldPage, LedgerCorrection, LedgerSum, ReservedCorrection,
    RestoredLine, Standing, StockClaim,
};
pub use report::{Drift, Finding, Reconciliation, ReconciliationTotals};

use self::{look::look, report::Reconciling};
use crate::{Backend, Interrupted};

/// Variants that are compared at once.
const PAGE: u32 = 100;
/// Variants that one run compares at most.
pub const MOST_VARIANTS: u32 = 1_000;
/// Findings about variants after which a run ends early.
const MAX_FINDINGS: u32 = 1_000;

/// Compares and repairs up to `limit` variants from behind `after`, and ends the holds of orders that have ended. Of a hold that
/// stays it tells only where `after` is none: whoever goes on has heard of it.
///
/// # Errors
/// [`Interrupted`]; what was repaired by then stays so. It can be run again.
pub async fn reconcile<B: Backend>(
    backend: &B,
    after: Option<VariantId>,
    limit: u32,
) -> Result<Reconciliation, Interrupted> {
    let mut reconciling = Reconciling::new(backend, after.is_none());
    reconciling.end_dead_holds().await?;
    let next = reconciling.compare_from(after, limit.min(MOST_VARIANTS)).await?;
    Ok(reconciling.into_report(next))
}

/// Compares and repairs everything, as a daily schedule does. The findings stand in events and in the log; their numbers are
/// returned.
///
/// # Errors
/// [`Interrupted`]; what was repaired by then stays so. It can be run again.
pub async fn reconcile_all<B: Backend>(backend: &B) -> Result<ReconciliationTotals, Interrupted> {
    let mut reconciling = Reconciling::new(backend, true);
    reconciling.end_dead_holds().await?;
    let mut after = None;
    loop {
        after = reconciling.compare_from(after, MOST_VARIANTS).await?;
        reconciling.forget_findings();
        if after.is_none() {
            return Ok(reconciling.totals);
        }
    }
}

impl<B: Backend> Reconciling<'_, B> {
    /// Compares up to `limit` variants from behind `after`, a page of them at least. Behind which one to go on; none where all
    /// were compared.
    async fn compare_from(
        &mut self,
        mut after: Option<VariantId>,
        limit: u32,
    ) -> Result<Option<VariantId>, Interrupted> {
        let (mut left, before) = (limit, self.totals.findings());
        while left > 0 && self.totals.findings() - before < MAX_FINDINGS {
            let asked = left.min(PAGE);
            let listed = self.backend.database().list_ledger(after, asked).await?;
            let variants: Vec<VariantId> = listed.iter().map(|ledger| ledger.variant_id).collect();
            self.compare(&variants).await?;
            after = variants.last().copied().or(after);
            let found = u32::try_from(variants.len()).unwrap_or(u32::MAX);
            self.totals.checked += found;
            left = left.saturating_sub(found);
            if found < asked {
                return Ok(None);
            }
        }
        Ok(after)
    }

    /// Compares a page of variants, and looks closer at those that do not agree.
    async fn compare(&mut self, variants: &[VariantId]) -> Result<(), Interrupted> {
        let doubtful: Vec<VariantId> = match look(self.backend, variants, &self.strays).await? {
            Some(looks) => {
                let doubtful = looks.iter().filter(|look| !look.agrees() || !look.unheld.is_empty());
                doubtful.map(|look| look.ledger.variant_id).collect()
            }
            None => variants.to_vec(),
        };
        for variant in doubtful {
            let examined = self.examine(variant).await;
            self.settle();
            examined?;
        }
        Ok(())
    }
}
