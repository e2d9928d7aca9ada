//! Orders: as their customers read them, and how one ends that is not shipped.

mod cancel;
mod close;
mod ports;
mod put_back;
mod read;
mod reorder;
mod timeline;

pub use cancel::{CancelError, CancelOutcome, cancel_order};
pub(crate) use close::close_order_within;
pub use close::{CloseOutcome, close_order};
pub use ports::{
    BeginClose, CancelOrders, Cancellation, Cancelled, CloseOrders, CloseReason, ClosingOrder, End, OrderEnd, StockDue,
};
pub(crate) use put_back::put_back;
pub use read::{Order, OrderFilter, OrderPage, ReadOrders, RefundStatus};
pub use reorder::{Reorder, ReorderError, Reordered, reorder};
pub use timeline::{ReadTimeline, TimelineEntry};
