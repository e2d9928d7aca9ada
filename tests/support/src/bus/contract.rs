//! What every bus must do, as functions that take one. Only those that let time pass depend on how fast it is.

#![allow(clippy::panic, reason = "an assertion fails by panicking")]

use std::{cell::RefCell, future::ready, time::Duration};

use commerce_domain::{Clock as _, EventId};
use origin_core::events::{Delivery, Envelope, EventQueue, PublishEvents, PublishOutcome, work_off};
use serde_json::json;

use crate::{SystemClock, SystemEntropy};

/// How often an empty queue is asked again before what is expected counts as missing.
const PATIENCE: usize = 30;
/// How often a queue delivers before it puts away.
const DELIVERIES: u32 = 2;
/// How long a loan lasts whose end is waited for.
const LOAN: Duration = Duration::from_secs(5);
/// For so long an id is known (Amazon SNS developer guide, "Message deduplication for FIFO topics").
const DEDUPLICATION_WINDOW: Duration = Duration::from_mins(5);

/// A bus that starts out without queues.
pub trait BusUnderTest {
    /// Its way in.
    type Queue: EventQueue;

    /// Whether minutes pass at once: on a clock that a test moves.
    const MINUTES_PASS: bool;

    /// Its way out.
    fn publisher(&self) -> &impl PublishEvents;

    /// A new queue for these types (all where there are none), and its dead letters, to which a message goes that was
    /// delivered twice.
    fn subscribe(&self, types: &[&str]) -> impl Future<Output = Self::Queue> {
        self.subscribe_lending(types, Duration::from_secs(30))
    }

    /// The same, which lends what it delivers for that long.
    fn subscribe_lending(&self, types: &[&str], loan: Duration) -> impl Future<Output = Self::Queue>;

    /// Lets so much time pass.
    fn pass(&self, time: Duration) -> impl Future<Output = ()>;

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

/// What is not deleted in time comes again, before its successor.
pub async fn a_loan_ends_with_its_time(bus: &impl BusUnderTest) {
    let queue = bus.subscribe_lending(&[], LOAN).await;
    publish(bus, &[event("a", 1, "OrderCreated"), event("a", 2, "OrderCreated")]).await;
    let first = receive_one(&queue).await;
    bus.pass(LOAN).await;
    let again = receive_one(&queue).await;
    assert_eq!((of_group(std::slice::from_ref(&again), "a"), again.receive_count), (vec![1], first.receive_count + 1));
    queue.delete(&[again.receipt]).await.expect("the queue deletes");
    assert_eq!(of_group(&consume(&queue, 1).await, "a"), [2]);
}

/// Works the queue off until so many events were handled; `fails` says of which the handler fails, given how often it has had
/// it. The events that it was given, by group and sequence.
async fn worked_off(
    queue: &impl EventQueue,
    count: usize,
    fails: impl Fn(&str, u64, usize) -> bool,
) -> Vec<(String, u64)> {
    let (given, handled) = (RefCell::new(Vec::new()), RefCell::new(0));
    for _ in 0..PATIENCE {
        let handle = |event: Envelope| {
            let one = (event.subject, event.sequence);
            given.borrow_mut().push(one.clone());
            let times = given.borrow().iter().filter(|other| **other == one).count();
            let fails = fails(&one.0, one.1, times);
            *handled.borrow_mut() += usize::from(!fails);
            ready(if fails { Err("no") } else { Ok(()) })
        };
        work_off(queue, DELIVERIES, Duration::ZERO, handle).await.expect("the queue answers");
        if *handled.borrow() >= count {
            break;
        }
    }
    assert_eq!(handled.into_inner(), count);
    given.into_inner()
}

fn given_of(given: &[(String, u64)], group: &str) -> Vec<u64> {
    given.iter().filter(|(of, _)| of == group).map(|(_, sequence)| *sequence).collect()
}

/// A failure in a batch stops its group, which goes on where it stopped; other groups do not notice.
pub async fn a_batch_that_fails_in_part_goes_on_where_it_stopped(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    let sent = [("a", 1), ("b", 1), ("a", 2), ("b", 2)].map(|(group, n)| event(group, n, "OrderCreated"));
    publish(bus, &sent).await;
    let given = worked_off(&queue, 4, |group, sequence, times| (group, sequence, times) == ("a", 1, 1)).await;
    assert_eq!((given_of(&given, "a"), given_of(&given, "b")), (vec![1, 1, 2], vec![1, 2]));
    assert_eq!(queue.receive(10).await, Ok(Vec::new()));
    assert_eq!(bus.dead(&queue).await, 0);
}

/// What fails whenever it is handled ends with the dead letters, alone: those behind it in its batches do not.
pub async fn what_always_fails_takes_nothing_with_it(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    publish(bus, &[1, 2, 3].map(|sequence| event("a", sequence, "OrderCreated"))).await;
    let given = worked_off(&queue, 2, |_, sequence, _| sequence == 1).await;
    assert_eq!(given_of(&given, "a"), [1, 1, 2, 3]);
    assert_eq!(queue.receive(10).await, Ok(Vec::new()));
    assert_eq!(bus.dead(&queue).await, 1);
}

/// After its time an id is forgotten, and the same event is delivered again.
pub async fn an_id_is_known_for_five_minutes(bus: &impl BusUnderTest) {
    let queue = bus.subscribe(&[]).await;
    let same = [event("a", 1, "OrderCreated")];
    for (after, arrives) in [(0, 1), (DEDUPLICATION_WINDOW.as_secs() - 1, 0), (1, 1)] {
        bus.pass(Duration::from_secs(after)).await;
        publish(bus, &same).await;
        consume(&queue, arrives).await;
    }
}

/// Runs all of it, each on a bus of its own. The names of what was left out, because it would take minutes.
pub async fn check<B: BusUnderTest, F: Future<Output = B>>(open: impl Fn() -> F) -> Vec<&'static str> {
    events_arrive_in_the_order_of_their_group(&open().await).await;
    a_group_waits_for_the_event_that_is_lent(&open().await).await;
    a_released_event_comes_again_before_its_successor(&open().await).await;
    a_loan_ends_with_its_time(&open().await).await;
    the_same_event_again_is_not_delivered_again(&open().await).await;
    a_queue_receives_the_types_that_it_asks_for(&open().await).await;
    what_fails_too_often_is_put_away(&open().await).await;
    a_batch_that_fails_in_part_goes_on_where_it_stopped(&open().await).await;
    what_always_fails_takes_nothing_with_it(&open().await).await;
    if !B::MINUTES_PASS {
        return vec!["an_id_is_known_for_five_minutes"];
    }
    an_id_is_known_for_five_minutes(&open().await).await;
    Vec::new()
}
