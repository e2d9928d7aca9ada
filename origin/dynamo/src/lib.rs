//! DynamoDB: the counters of stock with the holds on them, the carts as the checkout reads them, and the history of payments.
//!
//! Nothing is written but under a condition, and every write can be repeated: what a failed condition means is read from the
//! item that comes back with it. Depends on `origin-core` and `commerce-aws`.

mod cart_changes;
mod carts;
mod error;
mod payments;
mod stock;
mod tables;

pub use carts::DynamoCarts;
pub use payments::DynamoPayments;
pub use stock::{DynamoStock, StockStream, StreamRecords};
pub use tables::{
    CARTS_TABLE, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table, create_tables, create_tables_without_stream,
};
