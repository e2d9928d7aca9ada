//! The edge behind its one function, on a platform of memory: every request goes the way it goes on a real runtime.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's own set-up may fail the test")]

mod auth;
mod bucket;
mod cart;
mod cart_limits;
mod cart_lost_answers;
mod cart_prices;
mod catalog;
mod catalog_failures;
mod catalog_memory;
mod fake;
mod forward;
mod forward_headers;
mod keys;
mod kv_contract;
mod lists;
mod manifest;
mod published;
mod requests;
mod shop;
mod streams;
mod tokens;
mod webhooks;
