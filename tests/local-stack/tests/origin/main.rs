//! The stack as a whole: starting it, what it keeps, and catalogs in and out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what helps tests fails as tests do")]

mod client;
mod import;
mod program;
mod reimport;
mod reports;
mod stack;
