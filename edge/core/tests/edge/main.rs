//! The edge behind its one function, on a platform of memory: every request goes the way it goes on a real runtime.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own set-up may fail the test")]

mod auth;
mod cart;
mod cart_limits;
mod catalog;
mod catalog_failures;
mod fake;
mod forward;
mod kv_contract;
mod requests;
mod shop;
mod tokens;
