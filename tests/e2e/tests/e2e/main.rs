//! The shop end to end, on both WebAssembly runtimes.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may")]

mod cache;
mod function;
mod instance;
mod journey;
mod kv_contract;
mod lists;
mod parity;
mod processes;
mod published;
mod race;
mod restart;
mod streams;
mod trouble;
