//! The way of events: relays that publish what is committed, and consumers that handle what is published.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use commerce_domain::EventId;
use origin_core::{
    Backend as _,
    consumers::Consumer,
    events::{EventQueue as _, RelayReport, relay, work_off},
    invoices::Desk,
};
use test_support::{EventBus, LocalQueue, QueueConfig};

use crate::{
    shop::Shop,
    stores::{SimBus, SimHistory, SimQueue},
    world::{Role, World},
};

/// How soon what was not handled is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// However often something goes wrong, nothing is put away for it.
const MAX_RECEIVE_COUNT: u32 = 10_000;

/// An event as consumers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: EventId,
    pub(crate) subject: String,
    pub(crate) sequence: u64,
}

/// The bus of a run, its consumers, and one queue that keeps everything.
pub(crate) struct Bus {
    pub(crate) events: SimBus,
    queues: Vec<(Consumer, SimQueue)>,
    everything: LocalQueue,
    history: SimHistory,
}

impl Bus {
    pub(crate) fn new(world: &World, history: SimHistory) -> Self {
        let real = EventBus::new(Arc::new(world.clone()));
        let subscribe = |kinds: &[&str]| {
            let types = kinds.iter().map(|kind| (*kind).to_owned()).collect();
            real.subscribe(QueueConfig { types, max_receive_count: MAX_RECEIVE_COUNT, ..QueueConfig::default() })
        };
        let queue =
            |consumer: Consumer| (consumer, SimQueue { real: subscribe(consumer.kinds()), world: world.clone() });
        Self {
            queues: Consumer::ALL.into_iter().map(queue).collect(),
            everything: subscribe(&[]),
            events: SimBus { real: real.clone(), world: world.clone() },
            history,
        }
    }

    /// All that was published, in the order in which it is delivered.
    pub(crate) async fn published(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        while let Ok(some) = self.everything.receive(10).await
            && !some.is_empty()
        {
            let receipts: Vec<String> = some.iter().map(|delivery| delivery.receipt.clone()).collect();
            // A queue in memory deletes what it is told to.
            let _ = self.everything.delete(&receipts).await;
            all.extend(some.into_iter().filter_map(|delivery| delivery.event.ok()).map(|event| Seen {
                id: event.id,
                subject: event.subject,
                sequence: event.sequence,
            }));
        }
        all
    }
}

impl Shop {
    /// Begins a relay, or one of the consumers.
    pub(crate) fn begin_on_the_bus(&self) {
        let place = self.world.draw(|rng| rng.below(self.bus.queues.len() as u64 + 1));
        match self.bus.queues.get(usize::try_from(place).unwrap_or_default()) {
            Some((consumer, queue)) => drop(self.begin_consumer(*consumer, queue)),
            None => drop(self.begin_relay()),
        }
    }

    /// Begins everything that events need; whether any of it had something to do is known at the end.
    pub(crate) fn begin_all_on_the_bus(&self) -> Vec<Arc<AtomicBool>> {
        let mut begun = vec![self.begin_relay()];
        begun.extend(self.bus.queues.iter().map(|(consumer, queue)| self.begin_consumer(*consumer, queue)));
        begun
    }

    fn begin_relay(&self) -> Arc<AtomicBool> {
        let (worked, shop) = (Arc::new(AtomicBool::new(false)), self.clone());
        let slot = Arc::clone(&worked);
        self.world.begin("relay".to_owned(), Role::Sweep, async move {
            let report = relay(&shop.backend).await;
            shop.world.note(|| format!("{report:?}"));
            slot.store(report != RelayReport::default(), Ordering::Relaxed);
        });
        worked
    }

    fn begin_consumer(&self, consumer: Consumer, queue: &SimQueue) -> Arc<AtomicBool> {
        let (worked, shop, queue) = (Arc::new(AtomicBool::new(false)), self.clone(), queue.clone());
        let slot = Arc::clone(&worked);
        self.world.begin(format!("consumer {}", consumer.name()), Role::Sweep, async move {
            let (stock, history) = (shop.backend.stock(), &shop.bus.history);
            let desk = shop.backend.papers().seller.as_ref().map(|seller| Desk::of(&shop.backend, seller));
            let handle = async |event| Box::pin(consumer.handle(stock, history, desk.as_ref(), &event)).await;
            let handled = work_off(&queue, MAX_RECEIVE_COUNT, RETRY_AFTER, handle).await;
            slot.store(handled != Ok(0), Ordering::Relaxed);
        });
        worked
    }
}
