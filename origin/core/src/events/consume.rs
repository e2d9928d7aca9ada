//! A batch of deliveries, handled with partial failure.

use std::{collections::HashSet, future::Future, time::Duration};

use super::{Delivery, Envelope, EventQueue, MAX_BATCH};
use crate::StoreError;

/// What became of a batch, by receipt, each list in the order of the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handled {
    /// To be deleted.
    pub done: Vec<String>,
    /// To be delivered again: a group's first failure and all after it in that group. A Lambda function returns them as
    /// `batchItemFailures`.
    pub failed: Vec<String>,
}

/// Hands each event to `handle`, one after the other, and stops a group at its first failure
/// (AWS Lambda, "Reporting batch item failures": with FIFO queues, stop after the first failure). A message that is no event
/// has failed. What fails although it was delivered `max_receive_count` times goes to the dead letters now, and its group goes on
/// without it: those behind it in the batch were delivered as often as it was, and would go with it.
///
/// The handler sees events at least once: it keeps the ids that it has seen in the transaction of its effect.
pub async fn consume<E, F>(
    deliveries: &[Delivery],
    max_receive_count: u32,
    mut handle: impl FnMut(Envelope) -> F,
) -> Handled
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let (mut result, mut stopped) = (Handled::default(), HashSet::new());
    for delivery in deliveries {
        let done = !stopped.contains(delivery.group.as_str()) && handle_one(delivery, &mut handle).await;
        if done {
            result.done.push(delivery.receipt.clone());
        } else {
            if delivery.receive_count < max_receive_count {
                stopped.insert(delivery.group.as_str());
            }
            result.failed.push(delivery.receipt.clone());
        }
    }
    result
}

async fn handle_one<E, F>(delivery: &Delivery, handle: &mut impl FnMut(Envelope) -> F) -> bool
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let event = match &delivery.event {
        Ok(event) => event.clone(),
        Err(cause) => {
            tracing::error!(event.group = delivery.group, cause, "a message is no event");
            return false;
        }
    };
    let (id, kind) = (event.id, event.kind.clone());
    match handle(event).await {
        Ok(()) => true,
        Err(cause) => {
            tracing::warn!(event.id = %id, event.kind = kind, event.receive_count = delivery.receive_count, %cause,
                "an event was not handled");
            false
        }
    }
}

/// Receives a batch, has it handled as [`consume`] does, deletes what is done, and gives the rest back for `pause`. How many events
/// were received.
///
/// # Errors
/// [`StoreError`] of the queue: what was not deleted comes again.
pub async fn work_off<E, F>(
    queue: &impl EventQueue,
    max_receive_count: u32,
    pause: Duration,
    handle: impl FnMut(Envelope) -> F,
) -> Result<usize, StoreError>
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let deliveries = queue.receive(MAX_BATCH).await?;
    let handled = consume(&deliveries, max_receive_count, handle).await;
    queue.delete(&handled.done).await?;
    queue.release(&handled.failed, pause).await?;
    Ok(deliveries.len())
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::ready};

    use futures_executor::block_on;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn delivery(group: &str, sequence: u64) -> Delivery {
        let id = "evt_01ktp6sn00e8m9wvpfqsmyrszv".parse().unwrap();
        let event = Envelope::new(id, "OrderCreated", group, sequence, Timestamp::UNIX_EPOCH, json!({}));
        Delivery { event: Ok(event), group: group.to_owned(), receipt: format!("{group}{sequence}"), receive_count: 1 }
    }

    #[test]
    fn a_failure_ends_its_group_and_the_others_go_on() {
        let batch = [
            delivery("a", 1),
            delivery("b", 1),
            delivery("a", 2),
            delivery("b", 2),
            delivery("a", 3),
            delivery("c", 1),
        ];
        let seen = RefCell::new(Vec::new());
        let handled = block_on(consume(&batch, 5, |event| {
            seen.borrow_mut().push(format!("{}{}", event.subject, event.sequence));
            ready(if event.subject == "a" && event.sequence == 2 { Err("no") } else { Ok(()) })
        }));
        assert_eq!(handled.done, ["a1", "b1", "b2", "c1"]);
        assert_eq!(handled.failed, ["a2", "a3"]);
        assert_eq!(seen.into_inner(), ["a1", "b1", "a2", "b2", "c1"], "nothing after the failure is tried");
    }

    #[test]
    fn what_is_no_event_fails_and_stops_its_group() {
        let broken = Delivery { event: Err("not JSON".to_owned()), ..delivery("a", 1) };
        let handled = block_on(consume(&[broken, delivery("a", 2), delivery("b", 1)], 5, |_| ready(Ok::<_, &str>(()))));
        assert_eq!((handled.done, handled.failed), (vec!["b1".to_owned()], vec!["a1".to_owned(), "a2".to_owned()]));
    }

    #[test]
    fn what_fails_at_its_last_delivery_does_not_take_its_group_along() {
        let often = |sequence| Delivery { receive_count: 3, ..delivery("a", sequence) };
        let fails = |event: Envelope| ready(if event.sequence == 1 { Err("no") } else { Ok(()) });
        let handled = block_on(consume(&[often(1), often(2)], 3, fails));
        assert_eq!((handled.done, handled.failed), (vec!["a2".to_owned()], vec!["a1".to_owned()]));
        let handled = block_on(consume(&[often(1), often(2)], 4, fails));
        assert_eq!(handled.failed, ["a1", "a2"]);
    }
}
