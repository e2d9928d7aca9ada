//! What a paid order takes out of the stock's ledger and its sums, and what it puts back when it is called off or comes back.

use commerce_domain::{OrderId, ReturnId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

use crate::DbError;

// Products before variants and each in the order of ids, as whoever changes the catalog takes them. FOR NO KEY UPDATE, because
// an entry of the ledger locks its variant FOR KEY SHARE: two orders of one variant may both do that, and must not then wait for
// each other to stop.
const LOCK_PRODUCTS: &str = "select id from products
    where id in (select product_id from order_items where order_id = $1) order by id for no key update";
const SALES: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select variant_id, 'sale', -quantity, $2, $3 from order_items where order_id = $1 order by variant_id
    on conflict on constraint stock_ledger_cause_once do nothing";
const RETURNS: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select variant_id, 'return', quantity, $2, $3 from order_items where order_id = $1 order by variant_id
    on conflict on constraint stock_ledger_cause_once do nothing";
const WITHDRAWN: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select variant_id, 'return', withdrawn, $2, $3 from order_items where order_id = $1 and withdrawn > 0 order by variant_id
    on conflict on constraint stock_ledger_cause_once do nothing";
const WITHDRAWN_VARIANTS: &str = "update variants v set stock = v.stock + i.withdrawn
    from order_items i where i.order_id = $1 and i.withdrawn > 0 and v.id = i.variant_id";
const WITHDRAWN_PRODUCTS: &str = "update products p set stock = p.stock + moved.quantity
    from (select product_id, sum(withdrawn) as quantity from order_items where order_id = $1 group by product_id) moved
    where p.id = moved.product_id";
const RESTOCKED: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select variant_id, 'return', quantity, $2, $3 from return_items where return_id = $1 and restock order by variant_id
    on conflict on constraint stock_ledger_cause_once do nothing";
const RESTOCKED_VARIANTS: &str = "update variants v set stock = v.stock + i.quantity
    from return_items i where i.return_id = $1 and i.restock and v.id = i.variant_id";
const RESTOCKED_PRODUCTS: &str = "update products p set stock = p.stock + moved.quantity
    from (select o.product_id, sum(i.quantity) as quantity from return_items i
        join order_items o on o.order_id = i.order_id and o.variant_id = i.variant_id
        where i.return_id = $1 and i.restock group by o.product_id) moved
    where p.id = moved.product_id";
const VARIANTS: &str = "update variants v set stock = v.stock + $2::bigint * i.quantity
    from order_items i where i.order_id = $1 and v.id = i.variant_id";
const PRODUCTS: &str = "update products p set stock = p.stock + $2::bigint * moved.quantity
    from (select product_id, sum(quantity) as quantity from order_items where order_id = $1 group by product_id) moved
    where p.id = moved.product_id";

/// Writes the order's lines as sold, once. The last thing that a transaction does: what sells best is locked until it commits.
pub(crate) async fn write_sales(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    write(tx, order, SALES, -1, now).await
}

/// Writes the order's lines as returned, once. As late in a transaction as [`write_sales`].
pub(crate) async fn write_returns(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    write(tx, order, RETURNS, 1, now).await
}

/// Writes the pieces of an order that will not leave any more as returned, once. As late in a transaction as [`write_sales`].
pub(crate) async fn write_withdrawn(tx: &Transaction<'_>, order: OrderId, now: Timestamp) -> Result<(), DbError> {
    let id = order.as_uuid();
    let statement = tx.prepare_cached(LOCK_PRODUCTS).await?;
    tx.execute(&statement, &[&id]).await?;
    let statement = tx.prepare_cached(WITHDRAWN).await?;
    if tx.execute(&statement, &[&id, &order.to_string(), &now]).await? > 0 {
        for sql in [WITHDRAWN_VARIANTS, WITHDRAWN_PRODUCTS] {
            let statement = tx.prepare_cached(sql).await?;
            tx.execute(&statement, &[&id]).await?;
        }
    }
    Ok(())
}

/// Writes the pieces of a return that are put on sale again as returned, once. As late in a transaction as [`write_sales`].
pub(crate) async fn write_restocked(
    tx: &Transaction<'_>,
    order: OrderId,
    id: ReturnId,
    now: Timestamp,
) -> Result<(), DbError> {
    let statement = tx.prepare_cached(LOCK_PRODUCTS).await?;
    tx.execute(&statement, &[&order.as_uuid()]).await?;
    let statement = tx.prepare_cached(RESTOCKED).await?;
    if tx.execute(&statement, &[&id.as_uuid(), &id.to_string(), &now]).await? > 0 {
        for sql in [RESTOCKED_VARIANTS, RESTOCKED_PRODUCTS] {
            let statement = tx.prepare_cached(sql).await?;
            tx.execute(&statement, &[&id.as_uuid()]).await?;
        }
    }
    Ok(())
}

async fn write(tx: &Transaction<'_>, order: OrderId, entries: &str, sign: i64, now: Timestamp) -> Result<(), DbError> {
    let id = order.as_uuid();
    let statement = tx.prepare_cached(LOCK_PRODUCTS).await?;
    tx.execute(&statement, &[&id]).await?;
    let statement = tx.prepare_cached(entries).await?;
    if tx.execute(&statement, &[&id, &order.to_string(), &now]).await? > 0 {
        for sql in [VARIANTS, PRODUCTS] {
            let statement = tx.prepare_cached(sql).await?;
            tx.execute(&statement, &[&id, &sign]).await?;
        }
    }
    Ok(())
}
