//! Lists of orders, by pages and by cursors.

use commerce_api::{
    cursor::{OrderCursor, OrderSlice},
    page::Page,
};
use commerce_domain::{CustomerId, OrderNumber, state::OrderStatus};
use deadpool_postgres::Object;
use origin_core::orders::{OrderFilter, OrderPage};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::read::{COLUMNS, with_items};
use crate::DbError;

const NEWEST_FIRST: &str = "order by created_at desc, id desc";

/// The orders that a filter lets through.
pub(super) struct Listing<'a> {
    client: &'a Object,
    customer: Option<Uuid>,
    status: Option<&'static str>,
    number: Option<String>,
}

/// What stands in a text of SQL, with a value for each of its places.
struct Text<'a> {
    sql: String,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Listing<'a> {
    pub(super) fn of(client: &'a Object, filter: OrderFilter) -> Self {
        Self {
            client,
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

    /// A page that is the last one says itself how many there are.
    async fn page(&self, page: Page) -> Result<OrderPage, DbError> {
        let (offset, one_more) = (i64::from(page.offset()), i64::from(page.limit) + 1);
        let rows = self.query(&self.page_text(&offset, &one_more)).await?;
        let reaches_the_end = i64::try_from(rows.len()).is_ok_and(|found| found < one_more);
        let total = if reaches_the_end && (!rows.is_empty() || offset == 0) {
            offset.saturating_add(i64::try_from(rows.len()).map_err(DbError::broken)?)
        } else {
            self.count().await?
        };
        self.found(rows, page.limit, Some(total)).await
    }

    /// Whoever goes on has been told how many there are, and is not told again: it would be counted at every step.
    async fn after(&self, cursor: OrderCursor, limit: u32) -> Result<OrderPage, DbError> {
        let (id, one_more) = (cursor.id.as_uuid(), i64::from(limit) + 1);
        let rows = self.query(&self.after_text(&cursor.created_at, &id, &one_more)).await?;
        self.found(rows, limit, None).await
    }

    fn page_text<'b>(&'b self, offset: &'b i64, limit: &'b i64) -> Text<'b> {
        self.those(&format!("select {COLUMNS} from orders o"))
            .and(&[limit, offset], |places| format!("{NEWEST_FIRST} limit ${} offset ${}", places, places + 1))
    }

    fn after_text<'b>(&'b self, at: &'b jiff::Timestamp, id: &'b Uuid, limit: &'b i64) -> Text<'b> {
        self.those(&format!("select {COLUMNS} from orders o")).and(&[at, id, limit], |places| {
            format!("and (created_at, id) < (${}, ${}) {NEWEST_FIRST} limit ${}", places, places + 1, places + 2)
        })
    }

    /// Only what is asked for stands in the text: so each has the plan, and the index, that fits it.
    fn those(&self, select: &str) -> Text<'_> {
        let mut text = Text { sql: format!("{select} where true"), values: Vec::new() };
        let filters: [(&str, Option<&(dyn ToSql + Sync)>); 3] = [
            ("user_id", self.customer.as_ref().map(|value| value as _)),
            ("status", self.status.as_ref().map(|value| value as _)),
            ("order_number", self.number.as_ref().map(|value| value as _)),
        ];
        for (column, value) in filters {
            if let Some(value) = value {
                text = text.and(&[value], |place| format!("and {column} = ${place}"));
            }
        }
        text
    }

    async fn query(&self, text: &Text<'_>) -> Result<Vec<Row>, DbError> {
        let statement = self.client.prepare_cached(&text.sql).await?;
        Ok(self.client.query(&statement, &text.values).await?)
    }

    async fn count(&self) -> Result<i64, DbError> {
        let text = self.those("select count(*) from orders");
        let statement = self.client.prepare_cached(&text.sql).await?;
        Ok(self.client.query_one(&statement, &text.values).await?.try_get(0)?)
    }

    /// One row more than is wanted tells whether the list goes on.
    async fn found(&self, mut rows: Vec<Row>, limit: u32, total: Option<i64>) -> Result<OrderPage, DbError> {
        let limit = usize::try_from(limit).map_err(DbError::broken)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let orders = with_items(self.client, &rows).await?;
        let total = total.map(u64::try_from).transpose().map_err(DbError::broken)?;
        Ok(OrderPage { orders, total, more })
    }
}

impl<'a> Text<'a> {
    /// With more behind it, which is told the number of its first place.
    fn and(mut self, values: &[&'a (dyn ToSql + Sync)], more: impl FnOnce(usize) -> String) -> Self {
        let first = self.values.len() + 1;
        self.values.extend(values);
        self.sql = format!("{} {}", self.sql, more(first));
        self
    }
}

#[cfg(test)]
mod tests;
