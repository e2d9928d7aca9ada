//! Marking an order as being closed. Its row is the lock.

use commerce_domain::{AttemptId, Currency, OrderId, PaymentId, state::OrderStatus};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    orders::{BeginClose, CloseOrders, CloseReason, ClosingOrder, End, OrderEnd},
    payments::Attempt,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::money;
use crate::{Database, DbError, Isolation};

const ORDER: &str = "select status, closing, reserved_until from orders where id = $1 for update";
const MARK: &str = "update orders set closing = $2, closing_since = $3, updated_at = $3 where id = $1";
/// The columns that [`attempt`] reads.
pub(crate) const ATTEMPT: &str =
    "select a.id, a.number, p.id, a.order_id, p.currency::text, p.amount, p.intent_id, a.payment_method,
        a.state, o.reserved_until, a.updated_at, p.provider
    from payments p join payment_attempts a on a.payment_id = p.id join orders o on o.id = p.order_id";
const RELEASED: &str = "update orders set hold_step = null where id = $1 and hold_step is not null";

impl CloseOrders for Database {
    async fn begin_close(&self, order: OrderId, reason: CloseReason, now: Timestamp) -> Result<BeginClose, StoreError> {
        let args = (order, reason, now);
        let begun = self.run_tx("begin_close", Isolation::ReadCommitted, &args, |tx, (order, reason, now)| {
            begin(tx, *order, *reason, *now).boxed()
        });
        Ok(begun.await?)
    }

    async fn end_order(&self, end: &OrderEnd<'_>) -> Result<Option<End>, StoreError> {
        Ok(self.write_end(end).await?)
    }

    async fn note_released(&self, order: OrderId) -> Result<(), StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(RELEASED).await.map_err(DbError::from)?;
        client.execute(&statement, &[&order.as_uuid()]).await.map_err(DbError::from)?;
        Ok(())
    }
}

async fn begin(
    tx: &Transaction<'_>,
    order: OrderId,
    reason: CloseReason,
    now: Timestamp,
) -> Result<BeginClose, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let Some(row) = tx.query_opt(&statement, &[&order.as_uuid()]).await? else { return Ok(BeginClose::NoOrder) };
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    if status != OrderStatus::Pending {
        return Ok(BeginClose::Settled(status));
    }
    let latest = latest_attempt(tx, order).await?;
    if let Some(earlier) = row.try_get::<_, Option<&str>>(1)? {
        let earlier = earlier.parse().map_err(DbError::broken)?;
        // Who calls an order off is told that it ends so, although its time was over before.
        let called_off = earlier == CloseReason::Expired && reason != CloseReason::Expired;
        if called_off {
            let statement = tx.prepare_cached(MARK).await?;
            tx.execute(&statement, &[&order.as_uuid(), &reason.as_str(), &now]).await?;
        }
        let reason = if called_off { reason } else { earlier };
        return Ok(BeginClose::Begun(Box::new(ClosingOrder { order_id: order, reason, attempt: latest })));
    }
    if reason == CloseReason::Expired && row.try_get::<_, Timestamp>(2)? > now {
        return Ok(BeginClose::NotOver);
    }
    if latest.as_ref().is_some_and(|attempt| attempt.is_under_way(now) || attempt.may_yet_charge(now)) {
        return Ok(BeginClose::PaymentUnderWay);
    }
    let statement = tx.prepare_cached(MARK).await?;
    tx.execute(&statement, &[&order.as_uuid(), &reason.as_str(), &now]).await?;
    Ok(BeginClose::Begun(Box::new(ClosingOrder { order_id: order, reason, attempt: latest })))
}

/// The latest attempt of the order's payment, unless that was called off.
async fn latest_attempt(tx: &Transaction<'_>, order: OrderId) -> Result<Option<Attempt>, DbError> {
    let sql = format!("{ATTEMPT} where p.order_id = $1 and p.state <> 'CANCELED' and a.number = p.attempts");
    let statement = tx.prepare_cached(&sql).await?;
    tx.query_opt(&statement, &[&order.as_uuid()]).await?.as_ref().map(attempt).transpose()
}

/// The attempt in the columns of [`ATTEMPT`].
pub(crate) fn attempt(row: &Row) -> Result<Attempt, DbError> {
    let currency: Currency = row.try_get::<_, &str>(4)?.parse().map_err(DbError::broken)?;
    Ok(Attempt {
        id: AttemptId::from_uuid(row.try_get::<_, Uuid>(0)?).map_err(DbError::broken)?,
        number: u32::try_from(row.try_get::<_, i32>(1)?).map_err(DbError::broken)?,
        payment_id: PaymentId::from_uuid(row.try_get::<_, Uuid>(2)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get::<_, Uuid>(3)?).map_err(DbError::broken)?,
        amount: money(row, 5, currency)?,
        provider: row.try_get::<_, &str>(11)?.parse().map_err(DbError::broken)?,
        intent_id: row.try_get(6)?,
        payment_method: row.try_get(7)?,
        state: row.try_get::<_, &str>(8)?.parse().map_err(DbError::broken)?,
        hold_until: row.try_get(9)?,
        updated_at: row.try_get(10)?,
        fresh: false,
    })
}
