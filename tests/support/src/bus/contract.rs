//! What every bus must do, as functions that take one. None depends on how fast it is.

#![allow(clippy::panic, reason = "an assertion fails by panicking")]

use std::time::Duration;

use commerce_domain::{Clock as _, EventId};
use origin_core::events::{Delivery, Envelope, EventQueue, PublishEvents, PublishOutcome};
use serde_json::json;

use crate::{SystemClock, SystemEntropy};

/// How often an empty queue is asked again before what is expected counts as missing.
const PATIENCE: usize = 30;

/// A bus that starts out without queues.
pub trait BusUnderTest {
    /// Its way in.
    type Queue: EventQueue;

    /// Its way out.
    fn publisher(&self) -> &impl PublishEvents;

    /// A new queue for these types (all where there are none), and its dead letters, to which a message goes that was
    /// delivered twice.
    fn subscribe(&self, types: &[&str]) -> impl Future<Output = Self::Queue>;

    /// How many messages were put away. Called after a receive that found nothing.
    fn dead(&self, queue: &Self::Queue) -> impl Future<Output = usize>;
}

/// An event about `subject`.
pub fn event(subject: &str, sequence: u64, kind: &str) -> Envelope {
    let id = EventId::generate(&SystemClock, &SystemEntropy);
    Envelope::new(id, kind, subject, sequence, SystemClock.now(), json!({"orderId": subject}))
}

async fn publish(bus: &impl BusUnderTest, events: &[Envelope]) {
    let outcomes = bus.publisher().publish(events).await.expect("the bus takes events");
    assert_eq!(outcomes, vec![PublishOutcome::Published; events.len()]);
}

/// `count` deliveries, deleted as they come.
async fn consume(queue: &impl EventQueue, count: usize) -> Vec<Delivery> {
    let mut all = Vec::new();
    for _ in 0..PATIENCE {
        let some = queue.receive(10).await.expect("the queue answers");
        queue.delete(&receipts(&some)).await.expect("the queue deletes");
        all.extend(some);
        if all.len() >= count {
            break;
        }
    }
    assert_eq!(all.len(), count);
    all
}

async fn receive_one(queue: &impl EventQueue) -> Delivery {
    for _ in 0..PATIENCE {
        if let Some(delivery) = queue.receive(1).await.expect("the queue answers").pop() {
            return delivery;
        }
    }
    panic!("nothing arrived")
}

fn receipts(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(|delivery| delivery.receipt.clone()).collect()
}

fn of_group(deliveries: &[Delivery], group: &str) -> Vec<u64> {
    let of_group = deliveries.iter().filter(|delivery| delivery.group == group);
    of_group.map(|delivery| delivery.event.as_ref().expect("an event").sequence).collect()
}

/// Events arrive as they were sent, each group in its order.
pub async fn events_arrive_in_the_order_of_their_group(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    let sent = [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2)].map(|(group, n)| event(group, n, "OrderCreated"));
    publish(bus, &sent).await;
    let got = consume(&queue, 5).await;
    assert_eq!((of_group(&got, "a"), of_group(&got, "b")), (vec![1, 2, 3], vec![1, 2]));
    assert!(sent.iter().all(|event| got.iter().any(|delivery| delivery.event.as_ref() == Ok(event))));
    assert!(got.iter().all(|delivery| delivery.receive_count == 1));
}

/// While an event of a group is lent, only other groups are delivered.
pub async fn a_group_waits_for_the_event_that_is_lent(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    publish(bus, &[event("a", 1, "OrderCreated"), event("a", 2, "OrderCreated"), event("b", 1, "OrderCreated")]).await;
    let first = receive_one(&queue).await;
    let mut others = queue.receive(10).await.expect("the queue answers");
    if others.is_empty() {
        others.push(receive_one(&queue).await);
    }
    assert!(others.iter().all(|delivery| delivery.group != first.group), "{others:?}");
    queue.delete(&[first.receipt]).await.expect("the queue deletes");
    queue.delete(&receipts(&others)).await.expect("the queue deletes");
    let rest = consume(&queue, 2 - others.len()).await;
    assert!(rest.iter().all(|delivery| delivery.group == "a"));
}

/// What is released comes again, and says so.
pub async fn a_released_event_comes_again_before_its_successor(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    publish(bus, &[event("a", 1, "OrderCreated"), event("a", 2, "OrderCreated")]).await;
    let first = receive_one(&queue).await;
    queue.release(&[first.receipt], Duration::ZERO).await.expect("the queue releases");
    let again = receive_one(&queue).await;
    assert_eq!((of_group(std::slice::from_ref(&again), "a"), again.receive_count), (vec![1], 2));
    queue.delete(&[again.receipt]).await.expect("the queue deletes");
    assert_eq!(of_group(&consume(&queue, 1).await, "a"), [2]);
}

/// An event that is published twice arrives once.
pub async fn the_same_event_again_is_not_delivered_again(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    let (first, second) = (event("a", 1, "OrderCreated"), event("a", 2, "OrderCreated"));
    publish(bus, std::slice::from_ref(&first)).await;
    publish(bus, &[first, second]).await;
    assert_eq!(of_group(&consume(&queue, 2).await, "a"), [1, 2]);
    assert_eq!(queue.receive(10).await, Ok(Vec::new()));
}

/// Each queue gets the types that it asks for.
pub async fn a_queue_receives_the_types_that_it_asks_for(bus: &impl BusUnderTest) {
    let (all, some) = (bus.subscribe(&[]).await, bus.subscribe(&["PaymentFailed"]).await);
    publish(bus, &[event("a", 1, "OrderCreated"), event("a", 2, "PaymentFailed")]).await;
    assert_eq!(of_group(&consume(&all, 2).await, "a"), [1, 2]);
    assert_eq!(of_group(&consume(&some, 1).await, "a"), [2]);
}

/// What fails too often is put away, and its group goes on.
pub async fn what_fails_too_often_is_put_away(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    publish(bus, &[event("a", 1, "OrderCreated"), event("a", 2, "OrderCreated")]).await;
    for count in [1, 2] {
        let delivery = receive_one(&queue).await;
        assert_eq!((of_group(std::slice::from_ref(&delivery), "a"), delivery.receive_count), (vec![1], count));
        queue.release(&[delivery.receipt], Duration::ZERO).await.expect("the queue releases");
    }
    assert_eq!(of_group(&consume(&queue, 1).await, "a"), [2]);
    assert_eq!(queue.receive(10).await, Ok(Vec::new()));
    assert_eq!(bus.dead(&queue).await, 1);
}

/// Runs all of it, each on a bus of its own.
pub async fn check<B: BusUnderTest, F: Future<Output = B>>(open: impl Fn() -> F) {
    events_arrive_in_the_order_of_their_group(&open().await).await;
    a_group_waits_for_the_event_that_is_lent(&open().await).await;
    a_released_event_comes_again_before_its_successor(&open().await).await;
    the_same_event_again_is_not_delivered_again(&open().await).await;
    a_queue_receives_the_types_that_it_asks_for(&open().await).await;
    what_fails_too_often_is_put_away(&open().await).await;
}
