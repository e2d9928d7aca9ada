//! Writing many rows at once: rows travel as one JSON array a statement.

use commerce_domain::{ProductId, VariantId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use origin_core::{
    catalog::{CatalogEntry, EntryVariant},
    inventory::NewStock,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::DbError;

const INSERT_PRODUCTS: &str = "insert into products (id, handle, name, description, brand, category_id, price, currency, image_url,
        stock, rating, review_count, tags, specifications, published, extra, created_at, updated_at)
    select id, handle, name, description, brand, category_id, price, currency, image_url, stock, rating, review_count, tags,
        specifications, published, extra, $2, $2
    from jsonb_to_recordset($1) as new(place int, id uuid, handle text, name text, description text, brand text,
        category_id uuid, price numeric, currency text, image_url text, stock bigint, rating numeric, review_count int,
        tags text[], specifications jsonb, published boolean, extra jsonb)
    order by place";

const REPLACE_PRODUCTS: &str = "update products p set name = new.name, description = new.description, brand = new.brand,
        category_id = new.category_id, price = new.price, currency = new.currency, image_url = new.image_url,
        rating = new.rating, review_count = new.review_count, tags = new.tags, specifications = new.specifications,
        published = new.published, extra = new.extra, version = p.version + 1, updated_at = $2
    from jsonb_to_recordset($1) as new(id uuid, name text, description text, brand text, category_id uuid, price numeric,
        currency text, image_url text, rating numeric, review_count int, tags text[], specifications jsonb, published boolean,
        extra jsonb)
    where p.id = new.id";

const INSERT_VARIANTS: &str =
    "insert into variants (id, product_id, position, sku, options, price, currency, weight_grams,
        backorder_limit, stock, extra)
    select id, product_id, position, sku, options, price, currency, weight_grams, backorder_limit, stock, extra
    from jsonb_to_recordset($1) as new(id uuid, product_id uuid, position int, sku text, options jsonb, price numeric,
        currency text, weight_grams int, backorder_limit bigint, stock bigint, extra jsonb)";

/// What may be sold beyond the stock is not among it: the counter decides whether that can change.
const REPLACE_VARIANTS: &str = "update variants v set position = new.position, sku = new.sku, price = new.price,
        currency = new.currency, weight_grams = new.weight_grams, extra = new.extra, deleted_at = null
    from jsonb_to_recordset($1) as new(id uuid, position int, sku text, price numeric, currency text, weight_grams int,
        extra jsonb)
    where v.id = new.id";

const INSERT_IMAGES: &str = "insert into product_images (product_id, position, url, alt, extra)
    select product_id, position, url, alt, extra
    from jsonb_to_recordset($1) as new(product_id uuid, position int, url text, alt text, extra jsonb)";

const INSERT_RECEIPTS: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select id, 'receipt', stock, $2, $3 from jsonb_to_recordset($1) as new(id uuid, stock bigint) where stock > 0";

/// The first counters of a variant.
pub(super) fn new_stock(variant_id: VariantId, product_id: ProductId, variant: &EntryVariant) -> NewStock {
    counters(variant_id, product_id, variant.stock, variant.backorder_limit)
}

/// The counters of a variant with this stock by the ledger.
pub(super) fn counters(variant_id: VariantId, product_id: ProductId, stock: i64, backorder_limit: u32) -> NewStock {
    let on_hand = u32::try_from(stock.max(0)).unwrap_or(u32::MAX);
    NewStock { variant_id, product_id, on_hand, backorder_limit }
}

/// Rows of one table, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Value>);

impl Rows {
    /// Adds the product's own row.
    pub(super) fn product(&mut self, id: ProductId, category: Uuid, entry: &CatalogEntry) {
        let stock: i64 = entry.variants.iter().map(|variant| variant.stock).sum();
        self.0.push(json!({
            "place": self.0.len(),
            "id": id.as_uuid().to_string(),
            "handle": entry.handle,
            "name": entry.name,
            "description": entry.description,
            "brand": entry.brand,
            "category_id": category.to_string(),
            "price": entry.lowest_price().amount().to_string(),
            "currency": entry.currency.code(),
            "image_url": entry.images.first().map(|image| image.url.as_str()),
            "stock": stock,
            "rating": entry.rating.to_string(),
            "review_count": entry.review_count,
            "tags": entry.tags,
            "specifications": entry.specifications,
            "published": entry.published,
            "extra": entry.extra,
        }));
    }

    /// Adds a variant's row.
    pub(super) fn variant(&mut self, id: VariantId, product: ProductId, position: usize, variant: &EntryVariant) {
        self.0.push(json!({
            "id": id.as_uuid().to_string(),
            "product_id": product.as_uuid().to_string(),
            "position": position,
            "sku": variant.sku,
            "options": variant.options,
            "price": variant.price.amount().to_string(),
            "currency": variant.price.currency().code(),
            "weight_grams": variant.weight_grams,
            "backorder_limit": variant.backorder_limit,
            "stock": variant.stock,
            "extra": variant.extra,
        }));
    }

    /// Adds the rows of the product's images.
    pub(super) fn images(&mut self, product: ProductId, entry: &CatalogEntry) {
        self.0.extend(entry.images.iter().enumerate().map(|(position, image)| {
            json!({
                "product_id": product.as_uuid().to_string(),
                "position": position,
                "url": image.url,
                "alt": image.alt,
                "extra": image.extra,
            })
        }));
    }

    /// Adds an image of which only the URL is known.
    pub(super) fn plain_image(&mut self, product: ProductId, position: usize, url: &str) {
        let product = product.as_uuid().to_string();
        self.0.push(json!({"product_id": product, "position": position, "url": url, "alt": "", "extra": {}}));
    }

    pub(super) async fn insert_products(self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), DbError> {
        self.write(tx, INSERT_PRODUCTS, Some(now)).await
    }

    pub(super) async fn replace_products(self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), DbError> {
        self.write(tx, REPLACE_PRODUCTS, Some(now)).await
    }

    /// Replaces variants; those that were out of the shop are back.
    pub(super) async fn replace_variants(self, tx: &Transaction<'_>) -> Result<(), DbError> {
        self.write(tx, REPLACE_VARIANTS, None).await
    }

    /// Inserts variants, and what they have in stock as receipts in the ledger.
    pub(super) async fn insert_variants(
        self,
        tx: &Transaction<'_>,
        reference: &str,
        now: Timestamp,
    ) -> Result<(), DbError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rows = Value::Array(self.0);
        let statement = tx.prepare_cached(INSERT_VARIANTS).await?;
        tx.execute(&statement, &[&rows]).await?;
        let statement = tx.prepare_cached(INSERT_RECEIPTS).await?;
        tx.execute(&statement, &[&rows, &reference, &now]).await?;
        Ok(())
    }

    pub(super) async fn insert_images(self, tx: &Transaction<'_>) -> Result<(), DbError> {
        self.write(tx, INSERT_IMAGES, None).await
    }

    async fn write(self, tx: &Transaction<'_>, statement: &str, now: Option<Timestamp>) -> Result<(), DbError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let (statement, rows) = (tx.prepare_cached(statement).await?, Value::Array(self.0));
        match now {
            Some(now) => tx.execute(&statement, &[&rows, &now]).await?,
            None => tx.execute(&statement, &[&rows]).await?,
        };
        Ok(())
    }
}
