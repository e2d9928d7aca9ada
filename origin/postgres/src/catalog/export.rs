//! Products as files carry them.

use std::collections::BTreeMap;

use commerce_domain::Currency;
use origin_core::catalog::{CatalogEntry, EntryCategory, EntryImage, EntryVariant};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    detail::{options, texts},
    list::slug,
};
use crate::{Database, DbError};

const PRODUCTS: &str =
    "select p.seq, p.id, p.handle, p.name, p.description, p.brand, c.slug, c.name, p.tags, p.specifications,
        p.published, p.currency::text, p.rating, p.review_count, p.extra
    from products p join categories c on c.id = p.category_id
    where p.deleted_at is null and p.seq > $1 order by p.seq limit $2";
const VARIANTS: &str =
    "select product_id, sku, options, price, weight_grams, backorder_limit, stock, extra, currency::text
    from variants where product_id = any($1) and deleted_at is null order by product_id, position";
const IMAGES: &str =
    "select product_id, url, alt, extra from product_images where product_id = any($1) order by product_id, position";

pub(super) async fn entries(database: &Database, after: i64, limit: u32) -> Result<Vec<(i64, CatalogEntry)>, DbError> {
    let client = database.client().await?;
    let statement = client.prepare_cached(PRODUCTS).await?;
    let rows = client.query(&statement, &[&after, &i64::from(limit)]).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
    let statement = client.prepare_cached(VARIANTS).await?;
    let mut variants = by_product(&client.query(&statement, &[&ids]).await?, variant)?;
    let statement = client.prepare_cached(IMAGES).await?;
    let mut images = by_product(&client.query(&statement, &[&ids]).await?, image)?;
    rows.iter()
        .map(|row| {
            let (place, id): (i64, Uuid) = (row.try_get(0)?, row.try_get(1)?);
            let variants = variants.remove(&id).unwrap_or_default();
            let images = images.remove(&id).unwrap_or_default();
            Ok((place, product(row, variants, images)?))
        })
        .collect()
}

fn by_product<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, DbError>) -> Result<BTreeMap<Uuid, Vec<T>>, DbError> {
    let mut found: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    for row in rows {
        found.entry(row.try_get(0)?).or_default().push(read(row)?);
    }
    Ok(found)
}

fn product(row: &Row, variants: Vec<EntryVariant>, images: Vec<EntryImage>) -> Result<CatalogEntry, DbError> {
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

fn variant(row: &Row) -> Result<EntryVariant, DbError> {
    let currency: Currency = row.try_get::<_, &str>(8)?.parse().map_err(DbError::broken)?;
    let price: rust_decimal::Decimal = row.try_get(3)?;
    let grams: Option<i32> = row.try_get(4)?;
    Ok(EntryVariant {
        sku: row.try_get(1)?,
        options: options(&row.try_get(2)?)?,
        price: commerce_domain::Money::new(price, currency).map_err(DbError::broken)?,
        weight_grams: grams.map(u32::try_from).transpose().map_err(DbError::broken)?,
        backorder_limit: u32::try_from(row.try_get::<_, i64>(5)?).map_err(DbError::broken)?,
        // What was sold beyond the stock is nothing that a file could carry.
        stock: row.try_get::<_, i64>(6)?.max(0),
        extra: texts(row, 7)?,
    })
}

fn image(row: &Row) -> Result<EntryImage, DbError> {
    Ok(EntryImage { url: row.try_get(1)?, alt: row.try_get(2)?, extra: texts(row, 3)? })
}
