//! How many pieces may be sold beyond the stock, beside the variants.

use commerce_domain::VariantId;
use futures_util::FutureExt;
use origin_core::{
    StoreError,
    inventory::{BackorderLimit, KeepLimits},
};
use uuid::Uuid;

use crate::{Database, DbError, Isolation};

const LOAD: &str = "select id, backorder_limit from variants where id = any($1) order by id";
const SAVE: &str = "update variants v set backorder_limit = new.backorder_limit
    from unnest($1::uuid[], $2::bigint[]) as new(id, backorder_limit) where v.id = new.id";

impl KeepLimits for Database {
    async fn load_limits(&self, variants: &[VariantId]) -> Result<Vec<BackorderLimit>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|id| id.as_uuid()).collect();
        let client = self.client().await?;
        let statement = client.prepare_cached(LOAD).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&ids]).await.map_err(DbError::from)?;
        let limit = |row: &tokio_postgres::Row| {
            Ok(BackorderLimit {
                variant_id: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
                limit: u32::try_from(row.try_get::<_, i64>(1)?).map_err(DbError::broken)?,
            })
        };
        Ok(rows.iter().map(limit).collect::<Result<_, DbError>>()?)
    }

    async fn save_limits(&self, limits: &[BackorderLimit]) -> Result<(), StoreError> {
        if limits.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = limits.iter().map(|limit| limit.variant_id.as_uuid()).collect();
        let limits: Vec<i64> = limits.iter().map(|limit| i64::from(limit.limit)).collect();
        let args = (ids, limits);
        let saved = self.run_tx("save_limits", Isolation::ReadCommitted, &args, |tx, (ids, limits)| {
            async move {
                let statement = tx.prepare_cached(SAVE).await?;
                tx.execute(&statement, &[ids, limits]).await?;
                Ok(())
            }
            .boxed()
        });
        Ok(saved.await?)
    }
}
