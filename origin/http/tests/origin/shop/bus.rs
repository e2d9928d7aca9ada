//! The event bus of the origin under test: one in process, which a test makes slow, silent or unreachable.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use origin_core::{
    StoreError,
    events::{Envelope, EventQueue, OutgoingEvent, PublishEvents, PublishOutcome},
};
use test_support::{EventBus, LocalQueue, ManualClock, QueueConfig};

use super::environment::Pause;

/// A bus with a queue that keeps everything that was published.
#[derive(Clone)]
pub(crate) struct TestBus {
    /// The bus itself, for further queues and its own faults.
    pub(crate) bus: EventBus,
    all: LocalQueue,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    down: AtomicBool,
    hangs: AtomicBool,
    calls: AtomicU32,
    pause: Mutex<Option<Arc<Pause>>>,
}

impl TestBus {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let bus = EventBus::new(clock.shared());
        let all = bus.subscribe(QueueConfig::default());
        Self { bus, all, inner: Arc::default() }
    }

    /// Whether nothing reaches it.
    pub(crate) fn down(&self, down: bool) {
        self.inner.down.store(down, Ordering::Relaxed);
    }

    /// Whether what is published is neither taken nor answered.
    pub(crate) fn hangs(&self, hangs: bool) {
        self.inner.hangs.store(hangs, Ordering::Relaxed);
    }

    /// Holds the next publication up before it reaches the bus.
    pub(crate) fn pause_once(&self) -> Arc<Pause> {
        let pause = Arc::new(Pause::default());
        *self.inner.pause.lock().unwrap() = Some(Arc::clone(&pause));
        pause
    }

    /// How often something was to be published.
    pub(crate) fn calls(&self) -> u32 {
        self.inner.calls.load(Ordering::Relaxed)
    }

    /// What was delivered since the last time, in its order.
    pub(crate) async fn delivered(&self) -> Vec<Envelope> {
        let mut all = Vec::new();
        loop {
            let some = self.all.receive(10).await.unwrap();
            if some.is_empty() {
                return all;
            }
            let receipts: Vec<String> = some.iter().map(|delivery| delivery.receipt.clone()).collect();
            self.all.delete(&receipts).await.unwrap();
            all.extend(some.into_iter().map(|delivery| delivery.event.unwrap()));
        }
    }
}

impl PublishEvents for TestBus {
    async fn publish(&self, batch: &[OutgoingEvent]) -> Result<Vec<PublishOutcome>, StoreError> {
        self.inner.calls.fetch_add(1, Ordering::Relaxed);
        let pause = self.inner.pause.lock().unwrap().take();
        if let Some(pause) = pause {
            pause.wait().await;
        }
        if self.inner.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.inner.down.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("the bus is down"));
        }
        for event in batch {
            event_schemas::assert_published(&event.kind, &event.data);
        }
        self.bus.publish(batch).await
    }
}
