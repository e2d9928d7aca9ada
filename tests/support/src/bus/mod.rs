//! The event bus in process: a FIFO topic with queues, with the semantics of SNS and SQS, driven by a clock.
//!
//! Memory is bounded by what is not consumed, and by the ids of five minutes.

pub mod contract;
mod queue;
mod sns;

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use commerce_domain::EventId;
use jiff::{SignedDuration, Timestamp};
use origin_core::{
    StoreError,
    events::{MAX_BATCH, OutgoingEvent, PublishEvents, PublishOutcome},
};

pub use queue::LocalQueue;
pub use sns::SnsEndpoint;

use crate::SharedClock;

/// For so long an id is known: the same again is not delivered again.
pub const DEDUPLICATION_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// How a queue is subscribed.
#[derive(Debug, Clone)]
pub struct QueueConfig {
    /// The types that it receives; empty for all.
    pub types: BTreeSet<String>,
    /// How long a delivery is lent out.
    pub visibility: SignedDuration,
    /// What was delivered this often goes to the dead letters instead of being delivered again.
    pub max_receive_count: u32,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self { types: BTreeSet::new(), visibility: SignedDuration::from_secs(30), max_receive_count: 5 }
    }
}

/// What goes wrong next. Each happens once, and is then over.
#[derive(Debug, Clone, Default)]
pub struct BusFaults {
    /// The next publication is made, and its answer is lost.
    pub lose_reply: bool,
    /// The next publication is refused for these events.
    pub refuse: HashSet<EventId>,
    /// So many deletions are lost: what was deleted is delivered once more.
    pub deliver_again: u32,
}

/// A FIFO topic and its queues. Clones are the same bus.
#[derive(Clone)]
pub struct EventBus {
    state: Arc<Mutex<State>>,
    clock: SharedClock,
}

#[derive(Default)]
struct State {
    seen: HashSet<EventId>,
    /// The same ids, in the order in which they came.
    seen_at: VecDeque<(Timestamp, EventId)>,
    queues: Vec<queue::Queue>,
    faults: BusFaults,
}

impl EventBus {
    /// A bus without queues, on that clock.
    pub fn new(clock: SharedClock) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// A new queue, which receives what is published from now on.
    pub fn subscribe(&self, config: QueueConfig) -> LocalQueue {
        let mut state = self.state();
        state.queues.push(queue::Queue::new(config));
        LocalQueue { bus: self.clone(), index: state.queues.len() - 1 }
    }

    /// Says what goes wrong next.
    pub fn fail_next(&self, faults: BusFaults) {
        self.state().faults = faults;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl PublishEvents for EventBus {
    async fn publish(&self, batch: &[OutgoingEvent]) -> Result<Vec<PublishOutcome>, StoreError> {
        if batch.len() > MAX_BATCH {
            return Err(StoreError::broken("more than ten events at once"));
        }
        let now = self.now();
        let mut state = self.state();
        let refused = std::mem::take(&mut state.faults.refuse);
        let mut stopped = HashSet::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for event in batch {
            if stopped.contains(&event.subject) || refused.contains(&event.id) {
                stopped.insert(event.subject.clone());
                outcomes.push(PublishOutcome::NotPublished("refused, or behind what was refused".to_owned()));
                continue;
            }
            state.take_in(event, now);
            outcomes.push(PublishOutcome::Published);
        }
        if std::mem::take(&mut state.faults.lose_reply) {
            return Err(StoreError::unavailable("the reply was lost"));
        }
        Ok(outcomes)
    }
}

impl State {
    fn take_in(&mut self, event: &OutgoingEvent, now: Timestamp) {
        while let Some((_, id)) = self.seen_at.pop_front_if(|(at, _)| now.duration_since(*at) >= DEDUPLICATION_WINDOW) {
            self.seen.remove(&id);
        }
        if !self.seen.insert(event.id) {
            return;
        }
        self.seen_at.push_back((now, event.id));
        self.queues.iter_mut().for_each(|queue| queue.take_in(event));
    }
}

#[cfg(test)]
mod tests;
