//! Goods that come into the warehouse or leave it for another reason than a paid hold.

use std::future::Future;

use commerce_domain::VariantId;

use crate::StoreError;

/// Pieces of one variant that come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedLine {
    /// The variant.
    pub variant_id: VariantId,
    /// How many: more than nothing come in, less than nothing leave.
    pub quantity: i64,
}

/// Pieces that come or go together, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMovement {
    /// The reason, which is also the movement's identity: the reference of its entries in the stock's ledger. 1 to 255
    /// characters.
    pub reference: String,
    /// The pieces, each variant once, 1 to 99 of them.
    pub lines: Vec<MovedLine>,
    /// The version that the counters of each line must have; any, if none is given.
    pub version: Option<u64>,
}

/// Fewer pieces are free than were to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// The variant.
    pub variant_id: VariantId,
    /// So many are on hand and not held. Below zero while backorders are held.
    pub available: i64,
}

/// What became of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveOutcome {
    /// The counters have moved, by this call or by an earlier one.
    Moved,
    /// Nothing moved: of these lines fewer are free than would leave, and what is held does not leave.
    TooFew(Vec<TooFew>),
    /// Nothing moved: the counters have another version.
    OtherVersion,
    /// Nothing moved: these variants have no counters.
    NoCounters(Vec<VariantId>),
    /// The movement was called off before; it moved nothing and never will.
    CalledOff,
}

/// What became of the wish to call a movement off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOffOutcome {
    /// It moved nothing and never will.
    CalledOff,
    /// It had moved the counters: nothing was changed.
    Moved,
}

/// Moves goods on the counters. On hand and what can be sold change by the same number; what is held stays held.
///
/// Whoever moves notes the movement in the database first, with its reference, and repeats it until the answer is there: a
/// movement whose answer was lost may have been made, or may yet be. A refusal is not remembered: the same reference may be
/// tried again, and one that is refused for good is [called off](Self::call_off), so that no late attempt moves anything.
pub trait MoveStock: Send + Sync {
    /// Moves all lines or none, in one transaction, once for each reference. Idempotent for thirty days.
    ///
    /// # Errors
    /// [`StoreError`]; the counters may have moved: repeat. [`StoreError::Broken`] where the reference has moved other lines.
    fn move_stock(&self, movement: &StockMovement) -> impl Future<Output = Result<MoveOutcome, StoreError>> + Send;

    /// Makes sure that this reference has moved nothing and never will, unless it has. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn call_off(&self, reference: &str) -> impl Future<Output = Result<CallOffOutcome, StoreError>> + Send;
}
