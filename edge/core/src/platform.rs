//! What the edge needs of the runtime that it runs on.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use commerce_aws::{HttpClient, Timer};
use commerce_domain::{Clock, Entropy};

use crate::memory::InstanceMemory;

/// A runtime: everything that the edge can do beyond computing. Cheap to clone; one value serves one request.
pub trait Platform:
    Clock + Entropy + HttpClient + Timer + KvStore + Background + Variables + Log + Clone + Send + Sync + 'static
{
    /// What this instance remembers between requests.
    fn memory(&self) -> &InstanceMemory;
}

/// A store of small values that every instance sees sooner or later. Neither consistent nor ordered: what must be either
/// does not belong here.
pub trait KvStore {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`KvError`] where the store did not answer.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Bytes>, KvError>>;

    /// Stores `value`. `keep` says how long it is of any use: a store may delete it later, never earlier.
    ///
    /// # Errors
    /// [`KvError`] where the store did not take it.
    fn put(&self, key: &str, value: Bytes, keep: Duration) -> impl Future<Output = Result<(), KvError>>;

    /// Removes what is under `key`, if anything is.
    ///
    /// # Errors
    /// [`KvError`] where the store did not answer.
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), KvError>>;
}

/// The key-value store failed. The text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("key-value store: {0}")]
pub struct KvError(pub String);

impl KvError {
    /// With what a store says, as a developer sees it.
    #[must_use]
    pub fn debug(cause: impl std::fmt::Debug) -> Self {
        Self(format!("{cause:?}"))
    }

    /// With the text of what a store says.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub fn of(cause: impl ToString) -> Self {
        Self(cause.to_string())
    }
}

/// Work that need not be done before the response leaves.
pub trait Background {
    /// Runs `task` beside or after the response. It may be cut off when the runtime ends the instance.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
}

/// Settings and secrets by name. The names are lower case; a runtime may spell them otherwise.
pub trait Variables {
    /// The value of `name`; None where it is not set.
    ///
    /// # Errors
    /// [`VariableError`] where the runtime cannot tell: a default in its place might be wrong.
    fn variable(&self, name: &'static str) -> impl Future<Output = Result<Option<String>, VariableError>>;
}

/// A variable could not be read. The text is for the log, and has no value in it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct VariableError(pub String);

/// The log: one JSON object a line.
pub trait Log {
    /// Writes one line, which has no line break.
    fn write(&self, line: &str);
}
