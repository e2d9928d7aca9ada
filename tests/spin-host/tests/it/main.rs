//! The host with a real component in it: the hello component, built by the tests or named by `HELLO_COMPONENT_WASM`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "every function here is part of a test")]

mod cli;
mod failures;
mod fixture;
mod grants;
mod key_value;
mod lifecycle;
mod memory;
mod outbound;
mod start;
