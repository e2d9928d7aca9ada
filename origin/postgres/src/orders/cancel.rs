//! Calling a paid order off: order, checkout, stock ledger, refund, event and the note that its goods come back, in one
//! transaction.

use commerce_domain::{
    OrderId, PaymentId, RefundId, VariantId,
    state::{OrderEvent, OrderStatus},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{HeldLine, SoldGoods},
    orders::{CancelOrders, Cancellation, Cancelled, CloseReason},
    refunds::{Refund, RefundReason},
};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::end::free_cart;
use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_event},
    refunds::write_automatic_refund,
    shipping::is_leaving,
    stock_ledger::write_returns,
};

const ORDER: &str = "select status, hold_step from orders where id = $1 for update";
const PAID_BY: &str = "select id from payments where order_id = $1 and state = 'SUCCEEDED'";
const CANCEL: &str =
    "update orders set status = $2, hold_step = $3, version = version + 1, updated_at = $4 where id = $1";
// What the hold had yet to do about the payment, the return of the goods does as well.
const LEAVE_HOLD: &str = "update payment_attempts set hold_step = null where order_id = $1 and hold_step is not null";
/// What the stock of an order has yet to do that was called off after its goods had left.
pub(crate) const RETURN: &str = "return";
/// The same, where only its hold can tell whether they have.
pub(super) const LET_GO: &str = "let_go";
/// The columns that [`sold_line`] reads, of an order.
pub(crate) const SOLD_LINES: &str =
    "select variant_id, quantity from order_items where order_id = $1 order by variant_id";

impl CancelOrders for Database {
    async fn cancel_paid_order(&self, cancellation: &Cancellation) -> Result<Cancelled, StoreError> {
        let cancelled = self.run_tx("cancel_paid_order", Isolation::ReadCommitted, cancellation, |tx, cancellation| {
            cancel(tx, cancellation).boxed()
        });
        Ok(cancelled.await?)
    }
}

async fn cancel(tx: &Transaction<'_>, cancellation: &Cancellation) -> Result<Cancelled, DbError> {
    let order = cancellation.order_id;
    let statement = tx.prepare_cached(ORDER).await?;
    let row = tx.query_one(&statement, &[&order.as_uuid()]).await?;
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let refund = RefundOf { id: cancellation.refund, reason: RefundReason::OrderCancelled };
    match status {
        OrderStatus::Processing => {}
        OrderStatus::Cancelled => {
            let goods = match row.try_get::<_, Option<&str>>(1)? {
                Some(step @ (RETURN | LET_GO)) => Some(goods(tx, order, step).await?),
                _ => None,
            };
            return Ok(Cancelled::Done { goods, refund: refund.write(tx, order, cancellation.now).await? });
        }
        status => return Ok(Cancelled::Settled(status)),
    }
    if is_leaving(tx, order).await? {
        return Ok(Cancelled::Leaving);
    }
    let step = if leave_hold(tx, order).await? { LET_GO } else { RETURN };
    let goods = goods(tx, order, step).await?;
    let refund = end_paid(tx, cancellation, refund, Some(step)).await?;
    write_returns(tx, order, cancellation.now).await?;
    Ok(Cancelled::Done { goods: Some(goods), refund })
}

/// A refund of all that is left of an order's payment.
pub(crate) struct RefundOf {
    pub(crate) id: RefundId,
    pub(crate) reason: RefundReason,
}

impl RefundOf {
    async fn write(
        &self,
        tx: &Transaction<'_>,
        order: OrderId,
        now: Timestamp,
    ) -> Result<Option<Box<Refund>>, DbError> {
        let statement = tx.prepare_cached(PAID_BY).await?;
        let Some(row) = tx.query_opt(&statement, &[&order.as_uuid()]).await? else { return Ok(None) };
        let payment = PaymentId::from_uuid(row.try_get::<_, Uuid>(0)?).map_err(DbError::broken)?;
        Ok(write_automatic_refund(tx, payment, self.id, self.reason, now).await?.map(Box::new))
    }
}

/// PROCESSING → CANCELLED, with the refund and the event. The caller has locked the order.
async fn end_paid(
    tx: &Transaction<'_>,
    end: &Cancellation,
    refund: RefundOf,
    hold_step: Option<&str>,
) -> Result<Option<Box<Refund>>, DbError> {
    let (order, now) = (end.order_id.as_uuid(), end.now);
    let status = OrderStatus::Processing.on(OrderEvent::Cancel).map_err(DbError::broken)?;
    let statement = tx.prepare_cached(CANCEL).await?;
    tx.execute(&statement, &[&order, &status.as_str(), &hold_step, &now]).await?;
    free_cart(tx, end.order_id, now).await?;
    let payload = json!({"orderId": end.order_id, "reason": end.reason.as_str()});
    let aggregate_id = end.order_id.to_string();
    write_event(tx, &NewEvent { id: end.event, aggregate_id, event: "OrderCancelled", payload }, now).await?;
    refund.write(tx, end.order_id, now).await
}

/// Takes over what the hold had yet to do about the payment. Whether there was anything.
pub(super) async fn leave_hold(tx: &Transaction<'_>, order: OrderId) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(LEAVE_HOLD).await?;
    Ok(tx.execute(&statement, &[&order.as_uuid()]).await? > 0)
}

/// Calls an order off that turns out to be paid after somebody has called it off: the money goes back, and the goods come back. The
/// caller has locked the order, which is PROCESSING, and writes what the stock's ledger says of it.
pub(crate) async fn end_called_off(tx: &Transaction<'_>, end: &Cancellation) -> Result<(), DbError> {
    let refund = RefundOf { id: end.refund, reason: RefundReason::OrderCancelled };
    // Its hold has not followed the payment, and will not.
    leave_hold(tx, end.order_id).await?;
    end_paid(tx, end, refund, Some(LET_GO)).await.map(drop)
}

/// Calls an order off that was paid when its goods were on sale again. Only the stock's ledger has them as sold. The caller has
/// locked the order.
pub(crate) async fn end_stranded(tx: &Transaction<'_>, end: &Cancellation) -> Result<(), DbError> {
    debug_assert_eq!(end.reason, CloseReason::Stranded, "the reason that is told");
    let statement = tx.prepare_cached(ORDER).await?;
    let row = tx.query_one(&statement, &[&end.order_id.as_uuid()]).await?;
    if row.try_get::<_, &str>(0)? == OrderStatus::Processing.as_str() {
        leave_hold(tx, end.order_id).await?;
        end_paid(tx, end, RefundOf { id: end.refund, reason: RefundReason::Stranded }, None).await?;
        write_returns(tx, end.order_id, end.now).await?;
    }
    Ok(())
}

/// What comes back of an order that was paid, by what its stock has yet to do.
async fn goods(tx: &Transaction<'_>, order: OrderId, step: &str) -> Result<SoldGoods, DbError> {
    let statement = tx.prepare_cached(SOLD_LINES).await?;
    let rows = tx.query(&statement, &[&order.as_uuid()]).await?;
    Ok(SoldGoods { lines: rows.iter().map(sold_line).collect::<Result<_, _>>()?, left: step == RETURN })
}

/// A row of [`SOLD_LINES`].
pub(crate) fn sold_line(row: &Row) -> Result<HeldLine, DbError> {
    Ok(HeldLine {
        variant_id: VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        quantity: u32::try_from(row.try_get::<_, i32>(1)?).map_err(DbError::broken)?,
    })
}
