//! The outbox: events, written in the transaction of the change that they tell of.

use commerce_domain::EventId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

use crate::DbError;

// The writer holds a lock on the aggregate's row, or has just made it; the unique index watches over that.
const INSERT: &str = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
    select $1, $2, coalesce(max(sequence), 0) + 1, $3, $4, $5 from outbox where aggregate_id = $2";

/// An event to come. The payload names things by their ids and holds no personal data.
#[derive(Debug)]
pub(crate) struct NewEvent {
    /// Tells it from every other event.
    pub(crate) id: EventId,
    /// What it is about. Events about one thing keep their order.
    pub(crate) aggregate_id: String,
    /// Its kind: `OrderCreated`.
    pub(crate) event: &'static str,
    /// What happened.
    pub(crate) payload: serde_json::Value,
}

/// Writes an event, as the next one of its aggregate.
pub(crate) async fn write_event(tx: &Transaction<'_>, event: &NewEvent, now: Timestamp) -> Result<(), DbError> {
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(&statement, &[&event.id.as_uuid(), &event.aggregate_id, &event.event, &event.payload, &now]).await?;
    Ok(())
}
