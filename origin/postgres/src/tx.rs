//! Transactions: begun, committed, and repeated when they lose against another one.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use deadpool_postgres::Transaction;
use futures_util::future::BoxFuture;
use tokio_postgres::IsolationLevel;

use crate::{Database, DbError, collect::remembering};

/// A transaction is begun at most this often.
const MAX_TRIES: u32 = 6;
/// The first repetition comes after up to this long; the wait doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// What a transaction sees of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Every statement sees what was committed before it. For compare-and-swap.
    ReadCommitted,
    /// As if transactions ran one after the other. For rules that span rows.
    Serializable,
}

/// How often transactions were repeated, by name.
#[derive(Debug, Default)]
pub(crate) struct RetryCounts(Mutex<BTreeMap<&'static str, u64>>);

impl RetryCounts {
    fn add(&self, name: &'static str) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name).or_default();
        *count += 1;
        *count
    }
}

impl Database {
    /// Runs `work` in a transaction and commits it. A serialization failure or a deadlock runs it again, a few times.
    ///
    /// `args` is handed through to `work`, so that `work` need not capture anything.
    ///
    /// # Errors
    /// What `work` returned, in which case nothing was written; or [`DbError::Sql`] when the commit's own reply was lost, in
    /// which case it may have been.
    pub async fn run_tx<A, T, W>(
        &self,
        name: &'static str,
        isolation: Isolation,
        args: &A,
        work: W,
    ) -> Result<T, DbError>
    where
        A: Sync + ?Sized,
        W: for<'t> Fn(&'t Transaction<'_>, &'t A) -> BoxFuture<'t, Result<T, DbError>> + Sync,
    {
        let mut attempt = 1;
        loop {
            match self.try_tx(isolation, args, &work).await {
                Err(error) if error.is_retryable() && attempt < MAX_TRIES => {
                    let total = self.retries.add(name);
                    tracing::debug!(
                        tx.name = name,
                        tx.attempt = attempt,
                        tx.retries_total = total,
                        "transaction repeated"
                    );
                    tokio::time::sleep(pause(attempt, total)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_tx<A, T, W>(&self, isolation: Isolation, args: &A, work: &W) -> Result<T, DbError>
    where
        A: Sync + ?Sized,
        W: for<'t> Fn(&'t Transaction<'_>, &'t A) -> BoxFuture<'t, Result<T, DbError>> + Sync,
    {
        let level = match isolation {
            Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
            Isolation::Serializable => IsolationLevel::Serializable,
        };
        remembering(async {
            let mut client = self.client().await?;
            let tx = client.build_transaction().isolation_level(level).start().await?;
            let value = work(&tx, args).await?;
            tx.commit().await?;
            Ok(value)
        })
        .await
    }

    /// How often transactions had to be repeated since the start, by name.
    pub fn retries(&self) -> BTreeMap<&'static str, u64> {
        self.retries.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Doubling, and spread by the running count so that those who met do not meet again.
fn pause(attempt: u32, count: u64) -> Duration {
    let longest = FIRST_PAUSE * 2_u32.pow(attempt - 1);
    let spread = u32::try_from(count.wrapping_mul(7) % 8).unwrap_or(0) + 1;
    longest * spread / 8
}

#[cfg(test)]
mod tests;
