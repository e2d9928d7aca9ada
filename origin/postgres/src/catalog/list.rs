//! Lists: of products, of categories. One statement each.

use std::sync::LazyLock;

use commerce_api::{limits::MAX_TEXT, listing::Facets};
use commerce_domain::{CategorySlug, Currency, Money, ProductId};
use origin_core::{
    StoreError,
    catalog::{
        ListedCategory, ListedProduct, ProductFilter, ProductPage, ProductQuery, ProductSlice, ReadCatalog, Sort,
    },
};
use rust_decimal::Decimal;
use tokio_postgres::Row;

use super::{
    detail::find_product,
    facets,
    filtered::{Statement, order},
};
use crate::{Database, DbError};

const LISTED: &str = "deleted_at is null and published";

/// What lists show of a product `p` in a category `c`.
pub(super) static LISTED_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "p.id, p.name, left(p.description, {MAX_TEXT}) as description, p.price, p.currency::text, c.slug, p.brand, p.image_url,
             p.stock, p.rating, p.review_count, p.created_at"
    )
});

/// The ids of the category of that slug and of those below it. `union`, not `union all`, so that a circle of categories ends.
pub(super) fn tree(slug: &str) -> String {
    format!(
        "with recursive tree(id) as (
             select id from categories where slug = {slug}
             union select c.id from categories c join tree on c.parent_id = tree.id
         ) select id from tree"
    )
}

/// The statement takes limit and offset, and the category's slug if there is one. It answers the total in each row, and in one
/// row without a product where the page is empty.
///
/// The page's ids come from an index alone, in its order, so that neither a late page nor a small category reads rows that it
/// does not show: of each category as many as the page could need, merged.
fn list_statement(sort: Sort, in_category: bool) -> String {
    let order = order(sort);
    let key = order.split([' ', ',']).next().unwrap_or_default();
    let tree = tree("$3");
    let (counted, candidates) = if in_category {
        let of_each = format!(
            "select id, {key} from products where {LISTED} and category_id = tree.id order by {order}
                limit $1::bigint + $2::bigint"
        );
        let candidates = format!("(select listed.* from ({tree}) tree, lateral ({of_each}) listed) candidates");
        (format!("products where {LISTED} and category_id = any(array({tree}))"), candidates)
    } else {
        (format!("products where {LISTED}"), format!("products where {LISTED}"))
    };
    format!(
        "select total.count, row.* from (select count(*) from {counted}) total left join (
             select {}, page.place
             from (
                 select id, row_number() over (order by {order}) as place from {candidates}
                 order by {order} limit $1::bigint offset $2::bigint
             ) page join products p on p.id = page.id join categories c on c.id = p.category_id
         ) row on true order by row.place",
        *LISTED_COLUMNS
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
        let client = self.client().await?;
        let (ProductSlice::Page(page), Some(sort), true) =
            (&query.slice, query.sort, query.filter.is_by_category_alone())
        else {
            return Ok(part(&Statement::list(query).rows(&client).await?, query)?);
        };
        let (limit, offset) = (i64::from(page.limit), i64::from(page.offset()));
        let statement = list_statement(sort, query.filter.category.is_some());
        let statement = client.prepare_cached(&statement).await.map_err(DbError::from)?;
        let rows = match &query.filter.category {
            Some(slug) => client.query(&statement, &[&limit, &offset, &slug.as_str()]).await,
            None => client.query(&statement, &[&limit, &offset]).await,
        };
        Ok(part(&rows.map_err(DbError::from)?, query)?)
    }

    async fn count_facets(&self, filter: &ProductFilter) -> Result<Facets, StoreError> {
        Ok(facets::count(&self.client().await?, filter).await?)
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

/// The part of the list that the rows have; perhaps with one product more, which tells that the list goes on.
fn part(rows: &[Row], query: &ProductQuery) -> Result<ProductPage, DbError> {
    let total: i64 = rows.first().ok_or_else(|| DbError::broken("a count without a row"))?.try_get(0)?;
    let total = u64::try_from(total).map_err(DbError::broken)?;
    let mut products: Vec<ListedProduct> =
        rows.iter().map(listed).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let limit = query.limit() as usize;
    let goes_on = match &query.slice {
        ProductSlice::Page(page) => total > u64::from(page.offset()) + limit as u64,
        ProductSlice::Behind(..) => products.len() > limit,
    };
    products.truncate(limit);
    let last = products.last().filter(|_| goes_on);
    let next = query.sort.and_then(|sort| last.map(|last| last.cursor(sort)));
    Ok(ProductPage { products, total, next })
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
        created_at: row.try_get(12)?,
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
