//! Lists: of products, of categories. One statement each.

use commerce_api::limits::MAX_TEXT;
use commerce_domain::{CategorySlug, Currency, Money, ProductId};
use origin_core::{
    StoreError,
    catalog::{ListedCategory, ListedProduct, ProductPage, ProductQuery, ReadCatalog, Sort},
};
use rust_decimal::Decimal;
use tokio_postgres::Row;

use super::detail::find_product;
use crate::{Database, DbError};

const LISTED: &str = "deleted_at is null and published";

/// The category and those below it. `union`, not `union all`, so that a circle of categories ends.
const TREE: &str = "with recursive tree(id) as (
        select id from categories where slug = $3
        union select c.id from categories c join tree on c.parent_id = tree.id
    ) select id from tree";

/// The statement takes limit and offset, and the category's slug if there is one. It answers the total in each row, and in one
/// row without a product where the page is empty.
///
/// The page's ids come from an index alone, in its order, so that neither a late page nor a small category reads rows that it
/// does not show: of each category as many as the page could need, merged.
fn list_statement(sort: Sort, in_category: bool) -> String {
    let (key, order) = match sort {
        Sort::Newest => ("created_at", "created_at desc, id desc"),
        Sort::PriceAscending => ("price", "price, id"),
        Sort::PriceDescending => ("price", "price desc, id desc"),
        Sort::Rating => ("rating", "rating desc, id"),
        Sort::Name => ("name", "name, id"),
    };
    let (counted, candidates) = if in_category {
        let of_each = format!(
            "select id, {key} from products where {LISTED} and category_id = tree.id order by {order}
                limit $1::bigint + $2::bigint"
        );
        let candidates = format!("(select listed.* from ({TREE}) tree, lateral ({of_each}) listed) candidates");
        (format!("products where {LISTED} and category_id = any(array({TREE}))"), candidates)
    } else {
        (format!("products where {LISTED}"), format!("products where {LISTED}"))
    };
    format!(
        "select total.count, row.* from (select count(*) from {counted}) total left join (
             select p.id, p.name, left(p.description, {MAX_TEXT}) as description, p.price, p.currency::text, c.slug, p.brand, p.image_url, p.stock, p.rating,
                 p.review_count, page.place
             from (
                 select id, row_number() over (order by {order}) as place from {candidates}
                 order by {order} limit $1::bigint offset $2::bigint
             ) page join products p on p.id = page.id join categories c on c.id = p.category_id
         ) row on true order by row.place"
    )
}

const CATEGORIES: &str = "with recursive above(id, ancestor) as (
        select id, id from categories
        union select above.id, c.parent_id from above join categories c on c.id = above.ancestor where c.parent_id is not null
    ), counted as (
        select above.ancestor, sum(direct.products)::bigint as products
        from (
            select category_id, count(*) as products from products where deleted_at is null and published group by category_id
        ) direct join above on above.id = direct.category_id
        group by above.ancestor
    )
    select c.slug, c.name, parent.slug, coalesce(counted.products, 0)
    from categories c left join categories parent on parent.id = c.parent_id left join counted on counted.ancestor = c.id
    order by c.slug";

impl ReadCatalog for Database {
    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        let (limit, offset) = (i64::from(query.page.limit), i64::from(query.page.offset()));
        let client = self.client().await?;
        let statement = list_statement(query.sort, query.category.is_some());
        let statement = client.prepare_cached(&statement).await.map_err(DbError::from)?;
        let rows = match &query.category {
            Some(slug) => client.query(&statement, &[&limit, &offset, &slug.as_str()]).await,
            None => client.query(&statement, &[&limit, &offset]).await,
        };
        Ok(page(&rows.map_err(DbError::from)?)?)
    }

    async fn find_product(
        &self,
        subject: origin_core::catalog::ProductSubject,
    ) -> Result<Option<commerce_domain::Product>, StoreError> {
        Ok(find_product(self, subject).await?)
    }

    async fn list_categories(&self) -> Result<Vec<ListedCategory>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(CATEGORIES).await.map_err(DbError::from)?;
        let rows = client.query(&statement, &[]).await.map_err(DbError::from)?;
        Ok(rows.iter().map(category).collect::<Result<_, DbError>>()?)
    }
}

fn page(rows: &[Row]) -> Result<ProductPage, DbError> {
    let total: i64 = rows.first().ok_or_else(|| DbError::broken("a count without a row"))?.try_get(0)?;
    let products = rows.iter().map(listed).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(ProductPage { products, total: u64::try_from(total).map_err(DbError::broken)? })
}

/// The row's product; none in the one row of an empty page.
fn listed(row: &Row) -> Result<Option<ListedProduct>, DbError> {
    let Some(id) = row.try_get(1)? else { return Ok(None) };
    let currency: Currency = row.try_get::<_, &str>(5)?.parse().map_err(DbError::broken)?;
    Ok(Some(ListedProduct {
        id: ProductId::from_uuid(id).map_err(DbError::broken)?,
        name: row.try_get(2)?,
        description: row.try_get(3)?,
        price: Money::new(row.try_get::<_, Decimal>(4)?, currency).map_err(DbError::broken)?,
        category: slug(row.try_get(6)?)?,
        brand: row.try_get(7)?,
        image_url: row.try_get(8)?,
        stock: row.try_get(9)?,
        rating: row.try_get(10)?,
        review_count: u32::try_from(row.try_get::<_, i32>(11)?).map_err(DbError::broken)?,
    }))
}

fn category(row: &Row) -> Result<ListedCategory, DbError> {
    Ok(ListedCategory {
        slug: slug(row.try_get(0)?)?,
        name: row.try_get(1)?,
        parent: row.try_get::<_, Option<&str>>(2)?.map(slug).transpose()?,
        product_count: u64::try_from(row.try_get::<_, i64>(3)?).map_err(DbError::broken)?,
    })
}

pub(super) fn slug(text: &str) -> Result<CategorySlug, DbError> {
    text.parse().map_err(DbError::broken)
}
