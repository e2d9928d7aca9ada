//! One entry of the stock's ledger, with its sums.

use commerce_domain::VariantId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;

use crate::DbError;

// Product before variant, as whoever sells or changes the catalog takes them.
const LOCK_PRODUCT: &str = "select id from products where id = (select product_id from variants where id = $1)
    for no key update";
const ENTRY: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    values ($1, $2, $3, $4, $5) on conflict on constraint stock_ledger_cause_once do nothing";
const VARIANT: &str = "update variants set stock = stock + $2 where id = $1";
const PRODUCT: &str = "update products set stock = stock + $2
    where id = (select product_id from variants where id = $1 and deleted_at is null)";

/// Locks what an entry of this variant changes.
pub(super) async fn lock(tx: &Transaction<'_>, variant: VariantId) -> Result<(), DbError> {
    let statement = tx.prepare_cached(LOCK_PRODUCT).await?;
    tx.execute(&statement, &[&variant.as_uuid()]).await?;
    Ok(())
}

/// Writes an entry and adds it to the sums, once for its reference. What it changes must be [locked](lock).
pub(super) async fn write_entry(
    tx: &Transaction<'_>,
    variant: VariantId,
    kind: &str,
    quantity: i64,
    reference: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let id = variant.as_uuid();
    let statement = tx.prepare_cached(ENTRY).await?;
    if tx.execute(&statement, &[&id, &kind, &quantity, &reference, &now]).await? > 0 {
        for sql in [VARIANT, PRODUCT] {
            let statement = tx.prepare_cached(sql).await?;
            tx.execute(&statement, &[&id, &quantity]).await?;
        }
    }
    Ok(())
}
