//! New, changed and deleted products.

use commerce_domain::{EventId, ProductId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    catalog::{InsertOutcome, PlacedEntry, ProductChange, SaveOutcome, StoredProduct, VariantChange, WriteCatalog},
    idempotency::HeldClaim,
    inventory::NewStock,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    events,
    export::load_product,
    rows::{Rows, new_stock},
};
use crate::{Database, DbError, Isolation, idempotency::note_product, outbox::write_event};

/// What the ledger gives as the cause of a new variant's first stock.
pub(super) const CREATION: &str = "creation";

const CATEGORY: &str = "select id from categories where slug = $1";

/// The kept spelling of a category goes with the category.
const SAVE: &str = "update products set name = coalesce($3, name), description = coalesce($4, description),
        extra = case when $5 is distinct from category_id and $5 is not null then extra - 'Type' else extra end,
        category_id = coalesce($5, category_id), published = coalesce($6, published), brand = coalesce($7, brand),
        tags = coalesce($8, tags), specifications = coalesce($9, specifications),
        image_url = case when $10 then $11 else image_url end, version = version + 1, updated_at = $12
    where id = $1 and version = $2 and deleted_at is null";

const SAVE_VARIANTS: &str =
    "update variants v set price = coalesce(new.price, v.price), sku = coalesce(new.sku, v.sku),
        weight_grams = coalesce(new.weight_grams, v.weight_grams),
        backorder_limit = coalesce(new.backorder_limit, v.backorder_limit)
    from jsonb_to_recordset($2) as new(id uuid, price numeric, sku text, weight_grams int, backorder_limit bigint)
    where v.id = new.id and v.product_id = $1 and v.deleted_at is null";

const SAVE_PRICE: &str = "update products p set price = (
        select min(v.price) from variants v where v.product_id = p.id and v.deleted_at is null
    ) where p.id = $1";

const DELETE: &str = "update products set deleted_at = $3, updated_at = $3, version = version + 1
    where id = $1 and version = coalesce($2, version) and deleted_at is null";

const DELETE_VARIANTS: &str = "update variants set deleted_at = $2 where product_id = $1 and deleted_at is null";

impl WriteCatalog for Database {
    async fn load_product(&self, product: ProductId) -> Result<Option<StoredProduct>, StoreError> {
        Ok(load_product(self, product).await?)
    }

    async fn insert_product(
        &self,
        placed: &PlacedEntry,
        claim: Option<&HeldClaim>,
        now: Timestamp,
    ) -> Result<InsertOutcome, StoreError> {
        let args = (placed, claim, now);
        let outcome = self.run_tx("insert_product", Isolation::ReadCommitted, &args, |tx, (placed, claim, now)| {
            insert(tx, placed, *claim, *now).boxed()
        });
        unless_called_off(outcome.await, InsertOutcome::ClaimLost)
    }

    async fn save_product(
        &self,
        product: ProductId,
        version: u64,
        change: &ProductChange,
        claim: Option<&HeldClaim>,
        event: EventId,
        now: Timestamp,
    ) -> Result<SaveOutcome, StoreError> {
        let version = i64::try_from(version).map_err(StoreError::broken)?;
        let args = (Saving { product, claim, event, now }, version, change);
        let outcome = self.run_tx("save_product", Isolation::ReadCommitted, &args, |tx, (saving, version, change)| {
            save(tx, saving, *version, change).boxed()
        });
        unless_called_off(outcome.await, SaveOutcome::ClaimLost)
    }

    async fn delete_product(
        &self,
        product: ProductId,
        version: Option<u64>,
        claim: Option<&HeldClaim>,
        event: EventId,
        now: Timestamp,
    ) -> Result<SaveOutcome, StoreError> {
        let version = version.map(i64::try_from).transpose().map_err(StoreError::broken)?;
        let args = (Saving { product, claim, event, now }, version);
        let outcome = self.run_tx("delete_product", Isolation::ReadCommitted, &args, |tx, (saving, version)| {
            delete(tx, saving, *version).boxed()
        });
        unless_called_off(outcome.await, SaveOutcome::ClaimLost)
    }
}

