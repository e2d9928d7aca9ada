//! The use cases of the origin, and the ports that they work through.
//!
//! A use case is a function that is generic over the ports it needs. Every write to more than one place follows an order
//! that survives a crash between any two steps; that order is written down here and nowhere else. No HTTP, no SQL, no
//! AWS: depends on the shared crates alone, and on `commerce-aws` for its `Timer` port only.

pub mod backend;
pub mod carts;
pub mod catalog;
pub mod checkout;
pub mod consumers;
pub mod customers;
pub mod error;
pub mod events;
pub mod hooks;
pub mod idempotency;
pub mod inventory;
pub mod invoices;
pub mod orders;
pub mod payments;
pub mod publish;
pub mod refunds;
pub mod returns;
pub mod secret;
pub mod shipping;
pub mod sweep;
pub mod tokens;

pub use backend::{Assembled, Backend, Parts};
pub use error::{Interrupted, StoreError};
pub use secret::Secret;
