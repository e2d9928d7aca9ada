//! Everything of the shop but its edge, in one process on 127.0.0.1: PostgreSQL, DynamoDB, the token issuer, the payment
//! provider, and the origin behind its signature check, with a catalog in it.
//!
//! Development (`cargo xtask dev`) runs it as a program, tests run it in their own process. The origin is the very router that the
//! functions serve, over the real adapters; only what stands behind them is local. Nothing here is part of a production artifact,
//! and nothing here knows the edge but by the names of its variables.

mod backend;
mod catalog;
mod consumers;
mod error;
mod filling;
mod options;
mod origin;
mod parts;
mod progress;
mod publisher;
mod ready;
mod stack;
mod state;
mod sweeper;
mod task;
mod watcher;
mod webhooks;

pub use backend::{LocalBackend, LocalStock};
pub use catalog::{CatalogFile, FaultSummary, FileFormat, FileImport, import_file};
pub use error::StackError;
pub use options::Options;
pub use progress::{Bar, Progress};
pub use ready::Ready;
pub use stack::{
    CARRIER_KEY, CARRIER_WEBHOOK_SECRET, LocalStack, PAYMENTS_KEY, PAYPAL_WEBHOOK, RunningStack, WEBHOOK_SECRET,
};
