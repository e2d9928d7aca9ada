//! What happened to an order, out of its events.

use commerce_domain::{EventId, OrderId};
use origin_core::{
    StoreError,
    orders::{ReadTimeline, TimelineEntry},
};
use tokio_postgres::Row;

use crate::{Database, DbError};

const EVENTS: &str = "select id, event, created_at, payload from (
        select id, event, created_at, payload, sequence from outbox where aggregate_id = $1 order by sequence desc limit $2
    ) as latest order by sequence";

impl ReadTimeline for Database {
    async fn list_timeline(&self, order: OrderId, limit: u32) -> Result<Vec<TimelineEntry>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(EVENTS).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&order.to_string(), &i64::from(limit)]).await.map_err(DbError::from)?;
        Ok(rows.iter().map(entry).collect::<Result<_, _>>()?)
    }
}

fn entry(row: &Row) -> Result<TimelineEntry, DbError> {
    Ok(TimelineEntry {
        event_id: EventId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        kind: row.try_get(1)?,
        at: row.try_get(2)?,
        data: row.try_get(3)?,
    })
}
