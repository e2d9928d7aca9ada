//! Returns: goods that come back from customers, and the money for them.
//!
//! A return is written down in one transaction with everything that follows from it: the refund, the entries of the stock's
//! ledger, the event, and the note that goods have to go back onto the counters. All under the lock of the order, so that no
//! piece comes back twice and no more money goes back than was taken. Then the counters are moved, once, under the return's id,
//! and the money is sent. What does not come that far, the sweep does.

mod ports;
mod restock;
mod share;
mod take_back;
mod types;

pub use ports::{BeginReturn, ReturnStore};
pub(crate) use restock::restock;
pub use share::{LineCost, TakesBack, cost_of, takes_back};
pub use take_back::{ReturnError, TakeBack, take_back};
pub use types::{NewReturn, RestockDue, Return, ReturnLine, Returnable, ReturnedLine};
