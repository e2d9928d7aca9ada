//! Checkouts that did not become orders.

use commerce_api::page::Page;
use deadpool_postgres::Object;
use origin_core::{
    StoreError,
    checkout::{FailedCheckout, FailedCheckoutPage, ReadFailedCheckouts},
};
use tokio_postgres::Row;

use super::rows::{COLUMNS, checkout};
use crate::{Database, DbError};

const COUNT: &str = "select count(*) from checkouts where state = 'FAILED'";

impl ReadFailedCheckouts for Database {
    async fn list_failed_checkouts(&self, page: Page) -> Result<FailedCheckoutPage, StoreError> {
        let client = self.client().await?;
        Ok(read_page(&client, page).await?)
    }
}

async fn read_page(client: &Object, page: Page) -> Result<FailedCheckoutPage, DbError> {
    let sql = format!(
        "select {COLUMNS}, c.updated_at as failed_at, c.failure_code from checkouts c where c.state = 'FAILED' order by c.updated_at desc, c.id desc limit $1 offset $2"
    );
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[&i64::from(page.limit), &i64::from(page.offset())]).await?;
    let statement = client.prepare_cached(COUNT).await?;
    let total: i64 = client.query_one(&statement, &[]).await?.try_get(0)?;
    let checkouts = rows.iter().map(failed).collect::<Result<_, _>>()?;
    Ok(FailedCheckoutPage { checkouts, total: u64::try_from(total).map_err(DbError::broken)? })
}

fn failed(row: &Row) -> Result<FailedCheckout, DbError> {
    let checkout = checkout(row)?;
    Ok(FailedCheckout {
        id: checkout.id,
        customer_id: checkout.customer_id,
        lines: checkout.lines,
        total: checkout.total,
        code: row.try_get("failure_code")?,
        created_at: checkout.created_at,
        failed_at: row.try_get("failed_at")?,
    })
}
