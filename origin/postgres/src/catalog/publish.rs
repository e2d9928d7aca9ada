//! What publishing the catalog reads: the notes of what has changed, and the products of the same state.

use commerce_catalog::{Categories, Category};
use commerce_domain::{Product, ProductId};
use origin_core::{
    StoreError,
    publish::{CatalogState, Noted, NotedChange, NotedChanges},
};
use uuid::Uuid;

use super::{export::Snapshot, list::slug};
use crate::{Database, DbError};

/// The lock that a publication holds, which goes with its transaction, and so with its connection. It comes before the transaction's
/// snapshot (PostgreSQL, "LOCK", notes on repeatable read): what is read is never older than what was published last.
const LOCK: &str = "lock table catalog_publication in exclusive mode nowait";
const CATEGORIES: &str =
    "select c.slug, c.name, above.slug from categories c left join categories above on above.id = c.parent_id";
const NOTED: &str = "select product_id, token from catalog_changes";
/// A note that somebody is just making again stays.
const FORGET: &str = "delete from catalog_changes c using (
        select n.product_id from catalog_changes n join unnest($1::uuid[], $2::bigint[]) done(product_id, token) using (product_id, token)
        for update of n skip locked
    ) done where c.product_id = done.product_id";

impl NotedChanges for Database {
    type State = Snapshot;

    async fn changes(&self) -> Result<Option<Noted<Snapshot>>, StoreError> {
        let state = Snapshot::begin(self).await?;
        let client = state.client()?;
        match client.batch_execute(LOCK).await.map_err(DbError::from) {
            Ok(()) => {}
            Err(error) if error.is_locked() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let rows = client.query(NOTED, &[]).await.map_err(DbError::from)?;
        let note = |row: &tokio_postgres::Row| {
            let product = ProductId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
            Ok(NotedChange { product, token: row.try_get(1)? })
        };
        let changes = rows.iter().map(note).collect::<Result<_, DbError>>()?;
        Ok(Some(Noted { state, changes }))
    }
}

impl CatalogState for Snapshot {
    async fn products(&mut self, from: Option<ProductId>, limit: u32) -> Result<Vec<Product>, StoreError> {
        let from = from.map_or(Uuid::nil(), ProductId::as_uuid);
        let found =
            self.stored("p.published and p.id >= $1 order by p.id limit $2", &[&from, &i64::from(limit)]).await?;
        Ok(found.into_iter().map(|(_, stored)| stored.into()).collect())
    }

    async fn categories(&mut self) -> Result<Categories, StoreError> {
        let rows = self.client()?.query(CATEGORIES, &[]).await.map_err(DbError::from)?;
        let category = |row: &tokio_postgres::Row| {
            Ok(Category {
                slug: slug(row.try_get(0)?)?,
                name: row.try_get(1)?,
                parent: row.try_get::<_, Option<&str>>(2)?.map(slug).transpose()?,
            })
        };
        Ok(Categories::new(rows.iter().map(category).collect::<Result<_, DbError>>()?))
    }

    async fn finish(self, published: &[NotedChange]) -> Result<(), StoreError> {
        let (products, tokens): (Vec<Uuid>, Vec<i64>) =
            published.iter().map(|change| (change.product.as_uuid(), change.token)).unzip();
        let client = self.end().await?;
        client.execute(FORGET, &[&products, &tokens]).await.map_err(DbError::from)?;
        Ok(())
    }
}
