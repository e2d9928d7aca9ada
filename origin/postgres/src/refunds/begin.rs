//! Writing a refund down. The order's row is the lock: what is left is read, and spent, by one at a time.

use commerce_domain::{Currency, Money, PaymentId, RefundId, state::PaymentState};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::refunds::{BeginRefund, NewRefund, Refund, RefundReason, Refundable};
use tokio_postgres::Row;
use uuid::Uuid;

use super::of_cause;
use crate::{Database, DbError, Isolation, orders::money};

const LOCK_ORDER: &str =
    "select o.id from orders o join payments p on p.order_id = o.id where p.id = $1 for update of o";
/// What was taken, and has neither gone back nor is on its way.
pub(super) const LEFT: &str = "select p.state, p.currency::text,
        coalesce((select sum(amount) from ledger_entries where payment_id = p.id), 0)
            - coalesce((select sum(amount) from refunds where payment_id = p.id and state = 'PENDING'), 0)
    from payments p where p.id = $1";
const INSERT: &str =
    "insert into refunds (id, payment_id, order_id, cause, reason, amount, currency, state, created_at, updated_at)
    select $1, id, order_id, $3, $4, $5, currency, 'PENDING', $6, $6 from payments where id = $2";

impl Database {
    pub(super) async fn write_refund(&self, new: &NewRefund) -> Result<BeginRefund, DbError> {
        self.run_tx("begin_refund", Isolation::ReadCommitted, new, |tx, new| begin(tx, new).boxed()).await
    }
}

async fn begin(tx: &Transaction<'_>, new: &NewRefund) -> Result<BeginRefund, DbError> {
    let statement = tx.prepare_cached(LOCK_ORDER).await?;
    if tx.query_opt(&statement, &[&new.payment_id.as_uuid()]).await?.is_none() {
        return Ok(BeginRefund::NoPayment);
    }
    if let Some(found) = of_cause(tx, new.payment_id, &new.cause).await? {
        return Ok(BeginRefund::Begun(Box::new(found)));
    }
    let Some(refundable) = left(tx, new.payment_id).await? else { return Ok(BeginRefund::NoPayment) };
    let amount = new.amount.unwrap_or(refundable.left);
    if amount.minor() <= 0 || amount.minor() > refundable.left.minor() {
        return Ok(BeginRefund::NotLeft(refundable));
    }
    insert(tx, new, amount).await.map(Box::new).map(BeginRefund::Begun)
}

/// The refund of all that is left of a payment, once for each cause. None where nothing is. The caller has locked the order.
pub(crate) async fn write_automatic_refund(
    tx: &Transaction<'_>,
    payment_id: PaymentId,
    id: RefundId,
    reason: RefundReason,
    now: Timestamp,
) -> Result<Option<Refund>, DbError> {
    let new = NewRefund { id, payment_id, cause: reason.as_str().to_owned(), amount: None, reason, now };
    write_capped_refund(tx, &new).await
}

/// The refund of its amount, or of what is left of the payment if that is less, once for each cause. None where nothing is left.
/// The caller has locked the order.
pub(crate) async fn write_capped_refund(tx: &Transaction<'_>, new: &NewRefund) -> Result<Option<Refund>, DbError> {
    if let Some(found) = of_cause(tx, new.payment_id, &new.cause).await? {
        return Ok(Some(found));
    }
    let Some(Refundable { left, .. }) = left(tx, new.payment_id).await? else { return Ok(None) };
    let amount = new.amount.filter(|amount| amount.minor() < left.minor()).unwrap_or(left);
    if amount.minor() > 0 { insert(tx, new, amount).await.map(Some) } else { Ok(None) }
}

async fn left(tx: &Transaction<'_>, payment: PaymentId) -> Result<Option<Refundable>, DbError> {
    let statement = tx.prepare_cached(LEFT).await?;
    tx.query_opt(&statement, &[&payment.as_uuid()]).await?.as_ref().map(refundable).transpose()
}

/// What the columns of [`LEFT`] say.
pub(super) fn refundable(row: &Row) -> Result<Refundable, DbError> {
    let state: PaymentState = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let currency: Currency = row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    Ok(Refundable { state, left: money(row, 2, currency)? })
}

async fn insert(tx: &Transaction<'_>, new: &NewRefund, amount: Money) -> Result<Refund, DbError> {
    let (id, payment): (Uuid, Uuid) = (new.id.as_uuid(), new.payment_id.as_uuid());
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(&statement, &[&id, &payment, &new.cause, &new.reason.as_str(), &amount.amount(), &new.now]).await?;
    let written = of_cause(tx, new.payment_id, &new.cause).await?;
    let written = written.ok_or_else(|| DbError::broken("a refund that was written is not there"))?;
    Ok(Refund { fresh: true, ..written })
}
