//! What the outbox still has to publish, and what it may forget.

use commerce_domain::EventId;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    events::{Outbox, OutgoingEvent},
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Database, DbError, outbox::sequence};

// Sequences have no gaps: an event without an unpublished predecessor is the lowest of its aggregate.
const NEXT: &str = "select o.id, o.aggregate_id, o.sequence, o.event, o.payload, o.created_at from outbox o
    where o.published_at is null and o.aggregate_id <> all($1)
        and not exists (select 1 from outbox before where before.aggregate_id = o.aggregate_id
            and before.sequence = o.sequence - 1 and before.published_at is null)
    order by o.created_at limit $2";
// What another relay is noting at this moment is noted. Found by id alone: the index of unpublished events is full of entries that
// were published a moment ago. The array stands in a select, so that its length is unknown and no call is planned for its own. Does
// not wait for the disk: what a crash of the database forgets is published once more.
const MARK: &str = "with lazily as (select set_config('synchronous_commit', 'off', true)), found as materialized (
        select id, published_at from outbox where id = any((select $1::uuid[])::uuid[]) for update skip locked)
    update outbox set published_at = $2 from found, lazily where outbox.id = found.id and found.published_at is null";
// What goes is what has a successor; what is seen and stays is seen no more, and goes when a successor is seen.
const FORGET: &str = "with seen as (
        select id, aggregate_id, sequence from outbox
        where published_at < $1 and not kept and aggregate_id not like 'order\\_%'
        order by published_at limit $2 for update skip locked
    ), gone as (
        delete from outbox o using seen where o.aggregate_id = seen.aggregate_id
            and (o.sequence = seen.sequence or o.sequence < seen.sequence and o.kept)
            and exists (select from outbox later where later.aggregate_id = o.aggregate_id and later.sequence > o.sequence)
            and not exists (select from outbox later where later.aggregate_id = o.aggregate_id
                and later.sequence > o.sequence and later.published_at is null)
        returning o.id
    ), left_there as (
        update outbox set kept = true where id in (select id from seen except select id from gone)
    ) select count(*) from seen";
// The id was kept for an order that was not made and never will be: nothing else was told of it, and nothing follows.
const FORGET_FAILED: &str = "delete from outbox where id in (
    select o.id from outbox o
    where o.event = 'InventoryReservationFailed' and o.published_at < $1
        and not exists (select from outbox other where other.aggregate_id = o.aggregate_id and other.id <> o.id)
    order by o.published_at limit $2 for update skip locked)";

impl Outbox for Database {
    async fn list_next_events(&self, without: &[String], limit: u32) -> Result<Vec<OutgoingEvent>, StoreError> {
        Ok(self.next_events(without, limit).await?)
    }

    async fn mark_published(&self, events: &[EventId], now: Timestamp) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        Ok(self.note_published(events, now).await?)
    }

    async fn forget_events(&self, published_before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.delete_published(published_before, limit).await?)
    }
}

impl Database {
    async fn next_events(&self, without: &[String], limit: u32) -> Result<Vec<OutgoingEvent>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(NEXT).await?;
        let rows = client.query(&statement, &[&without, &i64::from(limit)]).await?;
        rows.iter().map(event).collect()
    }

    async fn note_published(&self, events: &[EventId], now: Timestamp) -> Result<(), DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(MARK).await?;
        let ids: Vec<Uuid> = events.iter().map(|event| event.as_uuid()).collect();
        client.execute(&statement, &[&ids, &now]).await?;
        Ok(())
    }

    async fn delete_published(&self, before: Timestamp, limit: u32) -> Result<u32, DbError> {
        let client = self.client().await?;
        let limit = i64::from(limit);
        let statement = client.prepare_cached(FORGET).await?;
        let seen: i64 = client.query_one(&statement, &[&before, &limit]).await?.try_get(0)?;
        let statement = client.prepare_cached(FORGET_FAILED).await?;
        let failed = client.execute(&statement, &[&before, &limit]).await?;
        u64::try_from(seen).map(|seen| seen.max(failed)).and_then(u32::try_from).map_err(DbError::broken)
    }
}

fn event(row: &Row) -> Result<OutgoingEvent, DbError> {
    let id = EventId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
    let (subject, kind): (String, String) = (row.try_get(1)?, row.try_get(3)?);
    let (payload, time) = (row.try_get(4)?, row.try_get(5)?);
    Ok(OutgoingEvent::new(id, kind, subject, sequence(row.try_get(2)?)?, time, payload))
}

#[cfg(test)]
mod tests;
