//! Goods that do not leave because all of their order's money went back first: what the shop has refunded is not packed, and is on
//! sale again.

use commerce_domain::{
    OrderId,
    state::{OrderEvent, OrderStatus},
};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::{
    cancel::{LET_GO, RETURN, leave_hold},
    end::free_cart,
};
use crate::{
    DbError,
    shipping::{ARRIVED, LEFT, all_are, is_leaving},
    stock_ledger::write_withdrawn,
};

// What is in a shipment leaves, and what was taken back before it had left is on sale already. While the carrier has yet to say
// whether a shipment leaves, nothing is withdrawn.
const WITHDRAW: &str = "update order_items i set withdrawn = i.quantity - gone.pieces
    from (select l.variant_id, greatest(l.returned, coalesce((select sum(p.quantity) from shipment_items p
                join shipments s on s.id = p.shipment_id
                where p.order_id = l.order_id and p.variant_id = l.variant_id and s.state <> 'CANCELLED'), 0)) as pieces
        from order_items l where l.order_id = $1) gone
    where i.order_id = $1 and i.variant_id = gone.variant_id and i.withdrawn = 0 and gone.pieces < i.quantity
        and not exists (select from shipments where order_id = $1 and state = 'PENDING')";
const NOTE: &str = "update orders set hold_step = $2 where id = $1";
const WITHDRAWN: &str = "select exists (select from order_items where order_id = $1 and withdrawn > 0)";

/// Withdraws what of a refunded order has not left, once nothing of it is on its way to the carrier, and notes that it is to go on
/// sale again. Idempotent, and as late in a transaction as the stock's ledger. The caller has locked the order, which is REFUNDED.
pub(crate) async fn withdraw(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    let statement = tx.prepare_cached(WITHDRAW).await?;
    if tx.execute(&statement, &[&order.as_uuid()]).await? == 0 {
        return Ok(());
    }
    let step = if leave_hold(tx, order).await? { LET_GO } else { RETURN };
    let statement = tx.prepare_cached(NOTE).await?;
    tx.execute(&statement, &[&order.as_uuid(), &step]).await?;
    write_withdrawn(tx, order, now).await
}

/// Where a refunded order stands of whose money some is here again: as far as its goods are. The caller has locked the order.
pub(crate) async fn reopened(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<OrderStatus, DbError> {
    let mut status = OrderStatus::Refunded.on(OrderEvent::Bounce).map_err(DbError::broken)?;
    if !is_leaving(tx, order).await? {
        let statement = tx.prepare_cached(WITHDRAWN).await?;
        if tx.query_one(&statement, &[&order.as_uuid()]).await?.try_get(0)? {
            status = status.on(OrderEvent::Cancel).map_err(DbError::broken)?;
            free_cart(tx, order, now).await?;
        }
        return Ok(status);
    }
    for (event, states) in [(OrderEvent::Ship, LEFT), (OrderEvent::Deliver, ARRIVED)] {
        if all_are(tx, order, states).await? {
            status = status.on(event).map_err(DbError::broken)?;
        }
    }
    Ok(status)
}
