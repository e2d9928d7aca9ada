//! A standard queue whose messages arrive later.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use origin_core::StoreError;

use crate::SharedClock;

/// The longest delay, as at SQS.
const MAX_DELAY_SECONDS: u32 = 900;

/// Messages that nobody sees before their time. Clones are the same queue.
#[derive(Clone)]
pub struct DelayedMessages {
    waiting: Arc<Mutex<Vec<(Timestamp, String)>>>,
    clock: SharedClock,
}

impl DelayedMessages {
    /// An empty queue on that clock.
    pub fn new(clock: SharedClock) -> Self {
        Self { waiting: Arc::default(), clock }
    }

    /// Sends a message that arrives after `delay_seconds`.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where that is more than 900.
    pub fn send(&self, body: impl Into<String>, delay_seconds: u32) -> Result<(), StoreError> {
        if delay_seconds > MAX_DELAY_SECONDS {
            return Err(StoreError::broken("a delay of more than 900 seconds"));
        }
        let due = self.clock.now().saturating_add(SignedDuration::from_secs(delay_seconds.into()));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((due.unwrap_or(Timestamp::MAX), body.into()));
        Ok(())
    }

    /// Takes what has arrived, the oldest first.
    pub fn take(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut *waiting).into_iter().partition(|(at, _)| *at <= now);
        *waiting = later;
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, body)| body).collect()
    }
}
