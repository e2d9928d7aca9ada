//! One product in full, in one statement.

use std::collections::BTreeMap;

use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
use origin_core::catalog::ProductSubject;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

use super::list::slug;
use crate::{Database, DbError};

const PRODUCT: &str = "select p.id, p.name, p.description, p.brand, c.slug, p.tags, p.specifications, p.rating, p.review_count,
        p.version, p.created_at, p.updated_at, p.currency::text,
        array(select i.url from product_images i where i.product_id = p.id order by i.position),
        (select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'sku', v.sku, 'options', v.options, 'price', v.price::text,
                'grams', v.weight_grams, 'backorder', v.backorder_limit, 'stock', v.stock) order by v.position), '[]')
            from variants v where v.product_id = p.id and v.deleted_at is null)
    from products p join categories c on c.id = p.category_id
    where p.deleted_at is null and p.published and p.id = ";

pub(super) async fn find_product(database: &Database, subject: ProductSubject) -> Result<Option<Product>, DbError> {
    let (statement, id) = match subject {
        ProductSubject::Product(id) => (format!("{PRODUCT} $1"), id.as_uuid()),
        ProductSubject::Variant(id) => {
            (format!("{PRODUCT} (select product_id from variants where id = $1 and deleted_at is null)"), id.as_uuid())
        }
    };
    let client = database.client().await?;
    let statement = client.prepare_cached(&statement).await?;
    client.query_opt(&statement, &[&id]).await?.as_ref().map(product).transpose()
}

fn product(row: &Row) -> Result<Product, DbError> {
    let currency: Currency = row.try_get::<_, &str>(12)?.parse().map_err(DbError::broken)?;
    let variants: Vec<Value> = serde_json::from_value(row.try_get(14)?).map_err(DbError::broken)?;
    Ok(Product {
        id: ProductId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        name: row.try_get(1)?,
        description: row.try_get(2)?,
        brand: row.try_get(3)?,
        category: slug(row.try_get(4)?)?,
        tags: row.try_get(5)?,
        specifications: texts(row, 6)?,
        rating: row.try_get(7)?,
        review_count: u32::try_from(row.try_get::<_, i32>(8)?).map_err(DbError::broken)?,
        version: u64::try_from(row.try_get::<_, i64>(9)?).map_err(DbError::broken)?,
        created_at: row.try_get(10)?,
        updated_at: row.try_get(11)?,
        images: row.try_get(13)?,
        variants: variants.iter().map(|json| variant(json, currency)).collect::<Result<_, _>>()?,
    })
}

/// The JSON object of texts in that column. Never read as a `Value`, which takes some names for more than names.
pub(super) fn texts(row: &Row, column: usize) -> Result<BTreeMap<String, String>, DbError> {
    row.try_get(column).map(|Json(texts)| texts).map_err(DbError::broken)
}

/// Name and value of each option, as they are stored.
pub(super) fn options(json: &Value) -> Result<Vec<(String, String)>, DbError> {
    serde_json::from_value(json.clone()).map_err(DbError::broken)
}

/// An amount as it is stored, in its currency.
pub(super) fn money(amount: &str, currency: Currency) -> Result<Money, DbError> {
    let amount: Decimal = amount.parse().map_err(DbError::broken)?;
    Money::new(amount, currency).map_err(DbError::broken)
}

fn variant(json: &Value, currency: Currency) -> Result<Variant, DbError> {
    let text = |name: &str| json[name].as_str().ok_or_else(|| DbError::broken(format!("a variant without {name}")));
    let number = |name: &str| json[name].as_i64().ok_or_else(|| DbError::broken(format!("a variant without {name}")));
    let id: Uuid = text("id")?.parse().map_err(DbError::broken)?;
    let grams = json["grams"].as_u64().map(u32::try_from).transpose().map_err(DbError::broken)?;
    Ok(Variant {
        id: VariantId::from_uuid(id).map_err(DbError::broken)?,
        sku: json["sku"].as_str().map(str::to_owned),
        options: options(&json["options"])?,
        price: money(text("price")?, currency)?,
        weight_grams: grams,
        backorder_limit: u32::try_from(number("backorder")?).map_err(DbError::broken)?,
        stock: number("stock")?,
    })
}
