//! PostgreSQL: the pool, transactions with bounded retries, migrations, and the queries behind the origin's ports.
//!
//! What takes more than one statement goes through [`Database::run_tx`]; a single conditional statement commits by itself. The
//! default isolation is READ COMMITTED with compare-and-swap and named constraints; SERIALIZABLE where a rule spans rows. Connections carry no session state. Depends on `origin-core` and the
//! shared crates; knows nothing of HTTP or AWS.

mod catalog;
mod checkout;
mod collect;
#[cfg(test)]
mod constraint_tests;
mod customers;
mod error;
mod idempotency;
mod inventory;
mod invoices;
mod migrate;
mod orders;
mod outbox;
mod payments;
mod pool;
mod refunds;
mod relay;
mod returns;
mod shipping;
mod sold;
mod stock_ledger;
mod sweep;
mod taxes;
#[cfg(test)]
mod testing;
mod tx;

pub use error::DbError;
pub use pool::{Database, DatabaseError, DatabaseSettings};
pub use tx::Isolation;
