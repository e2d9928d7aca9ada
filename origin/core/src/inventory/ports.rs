//! The ports to the counters of stock. One store keeps them; nothing else counts.

use std::future::Future;

use commerce_domain::{AttemptId, OrderId, ProductId, VariantId};
use jiff::Timestamp;

use super::{AuditLedger, AuditStock, KeepAdjustments, KeepLevels, ListStock, MoveStock, SetLimits, WatchThresholds};
use crate::StoreError;

/// The counters of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Pieces in the warehouse.
    pub on_hand: i64,
    /// Pieces of them that are held for orders.
    pub reserved: i64,
    /// Pieces that may be sold beyond the stock.
    pub backorder_limit: i64,
    /// Pieces that can be sold now, as it is written down: available plus the backorder limit.
    pub sellable: i64,
    /// Grows by one with each change.
    pub version: u64,
}

impl StockLevel {
    /// On hand minus reserved. Below zero while backorders are held.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }
}

/// The first counters of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewStock {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Pieces in the warehouse.
    pub on_hand: u32,
    /// Pieces that may be sold beyond the stock.
    pub backorder_limit: u32,
}

/// Pieces of one variant within a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLine {
    /// The variant.
    pub variant_id: VariantId,
    /// How many.
    pub quantity: u32,
}

/// Stock that is set aside for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The order; also the hold's identity.
    pub order_id: OrderId,
    /// The pieces, each variant once, at most 99 of them.
    pub lines: Vec<HeldLine>,
    /// When the hold began.
    pub created_at: Timestamp,
    /// Until when it lasts, unless a payment is under way by then.
    pub expires_at: Timestamp,
}

/// Too little of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// The variant.
    pub variant_id: VariantId,
    /// How many were wanted.
    pub requested: u32,
    /// How many could be had.
    pub sellable: i64,
}

/// What became of a request to hold stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveOutcome {
    /// All lines are held, by this call or by an earlier one.
    Held,
    /// Nothing is held: these lines found too little.
    SoldOut(Vec<Shortage>),
    /// The order was given up before; it holds nothing and never will.
    GivenUp,
}

/// What became of the wish to give an order's stock up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUpOutcome {
    /// The order holds nothing and never will.
    GivenUp,
    /// The order holds stock, whoever asked for it: nothing was changed.
    InForce,
}

/// A hold that is about to be put beyond the reach of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayingHold {
    /// The order.
    pub order_id: OrderId,
    /// The attempt to pay that the hold waits for.
    pub attempt_id: AttemptId,
    /// Until when the hold lasts if the attempt comes to nothing.
    pub expires_at: Timestamp,
}

/// What became of the wish to begin a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginPaymentOutcome {
    /// The hold cannot expire now, until this attempt has an outcome. Also where an earlier call did it.
    Committing,
    /// The hold has expired, was released, or never was.
    Expired,
    /// The hold waits for this other attempt.
    Another(AttemptId),
    /// The goods were paid and have left.
    Consumed,
}

/// What became of the wish to take the goods away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsumeOutcome {
    /// The goods have left, by this call or by an earlier one.
    Consumed,
    /// The hold was given up before: its stock is back on sale.
    Released,
    /// The order has no hold: nothing was changed.
    NoHold,
}

/// What a paid order was sold, which is to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldGoods {
    /// The pieces, each variant once.
    pub lines: Vec<HeldLine>,
    /// Whether they are known to have left the counters. If not, only the hold can tell: where that has gone, they had not.
    pub left: bool,
}

/// What became of the stock of an order that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseOutcome {
    /// It is back on sale, by this call or by an earlier one.
    Released,
    /// The goods have left: nothing was changed.
    Consumed,
    /// The order had no hold, and never will.
    Nothing,
}

