//! Lists of orders, by pages and by cursors.

use commerce_api::{
    cursor::{OrderCursor, OrderSlice},
    page::Page,
};
use commerce_domain::{CustomerId, OrderNumber, state::OrderStatus};
use deadpool_postgres::Object;
use origin_core::orders::{OrderFilter, OrderPage};
use tokio_postgres::Row;
use uuid::Uuid;

use super::read::{COLUMNS, TOTAL, with_items};
use crate::DbError;

// Of two texts, so that each has the plan that fits it.
const OF_CUSTOMER: &str = "user_id = $1";
const OF_SHOP: &str = "$1::uuid is null";
const FILTER: &str = "($2::text is null or status = $2) and ($3::text is null or order_number = $3)";
const NEWEST_FIRST: &str = "order by created_at desc, id desc";

/// The orders that a filter lets through.
pub(super) struct Listing<'a> {
    client: &'a Object,
    those: String,
    customer: Option<Uuid>,
    status: Option<&'static str>,
    number: Option<String>,
}

impl<'a> Listing<'a> {
    pub(super) fn of(client: &'a Object, filter: OrderFilter) -> Self {
        let whose = if filter.customer.is_some() { OF_CUSTOMER } else { OF_SHOP };
        Self {
            client,
            those: format!("{whose} and {FILTER}"),
            customer: filter.customer.map(CustomerId::as_uuid),
            status: filter.status.map(OrderStatus::as_str),
            number: filter.number.map(OrderNumber::compact),
        }
    }

    pub(super) async fn read(&self, slice: OrderSlice) -> Result<OrderPage, DbError> {
        match slice {
            OrderSlice::Page(page) => self.page(page).await,
            OrderSlice::After(cursor, limit) => self.after(cursor, limit).await,
        }
    }

    /// The total rides along with each row; a page past the end has no row, and is counted on its own.
    async fn page(&self, page: Page) -> Result<OrderPage, DbError> {
        let those = &self.those;
        let sql =
            format!("select {COLUMNS}, count(*) over () from orders o where {those} {NEWEST_FIRST} limit $4 offset $5");
        let (limit, offset) = (i64::from(page.limit), i64::from(page.offset()));
        let statement = self.client.prepare_cached(&sql).await?;
        let rows =
            self.client.query(&statement, &[&self.customer, &self.status, &self.number, &limit, &offset]).await?;
        let total = match rows.first() {
            Some(row) => row.try_get(TOTAL)?,
            None if page.page == 1 => 0,
            None => self.count().await?,
        };
        let seen = offset.saturating_add(i64::try_from(rows.len()).map_err(DbError::broken)?);
        self.found(&rows, total, seen < total).await
    }

    /// One row more than is wanted tells whether the list goes on.
    async fn after(&self, cursor: OrderCursor, limit: u32) -> Result<OrderPage, DbError> {
        let those = &self.those;
        let sql = format!(
            "select {COLUMNS} from orders o where {those} and (created_at, id) < ($4, $5) {NEWEST_FIRST} limit $6"
        );
        let statement = self.client.prepare_cached(&sql).await?;
        let (id, one_more) = (cursor.id.as_uuid(), i64::from(limit) + 1);
        let place: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&self.customer, &self.status, &self.number, &cursor.created_at, &id, &one_more];
        let mut rows = self.client.query(&statement, &place).await?;
        let limit = usize::try_from(limit).map_err(DbError::broken)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let total = self.count().await?;
        self.found(&rows, total, more).await
    }

    async fn count(&self) -> Result<i64, DbError> {
        let statement =
            self.client.prepare_cached(&format!("select count(*) from orders where {}", self.those)).await?;
        Ok(self.client.query_one(&statement, &[&self.customer, &self.status, &self.number]).await?.try_get(0)?)
    }

    async fn found(&self, rows: &[Row], total: i64, more: bool) -> Result<OrderPage, DbError> {
        let orders = with_items(self.client, rows).await?;
        Ok(OrderPage { orders, total: u64::try_from(total).map_err(DbError::broken)?, more })
    }
}
