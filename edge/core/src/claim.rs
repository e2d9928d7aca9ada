//! Timestamp claims: who refreshes a value, where nobody can hold a lock.
//!
//! A claim is the time at which somebody began. While it is young, the others serve what they have. It is never released: a
//! refresh that failed is tried again once the claim has grown old, so that a broken source is asked at a bounded rate.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{kv, platform::Platform};

/// At most this many claims are remembered; the oldest is forgotten first.
const CAPACITY: usize = 512;

/// The claims of one instance: key and the millisecond of the claim.
pub(crate) struct Claims(BTreeMap<String, i64>);

impl Claims {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Claims `key` at `now`, unless it was claimed less than `hold` ago.
    fn take(&mut self, key: &str, now: i64, hold: i64) -> bool {
        if self.0.get(key).is_some_and(|claimed| is_held(*claimed, now, hold)) {
            return false;
        }
        if self.0.len() >= CAPACITY
            && let Some(oldest) = self.0.iter().min_by_key(|(_, claimed)| **claimed).map(|(key, _)| key.clone())
        {
            self.0.remove(&oldest);
        }
        self.0.insert(key.to_owned(), now);
        true
    }
}

/// A claim of the future, made by a clock that went wrong, holds nobody up.
fn is_held(claimed: i64, now: i64, hold: i64) -> bool {
    (0..hold).contains(&(now - claimed))
}

/// Claims `key` for `hold` within the instance, without waiting. True for the one that should do the work, or that should go on
/// to [`take_shared`].
pub(crate) fn take_here<P: Platform>(platform: &P, key: &str, now: Timestamp, hold: Duration) -> bool {
    platform.memory().claims().take(key, now.as_millisecond(), millis(hold))
}

/// Claims `key` for `hold` among instances, through the key-value store, which is best effort. For the one that has claimed it
/// within its instance. True for the one that should do the work.
pub(crate) async fn take_shared<P: Platform>(platform: &P, key: &str, hold: Duration) -> bool {
    let now = platform.now().as_millisecond();
    let key = format!("claim/{key}");
    let shared = kv::get(platform, &key).await.ok().flatten();
    let claimed = shared.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse::<i64>().ok());
    if claimed.is_some_and(|claimed| is_held(claimed, now, millis(hold))) {
        return false;
    }
    // A store that is down must not stop the refresh.
    let _ = kv::put(platform, &key, Bytes::from(now.to_string()), hold).await;
    true
}

fn millis(hold: Duration) -> i64 {
    i64::try_from(hold.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_holds_for_its_time_and_then_falls_to_the_next() {
        let mut claims = Claims::new();
        assert!(claims.take("a", 1_000, 100));
        assert!(!claims.take("a", 1_099, 100));
        assert!(claims.take("b", 1_099, 100), "another key");
        assert!(claims.take("a", 1_100, 100));
        assert!(claims.take("a", 500, 100), "the clock went back");
    }

    #[test]
    fn the_memory_of_claims_is_bounded_and_forgets_the_oldest() {
        let mut claims = Claims::new();
        for index in 0..=CAPACITY {
            assert!(claims.take(&index.to_string(), i64::try_from(index).unwrap(), 10_000));
        }
        assert_eq!(claims.0.len(), CAPACITY);
        assert!(claims.take("0", 600, 10_000) && !claims.take("2", 600, 10_000));
    }
}
