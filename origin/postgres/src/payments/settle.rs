//! A verdict, and all that follows from it: payment, attempt, ledger, order, stock ledger, event and claim, in one transaction.

use commerce_domain::state::{OrderEvent, OrderStatus, PaymentState};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::payments::{Attempt, Settlement, Verdict};
use serde_json::json;

use crate::{
    Database, DbError, Isolation,
    idempotency::finish_key,
    outbox::{NewEvent, write_event},
};

const ORDER: &str = "select status from orders where id = $1 for update";
const PAYMENT: &str = "select p.state, a.state from payments p join payment_attempts a on a.payment_id = p.id
    where p.id = $1 and a.id = $2";
const MOVE_PAYMENT: &str =
    "update payments set state = $2, receipt_url = coalesce($3, receipt_url), updated_at = $4 where id = $1";
const MOVE_ATTEMPT: &str =
    "update payment_attempts set state = $2, decline_code = $3, decline_message = $4, updated_at = $5 where id = $1";
const CAPTURE: &str = "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
    select id, order_id, 'capture', amount, currency, $2, $3 from payments where id = $1";
const PAY_ORDER: &str =
    "update orders set status = $2, payment_status = $3, version = version + 1, updated_at = $4 where id = $1";
const NOTE_ON_ORDER: &str = "update orders set payment_status = $2, updated_at = $3 where id = $1";

// What was sold leaves the stock's ledger and its sums. In the order of ids, so that two orders never wait for each other.
const SALES: &str = "insert into stock_ledger (variant_id, kind, quantity, reference, created_at)
    select variant_id, 'sale', -quantity, $2, $3 from order_items where order_id = $1 order by variant_id
    on conflict on constraint stock_ledger_cause_once do nothing";
const VARIANTS: &str = "with sold as (
        select v.id, i.quantity from order_items i join variants v on v.id = i.variant_id where i.order_id = $1
        order by v.id for update of v)
    update variants v set stock = v.stock - sold.quantity from sold where v.id = sold.id";
const PRODUCTS: &str = "with sold as (
        select p.id, i.quantity from products p
        join (select product_id, sum(quantity) as quantity from order_items where order_id = $1 group by product_id) i
            on i.product_id = p.id
        order by p.id for update of p)
    update products p set stock = p.stock - sold.quantity from sold where p.id = sold.id";

impl Database {
    pub(super) async fn write_settlement(&self, settlement: &Settlement<'_>) -> Result<PaymentState, DbError> {
        self.run_tx("settle_payment", Isolation::ReadCommitted, settlement, |tx, settlement| {
            settle(tx, settlement).boxed()
        })
        .await
    }
}

async fn settle(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<PaymentState, DbError> {
    let (attempt, verdict) = (settlement.attempt, settlement.verdict);
    let status = lock_order(tx, attempt).await?;
    let (payment, attempted) = states(tx, attempt).await?;
    let wanted = verdict.state();
    // Who comes second finds the attempt where the verdict leads, or beyond, and changes nothing.
    let news = attempted != wanted;
    if news && (attempted.on(verdict.event()).is_err() || payment.on(verdict.event()).is_err()) {
        return Ok(payment);
    }
    if news {
        move_payment(tx, settlement).await?;
        follow(tx, settlement, status).await?;
    }
    if let Some((key, fence, answer)) = settlement.claim {
        finish_key(tx, key, fence, answer, settlement.now).await?;
    }
    Ok(wanted)
}

async fn lock_order(tx: &Transaction<'_>, attempt: &Attempt) -> Result<OrderStatus, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let row = tx.query_one(&statement, &[&attempt.order_id.as_uuid()]).await?;
    row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)
}

async fn states(tx: &Transaction<'_>, attempt: &Attempt) -> Result<(PaymentState, PaymentState), DbError> {
    let statement = tx.prepare_cached(PAYMENT).await?;
    let row = tx.query_one(&statement, &[&attempt.payment_id.as_uuid(), &attempt.id.as_uuid()]).await?;
    let state = |column: usize| -> Result<PaymentState, DbError> {
        row.try_get::<_, &str>(column)?.parse().map_err(DbError::broken)
    };
    Ok((state(0)?, state(1)?))
}

