//! The origin over HTTP, with everything real behind it.

mod catalog;
mod create;
mod golden;
mod import;
mod shop;
mod stack;
