//! Products as files carry them, and as they are changed: whole, published or not.

use std::collections::BTreeMap;

use commerce_domain::{Currency, ProductId, VariantId};
use deadpool_postgres::Object;
use origin_core::{
    StoreError,
    catalog::{CatalogEntry, CatalogSnapshot, EntryCategory, EntryImage, EntryVariant, StoredProduct},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{
    detail::{options, texts},
    list::slug,
};
use crate::{Database, DbError};

const PRODUCTS: &str =
    "select p.seq, p.id, p.handle, p.name, p.description, p.brand, c.slug, c.name, p.tags, p.specifications,
        p.published, p.currency::text, p.rating, p.review_count, p.extra, p.version, p.created_at, p.updated_at
    from products p join categories c on c.id = p.category_id where p.deleted_at is null and ";
const VARIANTS: &str =
    "select product_id, sku, options, price, weight_grams, backorder_limit, stock, extra, currency::text, id
    from variants where product_id = any($1) and deleted_at is null order by product_id, position";
const IMAGES: &str =
    "select product_id, url, alt, extra from product_images where product_id = any($1) order by product_id, position";

/// A state of the catalog: a transaction that sees nothing of what others commit.
pub struct Snapshot {
    /// None once it is being dropped.
    client: Option<Object>,
}

impl Snapshot {
    pub(super) async fn begin(database: &Database) -> Result<Self, DbError> {
        let snapshot = Self { client: Some(database.client().await?) };
        snapshot.client()?.batch_execute("begin transaction isolation level repeatable read, read only").await?;
        Ok(snapshot)
    }

    /// Ends the transaction, and gives its connection back for others.
    pub(super) async fn end(mut self) -> Result<Object, DbError> {
        self.client()?.batch_execute("commit").await?;
        self.client.take().ok_or_else(|| DbError::broken("a snapshot that has ended"))
    }

    pub(super) fn client(&self) -> Result<&Object, DbError> {
        self.client.as_ref().ok_or_else(|| DbError::broken("a snapshot that has ended"))
    }

    /// The products that the end of the statement asks for, each with its place.
    pub(super) async fn stored(
        &self,
        which: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<(i64, StoredProduct)>, DbError> {
        let client = self.client()?;
        let statement = client.prepare_cached(&format!("{PRODUCTS} {which}")).await?;
        stored(client, &client.query(&statement, parameters).await?).await
    }
}

impl Drop for Snapshot {
    /// The connection leaves the pool and ends, and its transaction with it.
    fn drop(&mut self) {
        drop(self.client.take().map(Object::take));
    }
}

impl CatalogSnapshot for Snapshot {
    async fn entries(&mut self, after: i64, limit: u32) -> Result<Vec<(i64, CatalogEntry)>, StoreError> {
        let found = self.stored("p.seq > $1 order by p.seq limit $2", &[&after, &i64::from(limit)]).await?;
        Ok(found.into_iter().map(|(place, stored)| (place, carried(stored.entry))).collect())
    }
}

/// What was sold beyond the stock is nothing that a file could carry.
fn carried(mut entry: CatalogEntry) -> CatalogEntry {
    for variant in &mut entry.variants {
        variant.stock = variant.stock.max(0);
    }
    entry
}

/// One product, published or not.
pub(super) async fn load_product(database: &Database, product: ProductId) -> Result<Option<StoredProduct>, DbError> {
    let client = database.client().await?;
    let statement = client.prepare_cached(&format!("{PRODUCTS} p.id = $1")).await?;
    let rows = client.query(&statement, &[&product.as_uuid()]).await?;
    Ok(stored(&client, &rows).await?.pop().map(|(_, stored)| stored))
}

/// The products of these rows, with their places.
async fn stored(client: &Object, rows: &[Row]) -> Result<Vec<(i64, StoredProduct)>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
    let statement = client.prepare_cached(VARIANTS).await?;
    let mut variants = by_product(&client.query(&statement, &[&ids]).await?, variant)?;
    let statement = client.prepare_cached(IMAGES).await?;
    let mut images = by_product(&client.query(&statement, &[&ids]).await?, image)?;
    let product = |row: &Row| {
        let (place, id): (i64, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        let (variant_ids, variants) = variants.remove(&id).unwrap_or_default().into_iter().unzip();
        let entry = entry(row, variants, images.remove(&id).unwrap_or_default())?;
        let stored = StoredProduct {
            id: ProductId::from_uuid(id).map_err(DbError::broken)?,
            variant_ids,
            version: u64::try_from(row.try_get::<_, i64>(15)?).map_err(DbError::broken)?,
            created_at: row.try_get(16)?,
            updated_at: row.try_get(17)?,
            entry,
        };
        Ok((place, stored))
    };
    rows.iter().map(product).collect()
}

fn by_product<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, DbError>) -> Result<BTreeMap<Uuid, Vec<T>>, DbError> {
    let mut found: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    for row in rows {
        found.entry(row.try_get(0)?).or_default().push(read(row)?);
    }
    Ok(found)
}

fn entry(row: &Row, variants: Vec<EntryVariant>, images: Vec<EntryImage>) -> Result<CatalogEntry, DbError> {
    Ok(CatalogEntry {
        handle: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        brand: row.try_get(5)?,
        category: EntryCategory { slug: slug(row.try_get(6)?)?, name: row.try_get(7)? },
        tags: row.try_get(8)?,
        specifications: texts(row, 9)?,
        published: row.try_get(10)?,
        currency: row.try_get::<_, &str>(11)?.parse().map_err(DbError::broken)?,
        rating: row.try_get::<_, rust_decimal::Decimal>(12)?.normalize(),
        review_count: u32::try_from(row.try_get::<_, i32>(13)?).map_err(DbError::broken)?,
        images,
        variants,
        extra: texts(row, 14)?,
    })
}

fn variant(row: &Row) -> Result<(VariantId, EntryVariant), DbError> {
    let currency: Currency = row.try_get::<_, &str>(8)?.parse().map_err(DbError::broken)?;
    let price: rust_decimal::Decimal = row.try_get(3)?;
    let grams: Option<i32> = row.try_get(4)?;
    let variant = EntryVariant {
        sku: row.try_get(1)?,
        options: options(&row.try_get(2)?)?,
        price: commerce_domain::Money::new(price, currency).map_err(DbError::broken)?,
        weight_grams: grams.map(u32::try_from).transpose().map_err(DbError::broken)?,
        backorder_limit: u32::try_from(row.try_get::<_, i64>(5)?).map_err(DbError::broken)?,
        stock: row.try_get(6)?,
        extra: texts(row, 7)?,
    };
    Ok((VariantId::from_uuid(row.try_get(9)?).map_err(DbError::broken)?, variant))
}

fn image(row: &Row) -> Result<EntryImage, DbError> {
    Ok(EntryImage { url: row.try_get(1)?, alt: row.try_get(2)?, extra: texts(row, 3)? })
}
