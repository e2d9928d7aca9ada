//! The origin over HTTP, with everything real behind it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what helps tests fails as tests do")]

mod catalog;
mod create;
mod golden;
mod import;
mod program;
mod reimport;
mod shop;
mod stack;
