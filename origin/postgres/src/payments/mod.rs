//! Payments, their attempts, and what a verdict brings about.

mod begin;
mod requests;
mod settle;

use commerce_domain::{Currency, CustomerId, OrderId, state::PaymentState};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::{Attempt, Begun, NewAttempt, Payable, PaymentStore, Settlement},
};

use crate::{Database, DbError, orders::money};

/// The provider of every payment so far.
const PROVIDER: &str = "stripe";

impl PaymentStore for Database {
    async fn find_payable(&self, customer: CustomerId, order: OrderId) -> Result<Option<Payable>, StoreError> {
        Ok(self.payable(customer, order).await?)
    }

    async fn begin_attempt(&self, attempt: &NewAttempt) -> Result<Begun, StoreError> {
        Ok(self.write_attempt(attempt).await?)
    }

    async fn note_intent(&self, attempt: &Attempt, intent_id: &str, now: Timestamp) -> Result<(), StoreError> {
        Ok(self.write_intent(attempt, intent_id, now).await?)
    }

    async fn settle(&self, settlement: &Settlement<'_>) -> Result<PaymentState, StoreError> {
        Ok(self.write_settlement(settlement).await?)
    }
}

impl Database {
    async fn payable(&self, customer: CustomerId, order: OrderId) -> Result<Option<Payable>, DbError> {
        let client = self.client().await?;
        let sql = "select currency::text, total, payment_method from orders where id = $1 and user_id = $2";
        let statement = client.prepare_cached(sql).await?;
        let row = client.query_opt(&statement, &[&order.as_uuid(), &customer.as_uuid()]).await?;
        let payable = |row: tokio_postgres::Row| {
            let currency: Currency = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
            Ok(Payable { total: money(&row, 1, currency)?, payment_method: row.try_get(2)? })
        };
        row.map(payable).transpose()
    }

    async fn write_intent(&self, attempt: &Attempt, intent_id: &str, now: Timestamp) -> Result<(), DbError> {
        let client = self.client().await?;
        let sql = "update payments set intent_id = $2, updated_at = $3 where id = $1 and (intent_id is null or intent_id = $2)";
        let statement = client.prepare_cached(sql).await?;
        let noted = client.execute(&statement, &[&attempt.payment_id.as_uuid(), &intent_id, &now]).await?;
        if noted == 1 { Ok(()) } else { Err(DbError::broken("the payment has another intent")) }
    }
}
