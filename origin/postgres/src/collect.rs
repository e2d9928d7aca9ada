//! Remembers what a request has told, so that it can be published without asking the outbox for it.
//!
//! An event counts once its transaction is known to have committed. One that was rolled back, or whose commit was not confirmed, does
//! not: it may never have happened.

use std::{cell::RefCell, future::Future};

use origin_core::events::{CollectEvents, WrittenEvent};

use crate::{Database, DbError};

tokio::task_local! {
    /// What the transaction that runs has written.
    static WRITTEN: RefCell<Vec<WrittenEvent>>;
    /// What the transactions of the work that runs have committed.
    static COMMITTED: RefCell<Vec<WrittenEvent>>;
}

impl CollectEvents for Database {
    async fn collect_events<F>(&self, work: F) -> (F::Output, Vec<WrittenEvent>)
    where
        F: Future<Output: Send> + Send,
    {
        let collecting = async {
            let outcome = work.await;
            (outcome, COMMITTED.with(RefCell::take))
        };
        COMMITTED.scope(RefCell::default(), collecting).await
    }
}

/// Remembers an event of the transaction that runs, if anybody asks for it.
pub(crate) fn remember(event: impl FnOnce() -> WrittenEvent) {
    // Nobody does where there is no such place.
    let _ = WRITTEN.try_with(|written| written.borrow_mut().push(event()));
}

/// Runs a transaction from its beginning to its commit, and keeps what it has written if it ends well.
pub(crate) async fn remembering<T>(transaction: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    if COMMITTED.try_with(|_| ()).is_err() {
        return transaction.await;
    }
    let remembered = async {
        let outcome = transaction.await;
        (outcome, WRITTEN.with(RefCell::take))
    };
    let (outcome, written) = WRITTEN.scope(RefCell::default(), remembered).await;
    if outcome.is_ok() {
        COMMITTED.with(|committed| committed.borrow_mut().extend(written));
    }
    outcome
}
