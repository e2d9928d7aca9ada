//! Payments, their attempts, and what a verdict brings about.

mod begin;
mod capture;
mod charge;
mod disputes;
mod hold_note;
mod read;
mod requests;
mod settle;
mod webhooks;

use commerce_domain::{AttemptId, Currency, CustomerId, OrderId};
pub(crate) use hold_note::hold_step;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::HeldLine,
    payments::{Attempt, Begun, HoldMove, HoldNote, HoldStep, NewAttempt, Payable, PaymentStore, Settled, Settlement},
};
use tokio_postgres::Row;
use uuid::Uuid;
pub(crate) use webhooks::write_receipt;

use crate::{
    Database, DbError,
    orders::{SOLD_LINES, money, sold_line},
};

const PAYABLE: &str = "select o.currency::text, o.total, o.payment_method, a.ids, a.steps
    from orders o, lateral (
        select array_agg(id order by number) as ids, array_agg(hold_step order by number) as steps
        from payment_attempts where order_id = o.id and hold_step is not null) a
    where o.id = $1 and o.user_id = $2";

impl PaymentStore for Database {
    async fn find_payable(&self, customer: CustomerId, order: OrderId) -> Result<Option<Payable>, StoreError> {
        Ok(self.payable(customer, order).await?)
    }

    async fn begin_attempt(&self, attempt: &NewAttempt) -> Result<Begun, StoreError> {
        Ok(self.write_attempt(attempt).await?)
    }

    async fn note_intent(&self, attempt: &Attempt, intent_id: &str, now: Timestamp) -> Result<(), StoreError> {
        let noted = self.write_intent(attempt, intent_id, now).await?;
        if noted { Ok(()) } else { Err(StoreError::unavailable("the payment was called off, or has another intent")) }
    }

    async fn begin_charge(&self, attempt: &Attempt, now: Timestamp) -> Result<Option<Attempt>, StoreError> {
        Ok(self.write_charge(attempt, now).await?)
    }

    async fn note_look(&self, attempt: AttemptId, next: Option<Timestamp>) -> Result<(), StoreError> {
        Ok(self.write_look(attempt, next).await?)
    }

    async fn settle(&self, settlement: &Settlement<'_>) -> Result<Settled, StoreError> {
        Ok(self.write_settlement(settlement).await?)
    }

    async fn find_hold_move(&self, attempt: AttemptId) -> Result<Option<HoldMove>, StoreError> {
        Ok(self.hold_move(attempt).await?)
    }

    async fn load_sold_lines(&self, order: OrderId) -> Result<Vec<HeldLine>, StoreError> {
        let rows = self.list(SOLD_LINES, &[&order.as_uuid()]).await?;
        Ok(rows.iter().map(sold_line).collect::<Result<_, _>>()?)
    }

    async fn note_hold(&self, note: &HoldNote) -> Result<(), StoreError> {
        Ok(self.write_hold_note(note).await?)
    }
}

impl Database {
    async fn payable(&self, customer: CustomerId, order: OrderId) -> Result<Option<Payable>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(PAYABLE).await?;
        let row = client.query_opt(&statement, &[&order.as_uuid(), &customer.as_uuid()]).await?;
        let payable = |row: Row| {
            let currency: Currency = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
            let (total, payment_method) = (money(&row, 1, currency)?, row.try_get(2)?);
            Ok(Payable { total, payment_method, hold_steps: hold_steps(&row, order)? })
        };
        row.map(payable).transpose()
    }

    async fn write_intent(&self, attempt: &Attempt, intent_id: &str, now: Timestamp) -> Result<bool, DbError> {
        let client = self.client().await?;
        let sql = "update payments set intent_id = $2, updated_at = $3
            where id = $1 and state <> 'CANCELED' and (intent_id is null or intent_id = $2)";
        let statement = client.prepare_cached(sql).await?;
        let noted = client.execute(&statement, &[&attempt.payment_id.as_uuid(), &intent_id, &now]).await?;
        Ok(noted == 1)
    }
}

/// The steps in columns 3 and 4 of [`PAYABLE`].
fn hold_steps(row: &Row, order_id: OrderId) -> Result<Vec<HoldStep>, DbError> {
    let ids: Vec<Uuid> = row.try_get::<_, Option<_>>(3)?.unwrap_or_default();
    let steps: Vec<&str> = row.try_get::<_, Option<_>>(4)?.unwrap_or_default();
    let step = |(id, step): (Uuid, &str)| {
        let attempt_id = AttemptId::from_uuid(id).map_err(DbError::broken)?;
        Ok(HoldStep { order_id, attempt_id, hold: hold_step(step)? })
    };
    ids.into_iter().zip(steps).map(step).collect()
}
