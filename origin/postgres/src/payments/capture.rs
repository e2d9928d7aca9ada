//! Payments whose money is set aside. The row of the order is the lock.

use commerce_domain::{
    AttemptId, EventId, OrderId, PaymentId,
    state::{OrderStatus, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::{Attempt, BeginCapture, CaptureStore, Lapsing},
    sweep::Turn,
};
use serde_json::json;
use tokio_postgres::Row;

use crate::{
    Database, DbError, Isolation,
    orders::{ATTEMPT, attempt},
    outbox::{NewEvent, write_event},
    sweep::mixed,
};

const ORDER: &str = "select o.status, o.closing is not null from orders o
    where o.id = (select order_id from payments where id = $1) for update";
const STATE: &str = "select state from payments where id = $1";
const ASK: &str = "update payments set capture_asked_at = coalesce(capture_asked_at, $2) where id = $1";
const WITHDRAW: &str = "update payments set capture_asked_at = null where id = $1 and state = 'AUTHORISED'";
const LAPSING: &str = "select id, order_id, capture_before from payments
    where state = 'AUTHORISED' and lapse_told_at is null and capture_before <= $1 and ($2::uuid is null or id > $2)
    order by id limit $3";
const LOCK_ORDER: &str = "select from orders where id = $1 for update";
const TOLD: &str =
    "update payments set lapse_told_at = $2 where id = $1 and state = 'AUTHORISED' and lapse_told_at is null";

impl CaptureStore for Database {
    async fn begin_capture(&self, payment: PaymentId, now: Timestamp) -> Result<BeginCapture, StoreError> {
        let args = (payment, now);
        let begun = self.run_tx("begin_capture", Isolation::ReadCommitted, &args, |tx, (payment, now)| {
            begin(tx, *payment, *now).boxed()
        });
        Ok(begun.await?)
    }

    async fn withdraw_capture(&self, payment: PaymentId) -> Result<(), StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(WITHDRAW).await.map_err(DbError::from)?;
        client.execute(&statement, &[&payment.as_uuid()]).await.map_err(DbError::from)?;
        Ok(())
    }

    async fn list_open_captures(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!(
            "{ATTEMPT} where p.state = 'AUTHORISED' and p.capture_asked_at <= $1 and a.state = 'AUTHORISED'
                and o.closing is null and {}",
            mixed("a.id")
        );
        let after = after.map(AttemptId::as_uuid);
        let rows = self.list(&sql, &[&before, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(attempt).collect::<Result<_, _>>()?)
    }

    async fn list_lapsing(
        &self,
        until: Timestamp,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Lapsing>, StoreError> {
        let rows = self.list(LAPSING, &[&until, &after.map(PaymentId::as_uuid), &i64::from(limit)]).await?;
        Ok(rows.iter().map(lapsing).collect::<Result<_, _>>()?)
    }

    async fn tell_lapsing(&self, lapsing: &Lapsing, event: EventId, now: Timestamp) -> Result<bool, StoreError> {
        let args = (*lapsing, event, now);
        let told = self.run_tx("tell_lapsing", Isolation::ReadCommitted, &args, |tx, (lapsing, event, now)| {
            tell(tx, lapsing, *event, *now).boxed()
        });
        Ok(told.await?)
    }
}

async fn begin(tx: &Transaction<'_>, payment: PaymentId, now: Timestamp) -> Result<BeginCapture, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let Some(order) = tx.query_opt(&statement, &[&payment.as_uuid()]).await? else {
        return Ok(BeginCapture::NoPayment);
    };
    let status: OrderStatus = order.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let statement = tx.prepare_cached(STATE).await?;
    let row = tx.query_one(&statement, &[&payment.as_uuid()]).await?;
    match row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)? {
        PaymentState::Succeeded => return Ok(BeginCapture::Taken),
        PaymentState::Authorised => {}
        state => return Ok(BeginCapture::NotAuthorised(state)),
    }
    if status != OrderStatus::Pending || order.try_get(1)? {
        return Ok(BeginCapture::Closing);
    }
    let statement = tx.prepare_cached(ASK).await?;
    tx.execute(&statement, &[&payment.as_uuid(), &now]).await?;
    let sql = format!("{ATTEMPT} where p.id = $1 and a.number = p.attempts");
    let statement = tx.prepare_cached(&sql).await?;
    let row = tx.query_one(&statement, &[&payment.as_uuid()]).await?;
    Ok(BeginCapture::Begun(Box::new(attempt(&row)?)))
}

async fn tell(tx: &Transaction<'_>, lapsing: &Lapsing, id: EventId, now: Timestamp) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(LOCK_ORDER).await?;
    tx.execute(&statement, &[&lapsing.order_id.as_uuid()]).await?;
    let statement = tx.prepare_cached(TOLD).await?;
    if tx.execute(&statement, &[&lapsing.payment_id.as_uuid(), &now]).await? == 0 {
        return Ok(false);
    }
    let Lapsing { payment_id, order_id, capture_before } = lapsing;
    let payload = json!({"orderId": order_id, "paymentId": payment_id, "captureBefore": capture_before});
    let aggregate_id = order_id.to_string();
    write_event(tx, &NewEvent { id, aggregate_id, event: "PaymentLapsing", payload }, now).await?;
    Ok(true)
}

fn lapsing(row: &Row) -> Result<Lapsing, DbError> {
    Ok(Lapsing {
        payment_id: PaymentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        capture_before: row.try_get(2)?,
    })
}
