//! The end of an order whose payment, if there was one, is called off: order, payment, attempt, checkout and events, in one
//! transaction.

use commerce_domain::{
    AttemptId, OrderId, PaymentId,
    state::{OrderStatus, PaymentEvent, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::orders::{CloseReason, End, OrderEnd};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_event},
};

const ORDER: &str = "select status, closing, hold_step is not null from orders where id = $1 for update";
const PAYMENT: &str = "select p.id, p.state, p.intent_id, a.id, a.number from payments p
    join payment_attempts a on a.payment_id = p.id and a.number = p.attempts
    where p.order_id = $1 and p.state <> 'CANCELED' for update of p";
const END_PAYMENT: &str = "update payments set state = $2, updated_at = $3 where id = $1";
// A live attempt is called off; what the hold had to do for those that are over, its release does as well.
const END_ATTEMPTS: &str = "update payment_attempts set hold_step = null, updated_at = $2,
        state = case when state in ('FAILED', 'CANCELED') then state else 'CANCELED' end
    where order_id = $1 and (hold_step is not null or state not in ('FAILED', 'CANCELED'))";
const END_ORDER: &str = "update orders set status = $2, closing = null, closing_since = null, hold_step = 'release',
        version = version + 1, updated_at = $3 where id = $1";
const FREE_CART: &str =
    "update checkouts set state = 'CANCELLED', updated_at = $2 where order_id = $1 and state = 'PLACED'";

impl Database {
    pub(super) async fn write_end(&self, end: &OrderEnd<'_>) -> Result<Option<End>, DbError> {
        self.run_tx("end_order", Isolation::ReadCommitted, end, |tx, end| write(tx, end).boxed()).await
    }
}

async fn write(tx: &Transaction<'_>, end: &OrderEnd<'_>) -> Result<Option<End>, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let row = tx.query_one(&statement, &[&end.order_id.as_uuid()]).await?;
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let closing = row.try_get::<_, Option<&str>>(1)?.filter(|_| status == OrderStatus::Pending);
    let Some(reason) = closing else { return Ok(Some(End { status, holds_stock: row.try_get(2)? })) };
    let reason: CloseReason = reason.parse().map_err(DbError::broken)?;
    let status = status.on(reason.event()).map_err(DbError::broken)?;
    if !end_payment(tx, end).await? {
        return Ok(None);
    }
    let order = end.order_id.as_uuid();
    let statement = tx.prepare_cached(END_ATTEMPTS).await?;
    tx.execute(&statement, &[&order, &end.now]).await?;
    let statement = tx.prepare_cached(END_ORDER).await?;
    tx.execute(&statement, &[&order, &status.as_str(), &end.now]).await?;
    free_cart(tx, end.order_id, end.now).await?;
    let event = if status == OrderStatus::Cancelled { "OrderCancelled" } else { "OrderFailed" };
    let payload = json!({"orderId": end.order_id, "reason": reason.as_str()});
    let aggregate_id = end.order_id.to_string();
    write_event(tx, &NewEvent { id: end.order_event, aggregate_id, event, payload }, end.now).await?;
    Ok(Some(End { status, holds_stock: true }))
}

/// The state of the cart that was ordered can be ordered again.
pub(super) async fn free_cart(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    let statement = tx.prepare_cached(FREE_CART).await?;
    tx.execute(&statement, &[&order.as_uuid(), &now]).await?;
    Ok(())
}

/// Calls the order's payment off. Not if it has an intent that the provider was not told to call off.
async fn end_payment(tx: &Transaction<'_>, end: &OrderEnd<'_>) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(PAYMENT).await?;
    let Some(row) = tx.query_opt(&statement, &[&end.order_id.as_uuid()]).await? else { return Ok(true) };
    let intent: Option<&str> = row.try_get(2)?;
    if intent.is_some() && intent != end.intent_id {
        return Ok(false);
    }
    let id = PaymentId::from_uuid(row.try_get::<_, Uuid>(0)?).map_err(DbError::broken)?;
    let attempt = AttemptId::from_uuid(row.try_get::<_, Uuid>(3)?).map_err(DbError::broken)?;
    let state: PaymentState = row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    let ended = state.on(PaymentEvent::Cancel).map_err(DbError::broken)?;
    let statement = tx.prepare_cached(END_PAYMENT).await?;
    tx.execute(&statement, &[&id.as_uuid(), &ended.as_str(), &end.now]).await?;
    let payload = json!({
        "orderId": end.order_id, "paymentId": id, "attemptId": attempt, "attempt": row.try_get::<_, i32>(4)?,
        "reason": "order_closed",
    });
    let aggregate_id = end.order_id.to_string();
    let canceled = NewEvent { id: end.payment_event, aggregate_id, event: "PaymentCanceled", payload };
    write_event(tx, &canceled, end.now).await?;
    Ok(true)
}