/// Adds counters.
pub trait PutStock: Send + Sync {
    /// Writes the first counters of each variant, where there are none yet. At most 100 variants. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; some of the counters may have been written.
    fn put_stock_if_absent(&self, stock: &[NewStock]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Reads counters.
pub trait ReadStock: Send + Sync {
    /// The counters of these variants, at most 100, without those that have none. In no particular order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_stock(&self, variants: &[VariantId]) -> impl Future<Output = Result<Vec<StockLevel>, StoreError>> + Send;
}

/// Holds stock for a checkout.
pub trait ReserveStock: Send + Sync {
    /// Holds all lines or none, in one transaction. Idempotent by the order's id: each call looks at what is there.
    ///
    /// # Errors
    /// [`StoreError`]; the hold may exist or may yet come into being: repeat, or [give up](Self::give_up).
    fn reserve(&self, hold: &Hold) -> impl Future<Output = Result<ReserveOutcome, StoreError>> + Send;

    /// Makes sure that the order holds nothing and never will: leaves a tombstone where there is no hold, and gives the
    /// stock back where there is one whose time is over at `now`. A hold in force is left alone: it may be that of somebody
    /// who has taken the checkout over. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn give_up(&self, hold: &Hold, now: Timestamp) -> impl Future<Output = Result<GiveUpOutcome, StoreError>> + Send;
}

/// Moves a hold along with the payment of its order. A hold that is COMMITTING names the attempt that it waits for: what an
/// attempt that was given up brings along late changes nothing about the hold of its successor.
pub trait SettleHold: Send + Sync {
    /// HELD → COMMITTING for this attempt, if the hold has not expired at `now`. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn begin_payment(
        &self,
        hold: &PayingHold,
        now: Timestamp,
    ) -> impl Future<Output = Result<BeginPaymentOutcome, StoreError>> + Send;

    /// COMMITTING → HELD after this attempt has failed. Idempotent; a hold in any other state, or of another attempt, stays
    /// as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    fn payment_declined(
        &self,
        order: OrderId,
        attempt: AttemptId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// COMMITTING → CONSUMED: this attempt has paid, and the goods have left. A hold that is HELD, or waits for another
    /// attempt, is taken over first: the money is here. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn consume(
        &self,
        order: OrderId,
        attempt: AttemptId,
    ) -> impl Future<Output = Result<ConsumeOutcome, StoreError>> + Send;

    /// The goods of a paid order whose hold has gone leave: CONSUMED, from nothing, and these pieces are neither on hand nor
    /// reserved any more. Whether it was so; not where there is a hold after all, which is to be [consumed](Self::consume).
    ///
    /// # Errors
    /// [`StoreError`]; they may have left.
    fn consume_unheld(
        &self,
        order: OrderId,
        lines: &[HeldLine],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// HELD or COMMITTING → RELEASED with the stock back on sale, whatever the time and whichever attempt the hold waits
    /// for: the order has ended. Leaves a tombstone where there is no hold, so that none comes to be. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn release(&self, order: OrderId) -> impl Future<Output = Result<ReleaseOutcome, StoreError>> + Send;
}

/// Takes goods back that were sold.
pub trait ReturnGoods: Send + Sync {
    /// Puts the goods of a paid order on sale again: CONSUMED → RETURNED with the stock back, HELD or COMMITTING → RELEASED
    /// where they had not left the counters yet; a hold that was released stays so. Of what was CONSUMED the pieces of `goods` come
    /// back: all of it, or what the carrier has not taken. Where there is no hold, `goods` tell: RETURNED if they have left, as of a
    /// hold that was cleared away long ago; RELEASED if not, as of one that was lost. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn return_goods(&self, order: OrderId, goods: &SoldGoods) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// All that can be asked of the counters.
pub trait StockStore:
    PutStock + ReadStock + SetLimits + ReserveStock + SettleHold + ReturnGoods + MoveStock + AuditStock
{
}
impl<T: PutStock + ReadStock + SetLimits + ReserveStock + SettleHold + ReturnGoods + MoveStock + AuditStock> StockStore
    for T
{
}

/// What changing and checking stock needs of the database.
pub trait InventoryDatabase: KeepAdjustments + AuditLedger + ListStock + WatchThresholds + KeepLevels {}
impl<T: KeepAdjustments + AuditLedger + ListStock + WatchThresholds + KeepLevels> InventoryDatabase for T {}
