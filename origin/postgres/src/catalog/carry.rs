//! Batches of entries, new and known, in one transaction each.

use std::collections::{BTreeMap, BTreeSet};

use commerce_domain::{CategorySlug, ProductId, VariantId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    catalog::{CarryCatalog, CatalogEntry, CategoryEntry, ImportedBatch, PlacedEntry},
    inventory::NewStock,
};
use serde_json::Value;
use uuid::Uuid;

use super::{change::CREATION, detail::options, export, rows::Rows};
use crate::{Database, DbError, Isolation};

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
const KNOWN_VARIANTS: &str =
    "select product_id, id, options, stock from variants where product_id = any($1) and deleted_at is null";
const DROP_VARIANTS: &str = "update variants set deleted_at = $2 where id = any($1)";
const DROP_IMAGES: &str = "delete from product_images where product_id = any($1)";
const SUM_STOCK: &str = "update products p set stock = (
        select coalesce(sum(v.stock), 0) from variants v where v.product_id = p.id and v.deleted_at is null
    ) where p.id = any($1)";

impl CarryCatalog for Database {
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

    async fn export_entries(&self, after: i64, limit: u32) -> Result<Vec<(i64, CatalogEntry)>, StoreError> {
        Ok(export::entries(self, after, limit).await?)
    }
}

/// A variant that the catalog has.
struct KnownVariant {
    id: VariantId,
    options: Vec<(String, String)>,
    stock: i64,
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
    outcome: ImportedBatch,
}

async fn import(tx: &Transaction<'_>, entries: &[PlacedEntry], now: Timestamp) -> Result<ImportedBatch, DbError> {
    let categories = categories(tx, entries).await?;
    let known = known_products(tx, entries).await?;
    let mut known_variants = known_variants(tx, &known).await?;
    let mut plan = Plan::default();
    for placed in entries {
        let slug = placed.entry.category.slug.as_str();
        let (category, name) = categories.get(slug).ok_or_else(|| DbError::broken("a category went missing"))?;
        let entry = with_kept_type(&placed.entry, name);
        match known.get(&entry.handle) {
            None => plan.add(placed, &entry, *category),
            Some(id) => plan.replace(*id, placed, &entry, *category, known_variants.remove(id).unwrap_or_default()),
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
        self.outcome.created += 1;
        self.new_products.product(placed.product_id, category, entry);
        self.images.images(placed.product_id, entry);
        for (position, id) in placed.variant_ids.iter().enumerate() {
            self.add_variant(*id, placed.product_id, position, entry);
        }
    }

    /// A variant is known by its options.
    fn replace(
        &mut self,
        product: ProductId,
        placed: &PlacedEntry,
        entry: &CatalogEntry,
        category: Uuid,
        mut known: Vec<KnownVariant>,
    ) {
        self.outcome.replaced += 1;
        self.replaced_ids.push(product.as_uuid());
        self.replaced_products.product(product, category, entry);
        self.images.images(product, entry);
        for (position, (id, variant)) in placed.variant_ids.iter().zip(&entry.variants).enumerate() {
            match known.iter().position(|known| known.options == variant.options) {
                None => self.add_variant(*id, product, position, entry),
                Some(place) => {
                    let known = known.swap_remove(place);
                    self.replaced_variants.variant(known.id, product, position, variant);
                    self.count(known.id, product, known.stock, variant.backorder_limit);
                }
            }
        }
        self.dropped_variants.extend(known.iter().map(|variant| variant.id.as_uuid()));
    }

    fn add_variant(&mut self, id: VariantId, product: ProductId, position: usize, entry: &CatalogEntry) {
        let variant = &entry.variants[position];
        self.new_variants.variant(id, product, position, variant);
        self.count(id, product, variant.stock, variant.backorder_limit);
    }

    fn count(&mut self, variant_id: VariantId, product_id: ProductId, stock: i64, backorder_limit: u32) {
        let on_hand = u32::try_from(stock.max(0)).unwrap_or(u32::MAX);
        self.outcome.stock.push(NewStock { variant_id, product_id, on_hand, backorder_limit });
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
    let wanted = entries.iter().map(|placed| &placed.entry.category);
    let wanted: BTreeMap<&str, &str> =
        wanted.map(|category| (category.slug.as_str(), category.name.as_str())).collect();
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
        });
    }
    Ok(found)
}
