//! What the reconciliation has found, and its numbers.

use std::collections::BTreeMap;

use commerce_domain::{Clock as _, EventId, OrderId, ProductId, VariantId};

use super::{MAX_FINDINGS, look::Strays, ports::AuditLedger as _};
use crate::{Backend, StoreError};

/// What is wrong about a variant's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// Pieces are held for nobody: their release was lost.
    LostRelease,
    /// Pieces that are held count as free: they were released twice.
    DoubleRelease,
    /// The counters were changed past the ledger.
    ManualEdit,
    /// An order waits for money, or was paid and its goods have yet to leave, and it holds nothing.
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

impl Finding {
    fn log(&self) {
        let order = self.order_id.map(tracing::field::display);
        tracing::warn!(
            stock.drift = self.drift.as_str(), product.id = %self.product_id, variant.id = %self.variant_id,
            order.id = order, stock.counted = self.counted, stock.expected = self.expected,
            stock.repaired = self.repaired, "stock is not what ledger and orders say"
        );
    }
}

/// What a run has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// Variants that were compared.
    pub checked: u32,
    /// Variants that kept moving, and that nothing can be said of.
    pub unsettled: u32,
    /// The differences. Of holds of orders that have ended, the first thousand.
    pub findings: Vec<Finding>,
    /// Behind which variant the next run goes on; none where all were compared.
    pub next: Option<VariantId>,
}

/// How much a run has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReconciliationTotals {
    /// Variants that were compared.
    pub checked: u32,
    /// Variants that kept moving, and that nothing can be said of.
    pub unsettled: u32,
    /// Differences that were repaired, of each kind.
    pub repaired: BTreeMap<Drift, u32>,
    /// Differences that were not, and will be found again.
    pub open: BTreeMap<Drift, u32>,
}

impl ReconciliationTotals {
    /// How many differences there were in all.
    #[must_use]
    pub fn findings(&self) -> u32 {
        self.repaired.values().chain(self.open.values()).sum()
    }

    fn count(&mut self, finding: &Finding) {
        let kinds = if finding.repaired { &mut self.repaired } else { &mut self.open };
        *kinds.entry(finding.drift).or_default() += 1;
    }
}

/// A run of the reconciliation.
pub(super) struct Reconciling<'a, B> {
    pub(super) backend: &'a B,
    /// Whether holds that stay are told of.
    pub(super) tells_of_strays: bool,
    /// By variant, the orders that the database does not expect a hold of, and whose holds stay in force.
    pub(super) strays: Strays,
    pub(super) totals: ReconciliationTotals,
    /// Findings about the variant or the hold that is at hand: they may yet be repaired.
    here: Vec<Finding>,
    findings: Vec<Finding>,
}

impl<'a, B: Backend> Reconciling<'a, B> {
    pub(super) fn new(backend: &'a B, tells_of_strays: bool) -> Self {
        let (strays, totals) = (Strays::new(), ReconciliationTotals::default());
        Self { backend, tells_of_strays, strays, totals, here: Vec::new(), findings: Vec::new() }
    }

    /// The place of a finding among those at hand. It is told of before it is repaired: one that is told of twice does less harm than
    /// one that nobody hears of. One that could not be repaired a moment ago is the same.
    pub(super) async fn found(&mut self, finding: Finding) -> Result<usize, StoreError> {
        let same = |known: &Finding| {
            !known.repaired
                && (known.drift, known.variant_id, known.order_id)
                    == (finding.drift, finding.variant_id, finding.order_id)
        };
        if let Some(place) = self.here.iter().position(same) {
            return Ok(place);
        }
        let event = EventId::generate(self.backend.clock(), self.backend.entropy());
        self.backend.database().tell_finding(&finding, event, self.backend.clock().now()).await?;
        self.here.push(finding);
        Ok(self.here.len() - 1)
    }

    /// A finding that was told of with its repair.
    pub(super) fn repaired(&mut self, finding: Finding) {
        self.here.push(Finding { repaired: true, ..finding });
    }

    /// Notes that a finding was repaired, or was not.
    pub(super) fn note(&mut self, place: usize, repaired: bool) {
        if let Some(finding) = self.here.get_mut(place) {
            finding.repaired = repaired;
        }
    }

    /// What is at hand is dealt with.
    pub(super) fn settle(&mut self) {
        for finding in self.here.drain(..) {
            finding.log();
            self.totals.count(&finding);
            self.findings.push(finding);
        }
    }

    /// Lists no more of what was found than an answer can hold.
    pub(super) fn shorten_findings(&mut self) {
        self.findings.truncate(MAX_FINDINGS as usize);
    }

    /// What was found until now is not listed, only counted.
    pub(super) fn forget_findings(&mut self) {
        self.findings.clear();
    }

    pub(super) fn into_report(self, next: Option<VariantId>) -> Reconciliation {
        let ReconciliationTotals { checked, unsettled, .. } = self.totals;
        Reconciliation { checked, unsettled, findings: self.findings, next }
    }
}
