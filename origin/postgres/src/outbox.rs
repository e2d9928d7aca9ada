//! The outbox: events, written in the transaction of the change that they tell of.

use commerce_domain::EventId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use origin_core::events::{OutgoingEvent, WrittenEvent};
use uuid::Uuid;

use crate::{DbError, collect::remember};

// The writer holds a lock on the aggregate's row, or has just made it; the unique index watches over that. Whether the event before
// is unpublished is asked of its row: as a condition, the planner would look for it in the index of unpublished events, through
// every entry that was published a moment ago.
const INSERT: &str = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
    select $1, $2, coalesce(max(sequence), 0) + 1, $3, $4, $5 from outbox where aggregate_id = $2
    returning sequence, created_at, coalesce((select before.published_at is null from outbox before
        where before.aggregate_id = outbox.aggregate_id and before.sequence = outbox.sequence - 1), false)";

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

const INSERT_ROW: &str = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
    select new.id, $1, (select coalesce(max(sequence), 0) from outbox where aggregate_id = $1) + new.place, new.event, new.payload, $5
    from unnest($2::uuid[], $3::text[], $4::jsonb[]) with ordinality as new(id, event, payload, place)
    returning id, sequence, coalesce((select before.published_at is null from outbox before
        where before.aggregate_id = outbox.aggregate_id and before.sequence = outbox.sequence - 1), false)";

const INSERT_MANY: &str = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
    select new.id, new.aggregate_id, coalesce((select max(o.sequence) from outbox o where o.aggregate_id = new.aggregate_id), 0) + 1,
        new.event, new.payload, $5
    from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) as new(id, aggregate_id, event, payload)";

/// Writes events of different aggregates, each as the next one of its own. There may be thousands: nobody waits for them to be
/// published.
pub(crate) async fn write_events(tx: &Transaction<'_>, events: &[NewEvent], now: Timestamp) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.as_uuid()).collect();
    let aggregates: Vec<&str> = events.iter().map(|event| event.aggregate_id.as_str()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event.event).collect();
    let payloads: Vec<&serde_json::Value> = events.iter().map(|event| &event.payload).collect();
    let statement = tx.prepare_cached(INSERT_MANY).await?;
    tx.execute(&statement, &[&ids, &aggregates, &kinds, &payloads, &now]).await?;
    Ok(())
}

/// Writes an event, as the next one of its aggregate.
pub(crate) async fn write_event(tx: &Transaction<'_>, event: &NewEvent, now: Timestamp) -> Result<(), DbError> {
    let statement = tx.prepare_cached(INSERT).await?;
    let NewEvent { id, aggregate_id, event, payload } = event;
    let row = tx.query_one(&statement, &[&id.as_uuid(), aggregate_id, event, payload, &now]).await?;
    let (sequence, time, behind_unpublished) = (sequence(row.try_get(0)?)?, row.try_get(1)?, row.try_get(2)?);
    remember(|| {
        let event = OutgoingEvent::new(*id, *event, aggregate_id, sequence, time, payload.clone());
        WrittenEvent { event, behind_unpublished }
    });
    Ok(())
}

/// What happened to one thing at once: id, kind and payload, in their order.
pub(crate) type Happened = (EventId, &'static str, serde_json::Value);

/// Writes several events of one aggregate, one after the other.
pub(crate) async fn write_in_order(
    tx: &Transaction<'_>,
    aggregate_id: String,
    events: Vec<Happened>,
    now: Timestamp,
) -> Result<(), DbError> {
    let ids: Vec<Uuid> = events.iter().map(|(id, ..)| id.as_uuid()).collect();
    let kinds: Vec<&str> = events.iter().map(|(_, kind, _)| *kind).collect();
    let payloads: Vec<&serde_json::Value> = events.iter().map(|(.., payload)| payload).collect();
    let statement = tx.prepare_cached(INSERT_ROW).await?;
    let rows = tx.query(&statement, &[&aggregate_id, &ids, &kinds, &payloads, &now]).await?;
    for (place, (id, kind, payload)) in events.into_iter().enumerate() {
        let row = rows.iter().find(|row| row.try_get(0).is_ok_and(|written: Uuid| written == id.as_uuid()));
        let row = row.ok_or_else(|| DbError::broken("an event that was not written"))?;
        // A statement does not see its own rows: all but the first are behind one that it writes.
        let (sequence, behind_unpublished) = (sequence(row.try_get(1)?)?, place > 0 || row.try_get(2)?);
        remember(|| {
            let event = OutgoingEvent::new(id, kind, &aggregate_id, sequence, now, payload);
            WrittenEvent { event, behind_unpublished }
        });
    }
    Ok(())
}

/// A sequence as its column holds it.
pub(crate) fn sequence(column: i64) -> Result<u64, DbError> {
    u64::try_from(column).map_err(DbError::broken)
}