/// A change that is being written.
struct Saving<'a> {
    product: ProductId,
    claim: Option<&'a HeldClaim>,
    event: EventId,
    now: Timestamp,
}

fn unless_called_off<T>(outcome: Result<T, DbError>, called_off: T) -> Result<T, StoreError> {
    match outcome {
        Err(DbError::CalledOff) => Ok(called_off),
        outcome => Ok(outcome?),
    }
}

async fn category_id(tx: &Transaction<'_>, slug: &str) -> Result<Option<Uuid>, DbError> {
    let statement = tx.prepare_cached(CATEGORY).await?;
    tx.query_opt(&statement, &[&slug]).await?.map(|row| row.try_get(0)).transpose().map_err(DbError::from)
}

async fn insert(
    tx: &Transaction<'_>,
    placed: &PlacedEntry,
    claim: Option<&HeldClaim>,
    now: Timestamp,
) -> Result<InsertOutcome, DbError> {
    let PlacedEntry { product_id, variant_ids, entry, .. } = placed;
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
    let stock: Vec<NewStock> =
        variant_ids.iter().zip(&entry.variants).map(|(id, variant)| new_stock(*id, *product_id, variant)).collect();
    write_event(tx, &events::created(placed, &stock), now).await?;
    note_product(tx, claim, *product_id).await?;
    Ok(InsertOutcome::Inserted)
}

async fn save(
    tx: &Transaction<'_>,
    saving: &Saving<'_>,
    version: i64,
    change: &ProductChange,
) -> Result<SaveOutcome, DbError> {
    let Saving { product, claim, event, now } = *saving;
    let mut category = None;
    if let Some(slug) = &change.category {
        category = category_id(tx, slug.as_str()).await?;
        if category.is_none() {
            return Ok(SaveOutcome::UnknownCategory);
        }
    }
    let id = product.as_uuid();
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
                &change.published,
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
    if !change.variants.is_empty() {
        tx.execute(SAVE_VARIANTS, &[&id, &change.variants.iter().map(variant).collect::<Value>()]).await?;
        tx.execute(SAVE_PRICE, &[&id]).await?;
    }
    if let Some(images) = &change.images {
        save_images(tx, product, images).await?;
    }
    write_event(tx, &events::updated(event, product, &[]), now).await?;
    note_product(tx, claim, product).await?;
    Ok(SaveOutcome::Saved)
}

fn variant(change: &VariantChange) -> Value {
    json!({
        "id": change.id.as_uuid().to_string(),
        "price": change.price.map(|price| price.amount().to_string()),
        "sku": change.sku,
        "weight_grams": change.weight_grams,
        "backorder_limit": change.backorder_limit,
    })
}

async fn save_images(tx: &Transaction<'_>, product: ProductId, urls: &[String]) -> Result<(), DbError> {
    tx.execute("delete from product_images where product_id = $1", &[&product.as_uuid()]).await?;
    let mut images = Rows::default();
    for (position, url) in urls.iter().enumerate() {
        images.plain_image(product, position, url);
    }
    images.insert_images(tx).await
}

async fn delete(tx: &Transaction<'_>, saving: &Saving<'_>, version: Option<i64>) -> Result<SaveOutcome, DbError> {
    let Saving { product, claim, event, now } = *saving;
    let id = product.as_uuid();
    if tx.execute(DELETE, &[&id, &version, &now]).await? == 0 {
        return Ok(SaveOutcome::Overtaken);
    }
    tx.execute(DELETE_VARIANTS, &[&id, &now]).await?;
    write_event(tx, &events::deleted(event, product), now).await?;
    note_product(tx, claim, product).await?;
    Ok(SaveOutcome::Saved)
}
