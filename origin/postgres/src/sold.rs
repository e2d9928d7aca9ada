//! What is sold now, and at which price: the catalog's tables as the checkout reads them.

use commerce_domain::{CartLine, Currency, Money, ProductId, Quantity, VariantId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{LoadPrices, PricedVariant},
    inventory::ListVariants,
};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Database, DbError};

// The product's category and those above it, nearest first. As deep as anybody sorts goods: a ring of categories ends there.
//
// Written for its plan: the array stands in a select, so that its length is unknown and each call is not planned for its own, which took
// longer than all else of it; and each row is looked up by its key, where a join would read a small table through.
const PRICES: &str = "select v.id, v.product_id, p.name, v.sku, v.options, v.price, v.currency::text,
        array(with recursive above as (
            select c.slug, c.parent_id, 0 as height from categories c where c.id = p.category_id
            union all
            select c.slug, c.parent_id, above.height + 1 from above join categories c on c.id = above.parent_id
                where above.height < 15
        ) select slug from above order by height)
    from unnest((select $1::uuid[])) wanted(id)
    cross join lateral (select * from variants where id = wanted.id and deleted_at is null limit 1) v
    cross join lateral (select * from products where id = v.product_id and deleted_at is null and published limit 1) p";

const SNAPSHOTS: &str = "select v.id, v.product_id, p.name, v.options, v.price, v.currency::text, c.slug, p.version,
        (select i.url from product_images i where i.product_id = p.id order by i.position limit 1)
    from variants v join products p on p.id = v.product_id join categories c on c.id = p.category_id
    where v.id = any($1) and v.deleted_at is null and p.deleted_at is null and p.published";

const VARIANTS: &str = "select v.id from variants v join products p on p.id = v.product_id
    where v.product_id = $1 and v.deleted_at is null and p.deleted_at is null order by v.position";

impl LoadPrices for Database {
    async fn load_prices(&self, variants: &[VariantId]) -> Result<Vec<PricedVariant>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|id| id.as_uuid()).collect();
        let client = self.client().await?;
        let statement = client.prepare_cached(PRICES).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&ids]).await.map_err(DbError::from)?;
        Ok(rows.iter().map(priced).collect::<Result<_, _>>()?)
    }

    async fn load_snapshots(&self, variants: &[VariantId], now: Timestamp) -> Result<Vec<CartLine>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|id| id.as_uuid()).collect();
        let rows = self.list(SNAPSHOTS, &[&ids]).await?;
        Ok(rows.iter().map(|row| snapshot(row, now)).collect::<Result<_, _>>()?)
    }
}

impl ListVariants for Database {
    async fn list_variants(&self, product: ProductId) -> Result<Vec<VariantId>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(VARIANTS).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[&product.as_uuid()]).await.map_err(DbError::from)?;
        let id = |row: &Row| VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken);
        Ok(rows.iter().map(id).collect::<Result<_, DbError>>()?)
    }
}

fn priced(row: &Row) -> Result<PricedVariant, DbError> {
    let currency: Currency = row.try_get::<_, &str>(6)?.parse().map_err(DbError::broken)?;
    let options: serde_json::Value = row.try_get(4)?;
    let categories: Vec<String> = row.try_get(7)?;
    Ok(PricedVariant {
        variant_id: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        product_id: ProductId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        name: row.try_get(2)?,
        sku: row.try_get(3)?,
        options: serde_json::from_value(options).map_err(DbError::broken)?,
        price: Money::new(row.try_get::<_, Decimal>(5)?, currency).map_err(DbError::broken)?,
        categories: categories.iter().map(|slug| slug.parse()).collect::<Result<_, _>>().map_err(DbError::broken)?,
    })
}

fn snapshot(row: &Row, now: Timestamp) -> Result<CartLine, DbError> {
    let currency: Currency = row.try_get::<_, &str>(5)?.parse().map_err(DbError::broken)?;
    Ok(CartLine {
        variant_id: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        product_id: ProductId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        quantity: Quantity::new(1).map_err(DbError::broken)?,
        name: row.try_get(2)?,
        options: serde_json::from_value(row.try_get(3)?).map_err(DbError::broken)?,
        unit_price: Money::new(row.try_get::<_, Decimal>(4)?, currency).map_err(DbError::broken)?,
        category: Some(row.try_get::<_, &str>(6)?.parse().map_err(DbError::broken)?),
        product_version: u64::try_from(row.try_get::<_, i64>(7)?).map_err(DbError::broken)?,
        image_url: row.try_get(8)?,
        added_at: now,
    })
}
