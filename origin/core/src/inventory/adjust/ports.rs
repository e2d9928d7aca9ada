//! The port to adjustments: what is noted of them, and what they end with.

use std::future::Future;

use commerce_api::inventory::ThresholdChange;
use commerce_domain::{AdjustmentId, VariantId};
use jiff::Timestamp;

use crate::{
    StoreError,
    idempotency::{ClaimKey, Hash, StoredAnswer},
    inventory::StockLevel,
};

/// Why goods are moved by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustmentKind {
    /// Goods have come in.
    Receipt,
    /// The shelf does not hold what was thought.
    Correction,
}

impl AdjustmentKind {
    /// How the ledger spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Correction => "correction",
        }
    }
}

/// Why goods were not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Fewer pieces are free than were to leave.
    TooFew,
    /// The counters have another version.
    OtherVersion,
    /// The variant has no counters.
    NoCounters,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::TooFew, Self::OtherVersion, Self::NoCounters];

    /// How the database spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "too_few",
            Self::OtherVersion => "other_version",
            Self::NoCounters => "no_counters",
        }
    }
}

/// What is to change about a variant's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockChange {
    /// How many pieces come or leave, not zero; none where only the threshold changes.
    pub quantity: Option<i64>,
    /// Why they do.
    pub kind: AdjustmentKind,
    /// What becomes of the threshold.
    pub threshold: ThresholdChange,
}

/// A wish to change a variant's stock, about to be noted.
#[derive(Debug, Clone)]
pub struct NewAdjustment<'a> {
    /// Also the reference of the movement and of the ledger's entry.
    pub id: AdjustmentId,
    /// The variant.
    pub variant_id: VariantId,
    /// The change.
    pub change: StockChange,
    /// The version that the counters must have, if one is expected.
    pub version: Option<u64>,
    /// The claim of the request that asks for it, if that can be repeated, its fence, and the request's name.
    pub request: Option<(&'a ClaimKey, i64, Hash)>,
    /// Now.
    pub now: Timestamp,
}

/// Where an adjustment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustmentState {
    /// Noted; the counters may have moved.
    Open,
    /// Made.
    Done,
    /// Not made, and it never will be.
    Refused(Refusal),
}

/// A wish to change a variant's stock, as it was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// Its id.
    pub id: AdjustmentId,
    /// The variant.
    pub variant_id: VariantId,
    /// The change.
    pub change: StockChange,
    /// The version that the counters must have.
    pub version: Option<u64>,
    /// Where it stands.
    pub state: AdjustmentState,
}

/// What becomes of the claim of the request that asked.
#[derive(Debug, Clone)]
pub enum RequestEnd<'a> {
    /// Nothing: nobody asked, or not this one.
    Stays,
    /// It ends with this answer.
    Answered(&'a ClaimKey, i64, &'a StoredAnswer),
    /// It is taken back, without an answer to keep.
    Forgotten(&'a ClaimKey, i64),
}

/// The end of an adjustment, to be written down.
#[derive(Debug, Clone)]
pub struct AdjustmentEnd<'a> {
    /// The adjustment.
    pub adjustment: &'a Adjustment,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
    /// The counters after it.
    pub level: Option<&'a StockLevel>,
    /// What becomes of the claim.
    pub request: RequestEnd<'a>,
    /// Now.
    pub now: Timestamp,
}

/// Keeps adjustments.
pub trait KeepAdjustments: Send + Sync {
    /// The adjustment that an earlier attempt of this request has noted.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_adjustment(&self, request: Hash) -> impl Future<Output = Result<Option<Adjustment>, StoreError>> + Send;

    /// Notes an adjustment, if the claim is still the request's. Whether it is; if not, nothing was noted.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been noted.
    fn begin_adjustment(&self, adjustment: &NewAdjustment<'_>)
    -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends an adjustment, if it has not ended, and the claim with it, in one transaction: if it was not refused, the ledger's
    /// entry, its sums, and the threshold.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn end_adjustment(&self, end: &AdjustmentEnd<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Adjustments that were noted at `before` or earlier and have not ended, by id from behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_open_adjustments(
        &self,
        before: Timestamp,
        after: Option<AdjustmentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Adjustment>, StoreError>> + Send;

    /// The thresholds of these variants that have one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_thresholds(
        &self,
        variants: &[VariantId],
    ) -> impl Future<Output = Result<Vec<(VariantId, u32)>, StoreError>> + Send;
}
