use std::time::Duration;

use origin_core::events::{EventQueue, consume};

use super::{
    contract::{BusUnderTest, check, event},
    *,
};
use crate::ManualClock;

/// A bus on a clock that stands still until it is moved.
struct LocalBus {
    bus: EventBus,
    clock: ManualClock,
}

impl BusUnderTest for LocalBus {
    type Queue = LocalQueue;

    const MINUTES_PASS: bool = true;

    fn publisher(&self) -> &impl PublishEvents {
        &self.bus
    }

    async fn subscribe_lending(&self, types: &[&str], loan: Duration) -> LocalQueue {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        let visibility = loan.try_into().unwrap();
        self.bus.subscribe(QueueConfig { types, visibility, max_receive_count: 2 })
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time.try_into().unwrap());
    }

    async fn dead(&self, queue: &LocalQueue) -> usize {
        queue.dead_letters().len()
    }
}

fn bus() -> (EventBus, LocalQueue, ManualClock) {
    let clock = ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap());
    let bus = EventBus::new(clock.shared());
    let queue = bus.subscribe(QueueConfig::default());
    (bus, queue, clock)
}

#[tokio::test]
async fn the_local_bus_keeps_the_contract() {
    let open = async || {
        let (bus, _, clock) = bus();
        LocalBus { bus, clock }
    };
    assert!(check(open).await.is_empty());
}

#[tokio::test]
async fn a_loan_ends_with_its_time_and_its_receipt_with_it() {
    let (bus, queue, clock) = bus();
    bus.publish(&[event("a", 1, "OrderCreated")]).await.unwrap();
    let first = queue.receive(10).await.unwrap().remove(0);
    clock.advance(SignedDuration::from_secs(29));
    assert_eq!(queue.receive(10).await, Ok(vec![]));
    clock.advance(SignedDuration::from_secs(1));
    let second = queue.receive(10).await.unwrap().remove(0);
    assert_eq!(second.receive_count, 2);
    queue.delete(&[first.receipt]).await.unwrap();
    queue.release(&[second.receipt], Duration::from_secs(5)).await.unwrap();
    clock.advance(SignedDuration::from_secs(4));
    assert_eq!(queue.receive(10).await, Ok(vec![]));
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(queue.receive(10).await.unwrap()[0].receive_count, 3, "the old receipt deleted nothing");
}

#[tokio::test]
async fn an_id_is_forgotten_after_five_minutes() {
    let (bus, queue, clock) = bus();
    let event = [event("a", 1, "OrderCreated")];
    for (seconds, deliveries) in [(0, 1), (299, 0), (1, 1)] {
        clock.advance(SignedDuration::from_secs(seconds));
        bus.publish(&event).await.unwrap();
        let got = queue.receive(10).await.unwrap();
        assert_eq!(got.len(), deliveries, "after {seconds} s more");
        queue.delete(&got.iter().map(|one| one.receipt.clone()).collect::<Vec<_>>()).await.unwrap();
    }
}

#[tokio::test]
async fn a_publication_whose_reply_was_lost_arrives_once() {
    let (bus, queue, _) = bus();
    let event = [event("a", 1, "OrderCreated")];
    bus.fail_next(BusFaults { lose_reply: true, ..BusFaults::default() });
    assert!(bus.publish(&event).await.is_err());
    assert!(bus.publish(&event).await.unwrap()[0].is_published());
    assert_eq!(queue.receive(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_published_behind_what_was_refused() {
    let (bus, queue, _) = bus();
    let events = [event("a", 1, "X"), event("a", 2, "X"), event("b", 1, "X"), event("a", 3, "X")];
    bus.fail_next(BusFaults { refuse: [events[1].id].into(), ..BusFaults::default() });
    let published: Vec<bool> = bus.publish(&events).await.unwrap().iter().map(PublishOutcome::is_published).collect();
    assert_eq!(published, [true, false, true, false]);
    assert_eq!(queue.receive(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_delivery_can_be_doubled() {
    let (bus, queue, _) = bus();
    bus.publish(&[event("a", 1, "X")]).await.unwrap();
    bus.fail_next(BusFaults { deliver_again: 1, ..BusFaults::default() });
    for count in [1, 2] {
        let got = queue.receive(10).await.unwrap();
        assert_eq!(got[0].receive_count, count);
        let handled = consume(&got, 5, async |_| Ok::<_, &str>(())).await;
        queue.delete(&handled.done).await.unwrap();
    }
    assert_eq!(queue.receive(10).await, Ok(vec![]));
}
