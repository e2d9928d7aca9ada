//! The ports to the bus.

use std::{future::Future, time::Duration};

use super::Envelope;
use crate::StoreError;

/// The most events of one call.
pub const MAX_BATCH: usize = 10;

/// An event on its way out. Its group is its subject, its deduplication id is its id.
pub type OutgoingEvent = Envelope;

/// What became of one event of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishOutcome {
    /// It is on the bus, by this call or by one in the last five minutes.
    Published,
    /// It is not known to be on the bus: publish it again, before any later event of its group. Why, for the log.
    NotPublished(String),
}

impl PublishOutcome {
    /// Whether the event is on the bus.
    pub fn is_published(&self) -> bool {
        *self == Self::Published
    }
}

/// Publishes events.
pub trait PublishEvents: Send + Sync {
    /// Publishes at most ten events, in their order. One outcome for each. Of one group, no event is published
    /// before its predecessor in the batch is.
    ///
    /// # Errors
    /// [`StoreError`] where nothing is known about any of them; publishing all again within five minutes does no harm.
    fn publish(&self, batch: &[OutgoingEvent]) -> impl Future<Output = Result<Vec<PublishOutcome>, StoreError>> + Send;
}

/// An event, lent to a consumer until its visibility timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The event. `Err` where the message is none: it goes to the dead-letter queue if it is never deleted.
    pub event: Result<Envelope, String>,
    /// Its group; events of one group are delivered in their order.
    pub group: String,
    /// What deletes or releases it. New with each delivery.
    pub receipt: String,
    /// How often it was delivered, this time included.
    pub receive_count: u32,
}

/// One consumer's queue.
pub trait EventQueue: Send + Sync {
    /// At most `max` (1 to 10) events. Nothing of a group of which an event is still lent out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn receive(&self, max: usize) -> impl Future<Output = Result<Vec<Delivery>, StoreError>> + Send;

    /// Deletes what has been dealt with.
    ///
    /// # Errors
    /// [`StoreError`] where some may not have been deleted: they come again.
    fn delete(&self, receipts: &[String]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives back what has not been dealt with; it can be received again `after` that long (whole seconds, at most twelve
    /// hours).
    ///
    /// # Errors
    /// [`StoreError`] where some may stay lent until their timeout.
    fn release(&self, receipts: &[String], after: Duration) -> impl Future<Output = Result<(), StoreError>> + Send;
}
