//! Orders: as their customers read them, and how one ends that was never paid.

mod close;
mod ports;
mod read;

pub(crate) use close::release;
pub use close::{CloseOutcome, close_order};
pub use ports::{BeginClose, CloseOrders, CloseReason, ClosingOrder, End, OrderEnd};
pub use read::{Order, OrderPage, ReadOrders};
