//! Which variants run low.

use commerce_api::page::Page;
use commerce_domain::{EventId, VariantId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{ListStock, StockChanged, StockPage, ThresholdState, WatchThresholds},
};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_event},
};

const LISTED: &str = "deleted_at is null and (low_stock or not $1)";
const WATCHED: &str = "select id, low_stock_threshold, low_stock, low_stock_version from variants
    where id = any($1) and low_stock_threshold is not null";
// Also where the threshold was changed meanwhile: it is the one of now that counts.
const CROSS: &str = "update variants set low_stock = $2::bigint < low_stock_threshold, low_stock_version = $3
    where id = $1 and low_stock_version < $3 and low_stock <> ($2::bigint < low_stock_threshold)
    returning low_stock, low_stock_threshold";

impl ListStock for Database {
    async fn list_stock(&self, low_only: bool, page: Page) -> Result<StockPage, StoreError> {
        let sql = format!(
            "select total.count, row.id, row.low_stock_threshold
            from (select count(*) from variants where {LISTED}) total left join (
                select id, low_stock_threshold from variants where {LISTED} order by id limit $2 offset $3
            ) row on true order by row.id"
        );
        let (limit, offset) = (i64::from(page.limit), i64::from(page.offset()));
        let rows = self.list(&sql, &[&low_only, &limit, &offset]).await?;
        let mut listed = StockPage::default();
        for row in &rows {
            listed.total =
                u64::try_from(row.try_get::<_, i64>(0).map_err(DbError::from)?).map_err(StoreError::broken)?;
            listed.variants.extend(variant(row)?);
        }
        Ok(listed)
    }
}

impl WatchThresholds for Database {
    async fn load_watched(&self, variants: &[VariantId]) -> Result<Vec<ThresholdState>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.as_uuid()).collect();
        let rows = self.list(WATCHED, &[&ids]).await?;
        Ok(rows.iter().map(watched).collect::<Result<_, _>>()?)
    }

    async fn note_crossing(&self, change: &StockChanged, event: EventId, now: Timestamp) -> Result<(), StoreError> {
        let args = (change, event, now);
        let noted = self.run_tx("note_crossing", Isolation::ReadCommitted, &args, |tx, (change, event, now)| {
            cross(tx, change, *event, *now).boxed()
        });
        Ok(noted.await?)
    }
}

async fn cross(tx: &Transaction<'_>, change: &StockChanged, id: EventId, now: Timestamp) -> Result<(), DbError> {
    let version = i64::try_from(change.version).map_err(DbError::broken)?;
    let statement = tx.prepare_cached(CROSS).await?;
    let crossed = tx.query_opt(&statement, &[&change.variant_id.as_uuid(), &change.available, &version]).await?;
    let Some(row) = crossed else { return Ok(()) };
    if !row.try_get::<_, bool>(0)? {
        return Ok(());
    }
    let payload = json!({
        "productId": change.product_id, "variantId": change.variant_id,
        "available": change.available, "threshold": row.try_get::<_, i32>(1)?,
    });
    let aggregate_id = change.variant_id.to_string();
    write_event(tx, &NewEvent { id, aggregate_id, event: "LowStock", payload }, now).await
}

fn watched(row: &Row) -> Result<ThresholdState, DbError> {
    Ok(ThresholdState {
        variant_id: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        threshold: u32::try_from(row.try_get::<_, i32>(1)?).map_err(DbError::broken)?,
        low: row.try_get(2)?,
        version: u64::try_from(row.try_get::<_, i64>(3)?).map_err(DbError::broken)?,
    })
}

/// None in the row that a page without variants has.
fn variant(row: &Row) -> Result<Option<(VariantId, Option<u32>)>, DbError> {
    let Some(id) = row.try_get::<_, Option<Uuid>>(1)? else { return Ok(None) };
    let threshold: Option<i32> = row.try_get(2)?;
    let threshold = threshold.map(u32::try_from).transpose().map_err(DbError::broken)?;
    Ok(Some((VariantId::from_uuid(id).map_err(DbError::broken)?, threshold)))
}
