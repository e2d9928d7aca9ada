//! Stock by hand, by the ledger, and running low.

mod adjust;
mod audit;
mod entry;
mod finding;
mod levels;
mod low_stock;
