//! What is known of the counters of stock.

use commerce_domain::{ProductId, VariantId};
use origin_core::{
    StoreError,
    inventory::{KeepLevels, StockChanged},
    publish::{KnownLevel, ReadLevels},
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Database, DbError};

// In the order of variants, so that two who write the same ones do not wait for each other in a ring.
const KEEP: &str = "insert into stock_levels (variant_id, product_id, place, available, sellable, version)
    select distinct on (new.variant_id) new.variant_id, new.product_id, new.place, new.available, new.sellable, new.version
    from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        as new(variant_id, product_id, place, available, sellable, version)
        join variants v on v.id = new.variant_id
    order by new.variant_id, new.version desc
    on conflict (variant_id) do update set available = excluded.available, sellable = excluded.sellable, version = excluded.version
        where stock_levels.version < excluded.version";

const COUNT: &str = "select count(*) from products where deleted_at is null";

const LEVELS: &str = "select l.variant_id, l.product_id, l.available, l.sellable
    from stock_levels l join variants v on v.id = l.variant_id
    where v.deleted_at is null and ($1::bigint is null or (l.place, l.variant_id) > ($1, $2::uuid))
    order by l.place, l.variant_id limit $3";

impl KeepLevels for Database {
    async fn keep_levels(&self, changes: &[StockChanged]) -> Result<(), StoreError> {
        let column = |value: fn(&StockChanged) -> i64| -> Vec<i64> { changes.iter().map(value).collect() };
        let variants: Vec<Uuid> = changes.iter().map(|change| change.variant_id.as_uuid()).collect();
        let products: Vec<Uuid> = changes.iter().map(|change| change.product_id.as_uuid()).collect();
        let versions = changes.iter().map(|change| i64::try_from(change.version)).collect::<Result<Vec<_>, _>>();
        let versions = versions.map_err(StoreError::broken)?;
        let places = column(StockChanged::place);
        let (available, sellable) = (column(|change| change.available), column(|change| change.sellable));
        let client = self.client().await?;
        let statement = client.prepare_cached(KEEP).await.map_err(DbError::from)?;
        let kept = client.execute(&statement, &[&variants, &products, &places, &available, &sellable, &versions]).await;
        kept.map_err(DbError::from)?;
        Ok(())
    }
}

impl ReadLevels for Database {
    async fn count_products(&self) -> Result<usize, StoreError> {
        let rows = self.list(COUNT, &[]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(DbError::from)?;
        usize::try_from(count).map_err(StoreError::broken)
    }

    async fn levels(&self, behind: Option<KnownLevel>, limit: u32) -> Result<Vec<KnownLevel>, StoreError> {
        let (place, variant) = behind.map(|level| (level.place(), level.variant.as_uuid())).unzip();
        let rows = self.list(LEVELS, &[&place, &variant, &i64::from(limit)]).await?;
        Ok(rows.iter().map(level).collect::<Result<_, _>>()?)
    }
}

fn level(row: &Row) -> Result<KnownLevel, DbError> {
    Ok(KnownLevel {
        variant: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        product: ProductId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        available: row.try_get(2)?,
        sellable: row.try_get(3)?,
    })
}
