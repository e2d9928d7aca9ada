//! Stock: the counters, and the holds that checkouts put on them.

mod duration;
mod limits;
mod movement;
mod ports;
mod read;

pub use duration::{HOLD, LONGEST_HOLD, extended};
pub use limits::{BackorderLimit, KeepLimits, LimitOutcome, SetLimits, settle_limits};
pub use movement::{CallOffOutcome, MoveOutcome, MoveStock, MovedLine, StockMovement, TooFew};
pub use ports::{
    BeginPaymentOutcome, ConsumeOutcome, GiveUpOutcome, HeldLine, Hold, NewStock, PayingHold, PutStock, ReadStock,
    ReleaseOutcome, ReserveOutcome, ReserveStock, SettleHold, Shortage, StockLevel, StockStore,
};
pub use read::{FindStockError, ListVariants, StockSubject, find_stock};
