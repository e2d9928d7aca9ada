//! The business rules of the shop: ids, money, catalog, cart, pricing, and the tables of states.
//!
//! Pure by construction: no I/O, no async, and no clock or randomness but through the [`Clock`] and [`Entropy`] ports.
//! Depends on no other crate of the workspace.

pub mod ports;

pub use ports::{Clock, Entropy};
