//! The reconciliation: compares what the ledger and the orders say with what the counters and the holds say, names each
//! difference, tells of it, and repairs it.
//!
//! It runs while orders do. A difference counts once two looks in a row have found the same, under one version of the counters
//! (see [`look`]), and each repair is conditional on that version or on that state of the ledger: what has moved meanwhile is
//! left to the next run. Nothing is overwritten: of what is on hand the counters are believed, and the ledger gets an entry;
//! of what is reserved the holds are believed, and the counters move by the difference.

mod look;
mod ports;
mod repair;

use commerce_domain::{OrderId, ProductId, VariantId};
pub use ports::{
    AuditLedger, AuditStock, FoundHold, HoldPage, LedgerCorrection, LedgerSum, ReservedCorrection, RestoredLine,
    Standing, StockClaim,
};

use self::{look::look, repair::Reconciling};
use crate::{Backend, Interrupted};

/// Variants that are compared at once.
const PAGE: u32 = 100;
/// Pages of holds that one run reads.
const MAX_HOLD_PAGES: u32 = 10_000;
/// Variants that one run compares at most.
pub const MOST_VARIANTS: u32 = 1_000;
/// Findings after which a run ends early.
const MAX_FINDINGS: usize = 1_000;

/// What is wrong about a variant's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// Pieces are held for nobody: their release was lost.
    LostRelease,
    /// Pieces that are held count as free: they were released twice.
    DoubleRelease,
    /// The counters were changed past the ledger.
    ManualEdit,
    /// An order waits for money and holds nothing.
    LostHold,
    /// The counters have gone, or never came to be.
    MissingCounters,
    /// The goods of a paid order are still held.
    UnconsumedHold,
}

impl Drift {
    /// How events and answers spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LostRelease => "lost_release",
            Self::DoubleRelease => "double_release",
            Self::ManualEdit => "manual_edit",
            Self::LostHold => "lost_hold",
            Self::MissingCounters => "missing_counters",
            Self::UnconsumedHold => "unconsumed_hold",
        }
    }
}

/// A difference that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub drift: Drift,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// The order whose hold it is about, if it is about one.
    pub order_id: Option<OrderId>,
    /// What counters and holds say.
    pub counted: i64,
    /// What ledger and orders say.
    pub expected: i64,
    /// Whether it was repaired. If not, it will be found again.
    pub repaired: bool,
}

/// What a run has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Variants that were compared.
    pub checked: u32,
    /// Variants that kept moving, and that nothing can be said of.
    pub unsettled: u32,
    /// The differences.
    pub findings: Vec<Finding>,
    /// Behind which variant the next run goes on; none where all were compared.
    pub next: Option<VariantId>,
}

/// Compares and repairs up to `limit` variants from behind `after`, and the holds of orders that have ended.
///
/// # Errors
/// [`Interrupted`]; what was repaired by then stays so. It can be run again.
pub async fn reconcile<B: Backend>(
    backend: &B,
    after: Option<VariantId>,
    limit: u32,
) -> Result<Reconciliation, Interrupted> {
    let mut reconciling = Reconciling::new(backend);
    let mut next = None;
    loop {
        next = reconciling.end_dead_holds(next).await?;
        reconciling.hold_pages += 1;
        if next.is_none() || reconciling.hold_pages >= MAX_HOLD_PAGES {
            break;
        }
    }
    let (mut after, mut left) = (after, limit.min(MOST_VARIANTS));
    while left > 0 && reconciling.report.findings.len() < MAX_FINDINGS {
        let asked = left.min(PAGE);
        let listed = backend.database().list_ledger(after, asked).await?;
        let variants: Vec<VariantId> = listed.iter().map(|ledger| ledger.variant_id).collect();
        reconciling.compare(&variants).await?;
        after = variants.last().copied().or(after);
        let found = u32::try_from(variants.len()).unwrap_or(u32::MAX);
        reconciling.report.checked += found;
        left = left.saturating_sub(found);
        if found < asked {
            return Ok(reconciling.report);
        }
    }
    reconciling.report.next = after;
    Ok(reconciling.report)
}

/// Compares and repairs everything, as a daily schedule does. The findings stand in events and in the log; only their number is
/// returned.
///
/// # Errors
/// [`Interrupted`].
pub async fn reconcile_all<B: Backend>(backend: &B) -> Result<usize, Interrupted> {
    let (mut after, mut found) = (None, 0);
    loop {
        let report = reconcile(backend, after, MOST_VARIANTS).await?;
        found += report.findings.len();
        after = report.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

impl<B: Backend> Reconciling<'_, B> {
    /// Compares a page of variants, and looks closer at those that do not agree.
    async fn compare(&mut self, variants: &[VariantId]) -> Result<(), Interrupted> {
        let doubtful: Vec<VariantId> = match look(self.backend, variants, &self.strays).await? {
            Some(looks) => looks.iter().filter(|look| !look.agrees()).map(|look| look.ledger.variant_id).collect(),
            None => variants.to_vec(),
        };
        for variant in doubtful {
            self.examine(variant).await?;
        }
        Ok(())
    }
}
