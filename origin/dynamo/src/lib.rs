//! DynamoDB: the counters of stock with the holds on them, and the carts as the checkout reads them.
//!
//! Nothing is written but under a condition, and every write can be repeated: what a failed condition means is read from the
//! item that comes back with it. Depends on `origin-core` and `commerce-aws`.

mod carts;
mod error;
mod stock;
mod tables;

pub use carts::DynamoCarts;
pub use stock::{DynamoStock, StockStream, StreamRecords};
pub use tables::{CARTS_TABLE, INVENTORY_TABLE, create_tables};
