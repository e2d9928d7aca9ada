//! What a paid order takes out of the stock's ledger and its sums, and what it puts back when it is called off.

use commerce_domain::OrderId;
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
