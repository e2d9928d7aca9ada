//! The ports of the reconciliation: what the ledger and the orders say, and what the counters and the holds say.

use std::future::Future;

use commerce_domain::{EventId, OrderId, ProductId, VariantId};
use jiff::Timestamp;

use super::Finding;
use crate::{
    StoreError,
    inventory::{HeldLine, Hold},
};

/// What the database says of a variant's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerSum {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// The sum of its entries.
    pub sum: i64,
    /// The number of its last entry; 0 before the first.
    pub last_entry: i64,
    /// How many may be sold beyond the stock.
    pub backorder_limit: u32,
    /// Whether something is noted that the counters and the ledger have not both followed.
    pub moving: bool,
    /// When its product last changed.
    pub changed_at: Timestamp,
}

/// What is expected of the hold behind a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// Nothing: it may be there or not.
    Any,
    /// It must be there: the order waits for money.
    Due,
    /// It has yet to end, one way or the other: the order is paid or was called off, and its stock has not followed, or it is being
    /// closed. Until then its pieces are reserved, also where the hold has gone.
    Ending,
}

/// An order, or a checkout on its way to one, that may hold pieces of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockClaim {
    /// The order.
    pub order_id: OrderId,
    /// The variant.
    pub variant_id: VariantId,
    /// How many pieces.
    pub quantity: u32,
    /// What is expected of its hold.
    pub expected: Expected,
}

/// What the database says of an order whose hold is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may hold stock.
    MayHold,
    /// It is paid, and nothing is noted that its hold has yet to do.
    Paid,
}

/// A difference to be written into the ledger, so that it says what the counters say.
#[derive(Debug, Clone)]
pub struct LedgerCorrection<'a> {
    /// The ledger as it was when the difference was seen.
    pub seen: &'a LedgerSum,
    /// The entry's quantity, not zero.
    pub quantity: i64,
    /// The entry's reference.
    pub reference: String,
    /// What is told of it.
    pub finding: &'a Finding,
    /// The id of the event that tells of it.
    pub event: EventId,
    /// Now.
    pub now: Timestamp,
}

/// Reads the ledger and the orders, and writes what was found.
pub trait AuditLedger: Send + Sync {
    /// What the database says of all variants, also of those that are out of the shop, by id from behind `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_ledger(
        &self,
        after: Option<VariantId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<LedgerSum>, StoreError>> + Send;

    /// What it says of these variants, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_ledger(&self, variants: &[VariantId]) -> impl Future<Output = Result<Vec<LedgerSum>, StoreError>> + Send;

    /// Who may hold pieces of these variants: at most `limit` claims, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_claims(
        &self,
        variants: &[VariantId],
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StockClaim>, StoreError>> + Send;

    /// Which of these orders may hold stock or are paid. The others never will: they have ended, or never came to be.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_standing(
        &self,
        orders: &[OrderId],
    ) -> impl Future<Output = Result<Vec<(OrderId, Standing)>, StoreError>> + Send;

    /// The hold that an order must have which waits for money; none if it does not.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_due_hold(&self, order: OrderId) -> impl Future<Output = Result<Option<Hold>, StoreError>> + Send;

    /// Writes a correction with its event, if the ledger is still as it was and nothing moves. Whether it was written.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written.
    fn correct_ledger(
        &self,
        correction: &LedgerCorrection<'_>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Writes the event that tells of a finding.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written.
    fn tell_finding(
        &self,
        finding: &Finding,
        event: EventId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A hold as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundHold {
    /// The order.
    pub order_id: OrderId,
    /// Whether it is in force: HELD or COMMITTING.
    pub in_force: bool,
    /// Its pieces.
    pub lines: Vec<HeldLine>,
}

/// Some of the holds that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldPage {
    /// Whose they are.
    pub orders: Vec<OrderId>,
    /// Where the next page begins; none after the last one.
    pub next: Option<String>,
}

/// How many pieces more are held than the counters say, to be written onto them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedCorrection {
    /// The variant.
    pub variant_id: VariantId,
    /// The version that the counters must still have.
    pub version: u64,
    /// How many pieces more are held; below zero, fewer.
    pub quantity: i64,
    /// How many can be sold then.
    pub sellable: u64,
}

/// A line of a hold that is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoredLine {
    /// The line.
    pub line: HeldLine,
    /// The version that the counters must still have.
    pub version: u64,
    /// Whether the counters have the pieces as reserved already.
    pub counted: bool,
}

/// Reads holds, and repairs them and the counters, each under the version that was seen.
pub trait AuditStock: Send + Sync {
    /// The holds in force, page by page; one that came or went meanwhile may be missing or still be there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_holds(&self, after: Option<&str>) -> impl Future<Output = Result<HoldPage, StoreError>> + Send;

    /// The holds of these orders, at most 100, as they stand, without those that have none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_holds(&self, orders: &[OrderId]) -> impl Future<Output = Result<Vec<FoundHold>, StoreError>> + Send;

    /// Writes a correction. Whether the counters still had the version; if not, nothing was written.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written.
    fn correct_reserved(
        &self,
        correction: &ReservedCorrection,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Puts a hold back that has gone, and onto the counters what these do not have yet. Whether it was put: not if there is
    /// one, if counters have another version, or if what is to be held was sold meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been put.
    fn restore_hold(
        &self,
        hold: &Hold,
        lines: &[RestoredLine],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
