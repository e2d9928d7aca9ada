//! Stock: the counters, and the holds that checkouts put on them.

mod adjust;
mod duration;
mod limits;
mod low_stock;
mod movement;
mod ports;
mod read;
mod reconcile;

pub(crate) use adjust::finish_adjustment;
pub use adjust::{
    AdjustOutcome, AdjustStock, AdjustStockError, Adjustment, AdjustmentEnd, AdjustmentKind, AdjustmentState,
    KeepAdjustments, NewAdjustment, Refusal, RequestEnd, StockChange, adjust_stock,
};
pub use duration::{HOLD, LONGEST_HOLD, extended};
pub use limits::{BackorderLimit, KeepLimits, LimitOutcome, SetLimits, settle_limits};
pub use low_stock::{KeepLevels, ListStock, StockChanged, StockPage, ThresholdState, WatchThresholds, watch_stock};
pub use movement::{CallOffOutcome, MoveOutcome, MoveStock, MovedLine, StockMovement, TooFew};
pub use ports::{
    BeginPaymentOutcome, ConsumeOutcome, GiveUpOutcome, HeldLine, Hold, InventoryDatabase, NewStock, PayingHold,
    PutStock, ReadStock, ReleaseOutcome, ReserveOutcome, ReserveStock, ReturnGoods, SettleHold, Shortage, SoldGoods,
    StockLevel, StockStore,
};
pub use read::{FindStockError, ListVariants, StockSubject, find_stock};
pub use reconcile::{
    AuditLedger, AuditStock, Drift, Expected, Finding, FoundHold, HoldPage, LedgerCorrection, LedgerSum, MOST_VARIANTS,
    Reconciliation, ReconciliationTotals, ReservedCorrection, RestoredLine, Standing, StockClaim, reconcile,
    reconcile_all,
};
