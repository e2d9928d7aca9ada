//! New, changed and deleted products.

use commerce_domain::{Money, ProductId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    catalog::{InsertOutcome, PlacedEntry, ProductChange, SaveOutcome, WriteCatalog},
};
use serde_json::Value;
use uuid::Uuid;

use super::rows::Rows;
use crate::{Database, DbError, Isolation};

/// What the ledger gives as the cause of a new variant's first stock.
pub(super) const CREATION: &str = "creation";

const CATEGORY: &str = "select id from categories where slug = $1";

/// The kept spelling of a category goes with the category.
const SAVE: &str = "update products set name = coalesce($3, name), description = coalesce($4, description),
        extra = case when $5 is distinct from category_id and $5 is not null then extra - 'Type' else extra end,
        category_id = coalesce($5, category_id), price = coalesce($6, price), brand = coalesce($7, brand),
        tags = coalesce($8, tags), specifications = coalesce($9, specifications),
        image_url = case when $10 then $11 else image_url end, version = version + 1, updated_at = $12
    where id = $1 and version = $2 and deleted_at is null";

const SAVE_PRICE: &str = "update variants set price = $2 where product_id = $1 and deleted_at is null";

const DELETE: &str = "update products set deleted_at = $3, updated_at = $3, version = version + 1
    where id = $1 and version = coalesce($2, version) and deleted_at is null";

const DELETE_VARIANTS: &str = "update variants set deleted_at = $2 where product_id = $1 and deleted_at is null";

impl WriteCatalog for Database {
    async fn insert_product(&self, placed: &PlacedEntry, now: Timestamp) -> Result<InsertOutcome, StoreError> {
        let args = (placed, now);
        let outcome = self.run_tx("insert_product", Isolation::ReadCommitted, &args, |tx, (placed, now)| {
            insert(tx, placed, *now).boxed()
        });
        Ok(outcome.await?)
    }

    async fn save_product(
        &self,
        product: ProductId,
        version: u64,
        change: &ProductChange,
        now: Timestamp,
    ) -> Result<SaveOutcome, StoreError> {
        let args = (product, i64::try_from(version).map_err(StoreError::broken)?, change, now);
        let outcome =
            self.run_tx("save_product", Isolation::ReadCommitted, &args, |tx, (product, version, change, now)| {
                save(tx, *product, *version, change, *now).boxed()
            });
        Ok(outcome.await?)
    }

    async fn delete_product(
        &self,
        product: ProductId,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<SaveOutcome, StoreError> {
        let version = version.map(i64::try_from).transpose().map_err(StoreError::broken)?;
        let args = (product, version, now);
        let outcome = self.run_tx("delete_product", Isolation::ReadCommitted, &args, |tx, (product, version, now)| {
            delete(tx, *product, *version, *now).boxed()
        });
        Ok(outcome.await?)
    }
}

async fn category_id(tx: &Transaction<'_>, slug: &str) -> Result<Option<Uuid>, DbError> {
    let statement = tx.prepare_cached(CATEGORY).await?;
    tx.query_opt(&statement, &[&slug]).await?.map(|row| row.try_get(0)).transpose().map_err(DbError::from)
}

async fn insert(tx: &Transaction<'_>, placed: &PlacedEntry, now: Timestamp) -> Result<InsertOutcome, DbError> {
    let PlacedEntry { product_id, variant_ids, entry } = placed;
    let Some(category) = category_id(tx, entry.category.slug.as_str()).await? else {
        return Ok(InsertOutcome::UnknownCategory);
    };
    let (mut products, mut variants, mut images) = (Rows::default(), Rows::default(), Rows::default());
    products.product(*product_id, category, entry);
    for (position, (id, variant)) in variant_ids.iter().zip(&entry.variants).enumerate() {
        variants.variant(*id, *product_id, position, variant);
    }
    images.images(*product_id, entry);
    products.insert_products(tx, now).await?;
    variants.insert_variants(tx, CREATION, now).await?;
    images.insert_images(tx).await?;
    Ok(InsertOutcome::Inserted)
}

async fn save(
    tx: &Transaction<'_>,
    product: ProductId,
    version: i64,
    change: &ProductChange,
    now: Timestamp,
) -> Result<SaveOutcome, DbError> {
    let mut category = None;
    if let Some(slug) = &change.category {
        category = category_id(tx, slug.as_str()).await?;
        if category.is_none() {
            return Ok(SaveOutcome::UnknownCategory);
        }
    }
    let (id, price) = (product.as_uuid(), change.price.map(Money::amount));
    let specifications = change.specifications.as_ref().map(|texts| {
        Value::Object(texts.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect())
    });
    let first_image = change.images.as_ref().and_then(|images| images.first());
    let statement = tx.prepare_cached(SAVE).await?;
    let saved = tx
        .execute(
            &statement,
            &[
                &id,
                &version,
                &change.name,
                &change.description,
                &category,
                &price,
                &change.brand,
                &change.tags,
                &specifications,
                &change.images.is_some(),
                &first_image,
                &now,
            ],
        )
        .await?;
    if saved == 0 {
        return Ok(SaveOutcome::Overtaken);
    }
    if let Some(price) = price {
        tx.execute(SAVE_PRICE, &[&id, &price]).await?;
    }
    if let Some(images) = &change.images {
        save_images(tx, product, images).await?;
    }
    Ok(SaveOutcome::Saved)
}

async fn save_images(tx: &Transaction<'_>, product: ProductId, urls: &[String]) -> Result<(), DbError> {
    tx.execute("delete from product_images where product_id = $1", &[&product.as_uuid()]).await?;
    let mut images = Rows::default();
    for (position, url) in urls.iter().enumerate() {
        images.plain_image(product, position, url);
    }
    images.insert_images(tx).await
}

async fn delete(
    tx: &Transaction<'_>,
    product: ProductId,
    version: Option<i64>,
    now: Timestamp,
) -> Result<SaveOutcome, DbError> {
    let id = product.as_uuid();
    if tx.execute(DELETE, &[&id, &version, &now]).await? == 0 {
        return Ok(SaveOutcome::Overtaken);
    }
    tx.execute(DELETE_VARIANTS, &[&id, &now]).await?;
    Ok(SaveOutcome::Saved)
}
