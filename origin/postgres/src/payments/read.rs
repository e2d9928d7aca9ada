//! Payments as their customers read them.

use std::collections::HashMap;

use commerce_api::page::Page;
use commerce_domain::{Currency, CustomerId, OrderId, PaymentId, state::PaymentState};
use deadpool_postgres::Object;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::{PaymentPage, PaymentRecord, ReadPayments},
    refunds::Refund,
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Database, DbError, orders::money, refunds::refunds_of};

const ONE: &str =
    "select id, order_id, state, currency::text, amount, receipt_url, capture_before, created_at, updated_at,
        1::bigint
    from payments where ($1::uuid is null or customer_id = $1) and id = $2";
// The total rides along with each row; a page past the end has no row, and is counted on its own.
const PAGE: &str =
    "select id, order_id, state, currency::text, amount, receipt_url, capture_before, created_at, updated_at,
        count(*) over ()
    from payments where customer_id = $1 and ($2::uuid is null or order_id = $2)
    order by created_at desc, id desc limit $3 offset $4";
const COUNT: &str = "select count(*) from payments where customer_id = $1 and ($2::uuid is null or order_id = $2)";

impl ReadPayments for Database {
    async fn find_payment(
        &self,
        customer: Option<CustomerId>,
        payment: PaymentId,
    ) -> Result<Option<PaymentRecord>, StoreError> {
        let client = self.client().await?;
        let found = async {
            let statement = client.prepare_cached(ONE).await?;
            let row = client.query_opt(&statement, &[&customer.map(CustomerId::as_uuid), &payment.as_uuid()]).await?;
            with_refunds(&client, row.as_slice()).await
        };
        Ok(found.await?.pop())
    }

    async fn list_payments(
        &self,
        customer: CustomerId,
        order: Option<OrderId>,
        page: Page,
    ) -> Result<PaymentPage, StoreError> {
        let client = self.client().await?;
        Ok(read_page(&client, customer, order, page).await?)
    }
}

async fn read_page(
    client: &Object,
    customer: CustomerId,
    order: Option<OrderId>,
    page: Page,
) -> Result<PaymentPage, DbError> {
    let order = order.map(OrderId::as_uuid);
    let (limit, offset) = (i64::from(page.limit), i64::from(page.offset()));
    let statement = client.prepare_cached(PAGE).await?;
    let rows = client.query(&statement, &[&customer.as_uuid(), &order, &limit, &offset]).await?;
    let total: i64 = match rows.first() {
        Some(row) => row.try_get(9)?,
        None if page.page == 1 => 0,
        None => {
            let statement = client.prepare_cached(COUNT).await?;
            client.query_one(&statement, &[&customer.as_uuid(), &order]).await?.try_get(0)?
        }
    };
    let payments = with_refunds(client, &rows).await?;
    Ok(PaymentPage { payments, total: u64::try_from(total).map_err(DbError::broken)? })
}

/// The payments in these rows with their refunds, in the rows' order.
async fn with_refunds(client: &Object, rows: &[Row]) -> Result<Vec<PaymentRecord>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let mut refunds: HashMap<PaymentId, Vec<Refund>> = HashMap::new();
    for refund in refunds_of(client, &ids).await? {
        refunds.entry(refund.payment_id).or_default().push(refund);
    }
    let mut record = |row: &Row| {
        let payment = payment(row)?;
        Ok(PaymentRecord { refunds: refunds.remove(&payment.id).unwrap_or_default(), ..payment })
    };
    rows.iter().map(&mut record).collect()
}

fn payment(row: &Row) -> Result<PaymentRecord, DbError> {
    let currency: Currency = row.try_get::<_, &str>(3)?.parse().map_err(DbError::broken)?;
    let state: PaymentState = row.try_get::<_, &str>(2)?.parse().map_err(DbError::broken)?;
    let capture_before: Option<Timestamp> = row.try_get(6)?;
    Ok(PaymentRecord {
        id: PaymentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        state,
        amount: money(row, 4, currency)?,
        refunds: Vec::new(),
        receipt_url: row.try_get(5)?,
        capture_before: capture_before.filter(|_| state == PaymentState::Authorised),
        created_at: row.try_get(7)?,
        updated_at: row.try_get(8)?,
    })
}
