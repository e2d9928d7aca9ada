//! Publishing what a request has told, before it is answered.

use std::{collections::HashMap, time::Duration};

use commerce_domain::Clock as _;

use super::{
    CollectEvents as _, MAX_BATCH, Outbox as _, OutgoingEvent, WrittenEvent,
    relay::{is_late, publish, within},
};
use crate::Backend;

/// How long an answer may wait for its events.
const LIMIT: Duration = Duration::from_millis(50);

/// Does the work of a request, and tries for at most 50 ms to publish the events that it has committed. What is not published by then
/// is the relay's, and so is what follows an event that is not. Without a bus, nothing is tried.
///
/// Reads nothing: whether an event may go is known from its transaction.
pub async fn publishing<B: Backend, F>(backend: &B, work: F) -> F::Output
where
    F: Future<Output: Send> + Send,
{
    let Some(bus) = backend.events() else { return work.await };
    let (outcome, written) = backend.database().collect_events(work).await;
    let batch = in_order(written, |event| is_late(backend, event.time));
    if batch.is_empty() {
        return outcome;
    }
    let published = async {
        let published = publish(bus, &batch).await?;
        backend.database().mark_published(&published, backend.clock().now()).await
    };
    match within(backend.timer(), LIMIT, published).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::warn!(%error, "events are left to the relay"),
        None => tracing::warn!("events are left to the relay: the bus takes too long"),
    }
    outcome
}

/// The events that may be published now, as many as go at once: those whose predecessor is published, or goes before them. A late one
/// does not go, and so none that waits for it.
fn in_order(written: Vec<WrittenEvent>, is_late: impl Fn(&OutgoingEvent) -> bool) -> Vec<OutgoingEvent> {
    let mut last = HashMap::new();
    let mut batch = Vec::new();
    for WrittenEvent { event, behind_unpublished } in written.into_iter().filter(|written| !is_late(&written.event)) {
        let follows = last.get(&event.subject).is_some_and(|before| before + 1 == event.sequence);
        if batch.len() < MAX_BATCH && (follows || !behind_unpublished) {
            last.insert(event.subject.clone(), event.sequence);
            batch.push(event);
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    /// The event that was written too long ago to go.
    const LATE: u64 = 99;

    fn written(subject: &str, sequence: u64, behind_unpublished: bool) -> WrittenEvent {
        let id = "evt_01ktp6sn00e8m9wvpfqsmyrszv".parse().unwrap();
        let event = OutgoingEvent::new(id, "OrderCreated", subject, sequence, Timestamp::UNIX_EPOCH, json!({}));
        WrittenEvent { event, behind_unpublished }
    }

    fn chosen(all: Vec<WrittenEvent>) -> Vec<(String, u64)> {
        in_order(all, |event| event.sequence == LATE).into_iter().map(|event| (event.subject, event.sequence)).collect()
    }

    #[test]
    fn an_event_goes_only_behind_its_predecessor() {
        let all = vec![written("a", 1, false), written("b", 7, true), written("a", 2, true), written("b", 8, true)];
        assert_eq!(
            chosen(all),
            [("a".to_owned(), 1), ("a".to_owned(), 2)],
            "somebody else has to publish b's sixth first"
        );
    }

    #[test]
    fn what_follows_a_late_event_waits_for_it() {
        let all = vec![written("a", LATE, false), written("a", LATE + 1, true), written("b", 1, false)];
        assert_eq!(chosen(all), [("b".to_owned(), 1)]);
    }

    #[test]
    fn no_more_go_than_the_bus_takes_at_once() {
        let all: Vec<_> = (1..=12).map(|sequence| written("a", sequence, sequence > 1)).collect();
        assert_eq!(chosen(all).last(), Some(&("a".to_owned(), 10)));
    }
}