async fn move_payment(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<(), DbError> {
    let (attempt, now) = (settlement.attempt, settlement.now);
    let state = settlement.verdict.state().as_str();
    let receipt = match settlement.verdict {
        Verdict::Succeeded { receipt_url } => receipt_url.as_deref(),
        _ => None,
    };
    let (code, message) = match settlement.verdict {
        Verdict::Declined(decline) => (Some(decline.code.as_str()), Some(decline.message.as_str())),
        _ => (None, None),
    };
    let statement = tx.prepare_cached(MOVE_PAYMENT).await?;
    tx.execute(&statement, &[&attempt.payment_id.as_uuid(), &state, &receipt, &now]).await?;
    let statement = tx.prepare_cached(MOVE_ATTEMPT).await?;
    tx.execute(&statement, &[&attempt.id.as_uuid(), &state, &code, &message, &now]).await?;
    Ok(())
}

/// What the verdict brings about beyond the payment.
async fn follow(tx: &Transaction<'_>, settlement: &Settlement<'_>, status: OrderStatus) -> Result<(), DbError> {
    let attempt = settlement.attempt;
    match settlement.verdict {
        Verdict::Succeeded { .. } => {
            capture(tx, settlement).await?;
            pay_order(tx, settlement, status).await?;
            tell(tx, settlement, "PaymentSucceeded", json!({})).await
        }
        Verdict::Declined(decline) => {
            let statement = tx.prepare_cached(NOTE_ON_ORDER).await?;
            tx.execute(&statement, &[&attempt.order_id.as_uuid(), &"failed", &settlement.now]).await?;
            tell(tx, settlement, "PaymentFailed", json!({"reason": decline.code})).await
        }
        _ => Ok(()),
    }
}

async fn capture(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<(), DbError> {
    let reference = settlement.attempt.id.to_string();
    let statement = tx.prepare_cached(CAPTURE).await?;
    tx.execute(&statement, &[&settlement.attempt.payment_id.as_uuid(), &reference, &settlement.now]).await?;
    Ok(())
}

async fn pay_order(tx: &Transaction<'_>, settlement: &Settlement<'_>, status: OrderStatus) -> Result<(), DbError> {
    let (order, now) = (settlement.attempt.order_id, settlement.now);
    let Ok(next) = status.on(OrderEvent::Pay) else {
        // The money is here and the order is not waiting for it: the ledger says so, and somebody has to look.
        tracing::error!(order.id = %order, order.status = status.as_str(), "a payment succeeded for an order that does not expect it");
        return Ok(());
    };
    let statement = tx.prepare_cached(PAY_ORDER).await?;
    tx.execute(&statement, &[&order.as_uuid(), &next.as_str(), &"succeeded", &now]).await?;
    let statement = tx.prepare_cached(SALES).await?;
    let sales = tx.execute(&statement, &[&order.as_uuid(), &order.to_string(), &now]).await?;
    if sales > 0 {
        for sql in [VARIANTS, PRODUCTS] {
            let statement = tx.prepare_cached(sql).await?;
            tx.execute(&statement, &[&order.as_uuid()]).await?;
        }
    }
    Ok(())
}

async fn tell(
    tx: &Transaction<'_>,
    settlement: &Settlement<'_>,
    event: &'static str,
    mut payload: serde_json::Value,
) -> Result<(), DbError> {
    let attempt = settlement.attempt;
    payload["orderId"] = attempt.order_id.to_string().into();
    payload["paymentId"] = attempt.payment_id.to_string().into();
    payload["attempt"] = attempt.number.into();
    let aggregate_id = attempt.order_id.to_string();
    write_event(tx, &NewEvent { id: settlement.event, aggregate_id, event, payload }, settlement.now).await
}
