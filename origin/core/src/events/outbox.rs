//! The ports to the outbox: events that are committed and may not be on the bus yet.

use std::future::Future;

use commerce_domain::EventId;
use jiff::Timestamp;

use super::OutgoingEvent;
use crate::StoreError;

/// An event of which the caller knows that it is committed.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenEvent {
    /// The event.
    pub event: OutgoingEvent,
    /// Whether the event before it, about the same thing, was not published when this one was written.
    pub behind_unpublished: bool,
}

/// What waits to be published.
pub trait Outbox: Send + Sync {
    /// The next event of each subject: its lowest that is not published. None about the subjects in `without`; the oldest
    /// first, at most `limit`. No two are about one thing.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_next_events(
        &self,
        without: &[String],
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OutgoingEvent>, StoreError>> + Send;

    /// Notes that these events are on the bus. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; events that were not noted are published again.
    fn mark_published(&self, events: &[EventId], now: Timestamp)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets events that were published before that time, the oldest first. None of an order's, which are its history; none before
    /// one that waits to be published; and never a subject's last, which the next is numbered by. Of an order that was never made,
    /// there is no next. It looks at no more than `limit` events of either sort, and says of how many of the sort that had more: at
    /// fewer than `limit` if there are no others.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_events(
        &self,
        published_before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
}

/// Tells what a piece of work has written, without asking the outbox for it.
pub trait CollectEvents: Send + Sync {
    /// Does the work, and returns what it returned with the events that its transactions have written and are known to have
    /// committed, in the order of the commits. Of work that is handed to another task, none are seen.
    fn collect_events<F>(&self, work: F) -> impl Future<Output = (F::Output, Vec<WrittenEvent>)> + Send
    where
        F: Future<Output: Send> + Send;
}
