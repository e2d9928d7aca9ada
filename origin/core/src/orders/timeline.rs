//! What happened to an order, as its events tell it.

use std::future::Future;

use commerce_domain::{EventId, OrderId};
use jiff::Timestamp;
use serde_json::Value;

use crate::StoreError;

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// The event that tells of it.
    pub event_id: EventId,
    /// Its kind: `OrderCreated`.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What else it says. Names things by their ids.
    pub data: Value,
}

/// Reads what happened to orders.
pub trait ReadTimeline: Send + Sync {
    /// What happened to the order, oldest first; of more than `limit` entries, the latest.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_timeline(
        &self,
        order: OrderId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TimelineEntry>, StoreError>> + Send;
}
