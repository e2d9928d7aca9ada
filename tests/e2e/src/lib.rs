//! The shop as a whole: both edges on their WebAssembly runtimes, in front of one origin, with real PostgreSQL and DynamoDB's wire format.
//!
//! The library holds what the tests share: a [`Shop`] to start, a client, and the parity table, which is made from the route table.

#![allow(clippy::panic, reason = "a test fails by panicking")]

pub mod client;
pub mod compare;
pub mod edge;
pub mod function;
pub mod rows;
pub mod shop;

pub use client::{Answer, Call};
pub use edge::EdgeKind;
pub use shop::{Shop, World};
