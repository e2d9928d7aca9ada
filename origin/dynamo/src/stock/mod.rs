//! Counters of stock and the holds on them.
//!
//! A counter's `sellable` is stored beside what it is made of, because conditions have no arithmetic; whatever changes one
//! of the four numbers changes `sellable` in the same write.

mod audit;
mod counters;
mod give_back;
mod items;
mod movement;
mod reserve;
mod settle;
mod stream;
mod unheld;

use std::{sync::Arc, time::Duration};

pub use stream::{StockStream, StreamRecords};

use commerce_aws::{AwsClient, AwsEnvironment, DynamoDb, RetryPolicy};

/// Contention on a popular variant passes: tried often, in short steps, for as long as a shopper may wait.
const RETRY: RetryPolicy = RetryPolicy {
    max_attempts: 24,
    budget: Duration::from_secs(7),
    attempt_timeout: Duration::from_secs(2),
    base: Duration::from_millis(10),
    cap: Duration::from_millis(400),
};

const _: () = assert!(
    2 * RETRY.attempt_timeout.as_millis() < RETRY.budget.as_millis(),
    "an attempt that stalls leaves time for another"
);

/// The counters in one table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DynamoStock<E> {
    inner: Arc<Inner<E>>,
}

#[derive(Debug)]
struct Inner<E> {
    db: DynamoDb<E>,
    table: String,
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// The counters in `table`, reached by `client`, whose retries are set here.
    pub fn new(client: AwsClient<E>, table: impl Into<String>) -> Self {
        let db = DynamoDb::new(client.with_retry(RETRY));
        Self { inner: Arc::new(Inner { db, table: table.into() }) }
    }

    fn db(&self) -> &DynamoDb<E> {
        &self.inner.db
    }

    fn table(&self) -> String {
        self.inner.table.clone()
    }
}
