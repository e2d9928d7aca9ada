//! Batches of entries, new and known, in one transaction each.

use std::collections::{BTreeMap, BTreeSet};

use commerce_domain::{CategorySlug, ProductId, VariantId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    catalog::{CarryCatalog, CatalogEntry, CategoryEntry, ImportedBatch, KnownStock, PlacedEntry},
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    change::CREATION,
    detail::options,
    events,
    export::Snapshot,
    rows::{Rows, counters, new_stock},
};
use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_events},
};

const ADD_CATEGORIES: &str =
    "insert into categories (slug, name) select slug, name from unnest($1::text[], $2::text[]) as new(slug, name)
    order by slug on conflict (slug) do nothing";
const PUT_CATEGORY: &str = "insert into categories (slug, name, parent_id)
    values ($1, $2, (select id from categories where slug = $3))
    on conflict (slug) do update set name = excluded.name, parent_id = excluded.parent_id";
const CATEGORIES: &str = "select slug, id, name from categories where slug = any($1)";
/// In one order, so that two imports of the same products do not wait for each other in a circle.
const KNOWN: &str =
    "select handle, id from products where handle = any($1) and deleted_at is null order by id for update";
/// Those in the shop before those that were, of which the last to leave comes first.
const KNOWN_VARIANTS: &str =
    "select product_id, id, options, stock, backorder_limit, deleted_at is null from variants where product_id = any($1)
    order by product_id, deleted_at desc nulls first";
const DROP_VARIANTS: &str = "update variants set deleted_at = $2 where id = any($1)";
const DROP_IMAGES: &str = "delete from product_images where product_id = any($1)";
/// What came back has its stock with it.
const SUM_STOCK: &str = "update products p set stock = (
        select coalesce(sum(v.stock), 0) from variants v where v.product_id = p.id and v.deleted_at is null
    ) where p.id = any($1)";

impl CarryCatalog for Database {
    type Snapshot = Snapshot;

    async fn import_categories(&self, categories: &[CategoryEntry]) -> Result<(), StoreError> {
        let imported = self.run_tx("import_categories", Isolation::ReadCommitted, categories, |tx, categories| {
            put_categories(tx, categories).boxed()
        });
        Ok(imported.await?)
    }

    async fn import_entries(&self, entries: &[PlacedEntry], now: Timestamp) -> Result<ImportedBatch, StoreError> {
        let args = (entries, now);
        let imported = self.run_tx("import_entries", Isolation::ReadCommitted, &args, |tx, (entries, now)| {
            import(tx, entries, *now).boxed()
        });
        Ok(imported.await?)
    }

    async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::begin(self).await?)
    }
}

/// A variant that the catalog has, or had.
struct KnownVariant {
    id: VariantId,
    options: Vec<(String, String)>,
    stock: i64,
    backorder_limit: u32,
    in_shop: bool,
}

/// A product that the catalog has, and the place of the entry that replaces it.
struct KnownProduct {
    id: ProductId,
    place: usize,
    variants: Vec<KnownVariant>,
}

/// What a batch writes.
#[derive(Default)]
struct Plan {
    new_products: Rows,
    replaced_products: Rows,
    new_variants: Rows,
    replaced_variants: Rows,
    images: Rows,
    dropped_variants: Vec<Uuid>,
    replaced_ids: Vec<Uuid>,
    events: Vec<NewEvent>,
    outcome: ImportedBatch,
}

async fn import(tx: &Transaction<'_>, entries: &[PlacedEntry], now: Timestamp) -> Result<ImportedBatch, DbError> {
    let categories = categories(tx, entries).await?;
    let known = known_products(tx, entries).await?;
    let mut known_variants = known_variants(tx, &known).await?;
    let mut plan = Plan::default();
    for (place, placed) in entries.iter().enumerate() {
        let slug = placed.entry.category.slug.as_str();
        let (category, name) = categories.get(slug).ok_or_else(|| DbError::broken("a category went missing"))?;
        let entry = with_kept_type(&placed.entry, name);
        match known.get(&entry.handle) {
            None => plan.add(placed, &entry, *category),
            Some(_) if !placed.whole => plan.outcome.left.push(place),
            Some(id) => {
                let variants = known_variants.remove(id).unwrap_or_default();
                let known = KnownProduct { id: *id, place, variants };
                plan.replace(known, placed, &entry, *category);
            }
        }
    }
    plan.write(tx, now).await
}

/// Where the catalog calls the category otherwise than the file, the file's own word is kept for exports.
fn with_kept_type(entry: &CatalogEntry, name: &str) -> CatalogEntry {
    let mut entry = entry.clone();
    if entry.category.name != name {
        entry.extra.entry("Type".to_owned()).or_insert_with(|| entry.category.name.clone());
    }
    entry
}

impl Plan {
    fn add(&mut self, placed: &PlacedEntry, entry: &CatalogEntry, category: Uuid) {
        let product = placed.product_id;
        self.outcome.created += 1;
        self.new_products.product(product, category, entry);
        self.images.images(product, entry);
        let first = self.outcome.new_stock.len();
        for (position, id) in placed.variant_ids.iter().enumerate() {
            self.add_variant(*id, product, position, entry);
        }
        self.events.push(events::created(placed, &self.outcome.new_stock[first..]));
    }

