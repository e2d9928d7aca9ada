//! What else could be chosen: counted by the database, a statement for each facet, with all that is asked but what the facet itself asks.

use std::collections::BTreeMap;

use commerce_api::listing::{FacetValue, Facets, OptionFacet, PRICE_BOUNDS, PriceFacet, RatingFacet};
use deadpool_postgres::Object;
use origin_core::catalog::ProductFilter;
use tokio_postgres::Row;

use super::filtered::Statement;
use crate::DbError;

/// The facets of the products that `filter` leaves.
///
/// # Errors
/// [`DbError`].
pub(super) async fn count(client: &Object, filter: &ProductFilter) -> Result<Facets, DbError> {
    let sans = |change: fn(&mut ProductFilter)| {
        let mut filter = filter.clone();
        change(&mut filter);
        filter
    };
    let products = |filter: &ProductFilter, columns, group| Statement::of_products(filter, columns, group);
    let categories = products(&sans(|filter| filter.category = None), "c.slug, count(*)", "group by 1");
    let brands =
        products(&sans(|filter| filter.brands.clear()), "p.brand, count(*)", "and p.brand is not null group by 1");
    let ratings = (1..=5).rev().map(|least| format!("count(*) filter (where p.rating >= {least})"));
    let ratings = ratings.collect::<Vec<_>>().join(", ");
    let ratings = products(&sans(|filter| filter.rating_min = None), &ratings, "");
    let in_stock = products(&sans(|filter| filter.in_stock = true), "count(*)", "");
    let ratings = ratings.one(client).await?;
    let rating = |place| number(&ratings, place);
    Ok(Facets {
        categories: values(&categories.rows(client).await?)?,
        brands: values(&brands.rows(client).await?)?,
        options: options(client, filter).await?,
        prices: prices(client, filter).await?,
        ratings: RatingFacet::points([rating(0)?, rating(1)?, rating(2)?, rating(3)?, rating(4)?]),
        in_stock: number(&in_stock.one(client).await?, 0)?,
    })
}

/// Each option that is asked without what it asks itself, and all others together.
async fn options(client: &Object, filter: &ProductFilter) -> Result<Vec<OptionFacet>, DbError> {
    let mut counts: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    let asked: Vec<Option<&String>> = std::iter::once(None).chain(filter.options.keys().map(Some)).collect();
    for name in asked {
        let mut others = filter.clone();
        if let Some(name) = name {
            others.options.remove(name);
        }
        for row in Statement::of_options(&others, filter, name).rows(client).await? {
            let (name, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            counts.entry(name).or_default().push((value, number(&row, 2)?));
        }
    }
    Ok(counts.into_iter().map(|(name, values)| OptionFacet { name, values: FacetValue::most(values) }).collect())
}

async fn prices(client: &Object, filter: &ProductFilter) -> Result<Vec<PriceFacet>, DbError> {
    let others = ProductFilter { price_min: None, price_max: None, ..filter.clone() };
    let bounds = PRICE_BOUNDS.map(|bound| bound.to_string()).join(",");
    let bucket = format!("width_bucket(v.price, '{{{bounds}}}'::numeric[])");
    let mut counts = [0; PRICE_BOUNDS.len() + 1];
    for row in Statement::of_variants(&others, &bucket).rows(client).await? {
        let bucket = usize::try_from(row.try_get::<_, i32>(0)?).map_err(DbError::broken)?;
        *counts.get_mut(bucket).ok_or_else(|| DbError::broken("a range of prices"))? = number(&row, 1)?;
    }
    Ok(PriceFacet::ranges(&counts))
}

fn values(rows: &[Row]) -> Result<Vec<FacetValue>, DbError> {
    let value = |row: &Row| Ok((row.try_get::<_, String>(0)?, number(row, 1)?));
    Ok(FacetValue::most(rows.iter().map(value).collect::<Result<Vec<_>, DbError>>()?))
}

fn number(row: &Row, place: usize) -> Result<u64, DbError> {
    u64::try_from(row.try_get::<_, i64>(place)?).map_err(DbError::broken)
}
