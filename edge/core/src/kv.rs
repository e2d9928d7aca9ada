//! The key-value store, with a limit on each call: a store that hangs must not hold up a request that can do without it.

use std::{future::Future, time::Duration};

use bytes::Bytes;

use crate::{
    deadline::within,
    platform::{KvError, Platform},
};

/// How long a call may take. Stores at the edge answer within tens of milliseconds.
const LIMIT: Duration = Duration::from_millis(300);

/// As [`crate::KvStore::get`].
pub(crate) async fn get<P: Platform>(platform: &P, key: &str) -> Result<Option<Bytes>, KvError> {
    in_time(platform, platform.get(key)).await
}

/// As [`crate::KvStore::put`].
pub(crate) async fn put<P: Platform>(platform: &P, key: &str, value: Bytes, keep: Duration) -> Result<(), KvError> {
    in_time(platform, platform.put(key, value, keep)).await
}

/// As [`crate::KvStore::delete`].
pub(crate) async fn delete<P: Platform>(platform: &P, key: &str) -> Result<(), KvError> {
    in_time(platform, platform.delete(key)).await
}

async fn in_time<T, P: Platform>(platform: &P, call: impl Future<Output = Result<T, KvError>>) -> Result<T, KvError> {
    within(platform, LIMIT, call).await.unwrap_or_else(|| Err(KvError("no answer in time".to_owned())))
}