    /// A variant is known by its options. One that was out of the shop comes back as what it was: a new one in its place would
    /// begin with stock that is sold already.
    fn replace(&mut self, known: KnownProduct, placed: &PlacedEntry, entry: &CatalogEntry, category: Uuid) {
        let KnownProduct { id: product, place, mut variants } = known;
        self.outcome.replaced += 1;
        self.replaced_ids.push(product.as_uuid());
        self.replaced_products.product(product, category, entry);
        self.images.images(product, entry);
        let first = self.outcome.new_stock.len();
        for (position, (id, variant)) in placed.variant_ids.iter().zip(&entry.variants).enumerate() {
            match variants.iter().position(|known| known.options == variant.options) {
                None => self.add_variant(*id, product, position, entry),
                Some(found) => {
                    let known = variants.remove(found);
                    self.replaced_variants.variant(known.id, product, position, variant);
                    self.outcome.known_stock.push(KnownStock {
                        place: (place, position),
                        stock: counters(known.id, product, known.stock, variant.backorder_limit),
                        limit: known.backorder_limit,
                    });
                }
            }
        }
        let dropped = variants.iter().filter(|variant| variant.in_shop);
        self.dropped_variants.extend(dropped.map(|variant| variant.id.as_uuid()));
        self.events.push(events::updated(placed.event_id, product, &self.outcome.new_stock[first..]));
    }

    fn add_variant(&mut self, id: VariantId, product: ProductId, position: usize, entry: &CatalogEntry) {
        let variant = &entry.variants[position];
        self.new_variants.variant(id, product, position, variant);
        self.outcome.new_stock.push(new_stock(id, product, variant));
    }

    async fn write(self, tx: &Transaction<'_>, now: Timestamp) -> Result<ImportedBatch, DbError> {
        self.new_products.insert_products(tx, now).await?;
        self.replaced_products.replace_products(tx, now).await?;
        if !self.dropped_variants.is_empty() {
            tx.execute(DROP_VARIANTS, &[&self.dropped_variants, &now]).await?;
        }
        self.replaced_variants.replace_variants(tx).await?;
        self.new_variants.insert_variants(tx, CREATION, now).await?;
        if !self.replaced_ids.is_empty() {
            tx.execute(DROP_IMAGES, &[&self.replaced_ids]).await?;
            tx.execute(SUM_STOCK, &[&self.replaced_ids]).await?;
        }
        self.images.insert_images(tx).await?;
        write_events(tx, &self.events, now).await?;
        Ok(self.outcome)
    }
}

async fn put_categories(tx: &Transaction<'_>, categories: &[CategoryEntry]) -> Result<(), DbError> {
    let statement = tx.prepare_cached(PUT_CATEGORY).await?;
    for category in categories {
        let parent = category.parent.as_ref().map(CategorySlug::as_str);
        tx.execute(&statement, &[&category.slug.as_str(), &category.name, &parent]).await?;
    }
    Ok(())
}

/// Id and name of each category that the entries name, by slug; the missing ones are made.
async fn categories(
    tx: &Transaction<'_>,
    entries: &[PlacedEntry],
) -> Result<BTreeMap<String, (Uuid, String)>, DbError> {
    let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
    for category in entries.iter().map(|placed| &placed.entry.category) {
        // As from batch to batch: the first to name a category gives it its name.
        wanted.entry(category.slug.as_str()).or_insert(&category.name);
    }
    let (slugs, names): (Vec<&str>, Vec<&str>) = wanted.into_iter().unzip();
    tx.execute(ADD_CATEGORIES, &[&slugs, &names]).await?;
    let rows = tx.query(CATEGORIES, &[&slugs]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)))).collect()
}

/// The products that the entries' handles name already.
async fn known_products(tx: &Transaction<'_>, entries: &[PlacedEntry]) -> Result<BTreeMap<String, ProductId>, DbError> {
    let handles: BTreeSet<&str> = entries.iter().map(|placed| placed.entry.handle.as_str()).collect();
    let handles: Vec<&str> = handles.into_iter().collect();
    let rows = tx.query(KNOWN, &[&handles]).await?;
    let known = |row: &tokio_postgres::Row| {
        Ok((row.try_get(0)?, ProductId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?))
    };
    rows.iter().map(known).collect()
}

async fn known_variants(
    tx: &Transaction<'_>,
    products: &BTreeMap<String, ProductId>,
) -> Result<BTreeMap<ProductId, Vec<KnownVariant>>, DbError> {
    let mut found: BTreeMap<ProductId, Vec<KnownVariant>> = BTreeMap::new();
    if products.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Uuid> = products.values().map(|id| id.as_uuid()).collect();
    for row in tx.query(KNOWN_VARIANTS, &[&ids]).await? {
        let product = ProductId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
        found.entry(product).or_default().push(KnownVariant {
            id: VariantId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
            options: options(&row.try_get::<_, Value>(2)?)?,
            stock: row.try_get(3)?,
            backorder_limit: u32::try_from(row.try_get::<_, i64>(4)?).map_err(DbError::broken)?,
            in_shop: row.try_get(5)?,
        });
    }
    Ok(found)
}
