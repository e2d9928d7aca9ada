//! What came back with a refund, for its credit note.

use commerce_domain::Currency;
use deadpool_postgres::Transaction;
use origin_core::invoices::{CreditedGoods, CreditedLine, CreditedShipping};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    DbError,
    orders::{line, money},
};

// A refund that is less than the goods had cost, because less was left of the payment, is an amount.
const RETURN: &str = "select r.id, r.shipping, o.shipping_tax
    from returns r join refunds f on f.id = r.refund_id and f.amount = r.amount join orders o on o.id = r.order_id
    where r.refund_id = $1";
// The columns that `line` reads, and behind them what came back, and how many pieces credit notes have that still count.
const LINES: &str =
    "select i.order_id, i.product_id, i.variant_id, i.name, i.sku, i.options, i.quantity, i.price, i.subtotal,
        i.tax, i.tax_rate, i.tax_name, i.subtotal - i.discount, b.quantity, b.amount, coalesce((select sum(e.quantity)
            from return_items e join returns r on r.id = e.return_id
                join refunds f on f.id = r.refund_id and f.state = 'SUCCEEDED' join invoices n on n.refund_id = f.id
            where e.order_id = i.order_id and e.variant_id = i.variant_id), 0)
    from return_items b join order_items i on i.order_id = b.order_id and i.variant_id = b.variant_id
    where b.return_id = $1 order by i.position";

/// The goods that the refund is for, and is all of what they had cost.
pub(super) async fn goods_of(
    tx: &Transaction<'_>,
    refund: Uuid,
    currency: Currency,
) -> Result<Option<CreditedGoods>, DbError> {
    let statement = tx.prepare_cached(RETURN).await?;
    let Some(back) = tx.query_opt(&statement, &[&refund]).await? else { return Ok(None) };
    let shipping = back.try_get::<_, Option<Decimal>>(1)?.map(|_| {
        Ok::<_, DbError>(CreditedShipping { amount: money(&back, 1, currency)?, tax: money(&back, 2, currency)? })
    });
    let statement = tx.prepare_cached(LINES).await?;
    let lines = tx.query(&statement, &[&back.try_get::<_, Uuid>(0)?]).await?;
    let lines = lines.iter().map(|row| credited(row, currency)).collect::<Result<_, _>>()?;
    Ok(Some(CreditedGoods { lines, shipping: shipping.transpose()? }))
}

fn credited(row: &Row, currency: Currency) -> Result<CreditedLine, DbError> {
    Ok(CreditedLine {
        ordered: line(row, currency)?,
        paid: money(row, 12, currency)?,
        pieces: u32::try_from(row.try_get::<_, i32>(13)?).map_err(DbError::broken)?,
        amount: money(row, 14, currency)?,
        credited: u32::try_from(row.try_get::<_, i64>(15)?).map_err(DbError::broken)?,
    })
}
