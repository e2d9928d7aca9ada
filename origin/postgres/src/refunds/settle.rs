//! The outcome of a refund: refund, ledger, order and event, in one transaction.

use commerce_api::Amount;
use commerce_domain::state::{OrderEvent, OrderStatus, RefundState};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::refunds::{Refund, RefundSettlement, RefundVerdict};
use rust_decimal::Decimal;
use serde_json::json;

use super::{REFUND, refund};
use crate::{
    Database, DbError, Isolation,
    orders::{reopened, withdraw},
    outbox::{NewEvent, write_event},
    payments::write_receipt,
};

const ORDER: &str = "select status from orders where id = $1 for update";
const MOVE: &str = "update refunds set state = $2, failure_code = $3, updated_at = $4 where id = $1";
const ENTRY: &str = "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
    select payment_id, order_id, $2, $3::numeric * amount, currency, $4, $5 from refunds where id = $1";
// What a bank has called back did not go back by a refund: the order goes on, or somebody decides.
const NOTHING_LEFT: &str = "select coalesce(sum(amount), 0) = 0 from ledger_entries
    where order_id = $1 and kind in ('capture', 'refund', 'refund_failed')";
const MOVE_ORDER: &str = "update orders set status = $2, version = version + 1, updated_at = $3 where id = $1";

impl Database {
    pub(super) async fn write_refund_settlement(&self, settlement: RefundSettlement<'_>) -> Result<Refund, DbError> {
        self.run_tx("settle_refund", Isolation::ReadCommitted, &settlement, |tx, settlement| {
            settle(tx, *settlement).boxed()
        })
        .await
    }
}

async fn settle(tx: &Transaction<'_>, settlement: RefundSettlement<'_>) -> Result<Refund, DbError> {
    let (id, order) = (settlement.refund.id.as_uuid(), settlement.refund.order_id.as_uuid());
    let statement = tx.prepare_cached(ORDER).await?;
    let status: OrderStatus =
        tx.query_one(&statement, &[&order]).await?.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let statement = tx.prepare_cached(&format!("{REFUND} where r.id = $1")).await?;
    let found = refund(&tx.query_one(&statement, &[&id]).await?)?;
    if let Some(receipt) = settlement.receipt {
        write_receipt(tx, receipt).await?;
    }
    let Ok(state) = found.state.on(settlement.verdict.event()) else { return Ok(found) };
    let failure = match settlement.verdict {
        RefundVerdict::Failed(decline) => Some(decline.code.clone()),
        RefundVerdict::Succeeded => None,
    };
    let statement = tx.prepare_cached(MOVE).await?;
    tx.execute(&statement, &[&id, &state.as_str(), &failure, &settlement.now]).await?;
    let mut next = status;
    match (found.state, state) {
        (_, RefundState::Succeeded) => {
            entry(tx, settlement, "refund", -1).await?;
            next = after_refund(tx, settlement, status).await?;
            move_order(tx, settlement, next).await?;
        }
        (RefundState::Succeeded, _) => {
            entry(tx, settlement, "refund_failed", 1).await?;
            next = after_bounce(tx, settlement, status).await?;
            move_order(tx, settlement, next).await?;
        }
        _ => {}
    }
    let settled = Refund { state, failure, ..found };
    tell(tx, settlement, &settled).await?;
    if status == OrderStatus::Processing && next == OrderStatus::Refunded {
        withdraw(tx, settlement.refund.order_id, settlement.now).await?;
    }
    Ok(settled)
}

async fn entry(tx: &Transaction<'_>, settlement: RefundSettlement<'_>, kind: &str, sign: i64) -> Result<(), DbError> {
    let refund = settlement.refund.id;
    let (reference, sign) = (refund.to_string(), Decimal::from(sign));
    let statement = tx.prepare_cached(ENTRY).await?;
    tx.execute(&statement, &[&refund.as_uuid(), &kind, &sign, &reference, &settlement.now]).await?;
    Ok(())
}

/// An order whose money has all gone back is REFUNDED, unless it was called off before.
async fn after_refund(
    tx: &Transaction<'_>,
    settlement: RefundSettlement<'_>,
    status: OrderStatus,
) -> Result<OrderStatus, DbError> {
    let Ok(refunded) = status.on(OrderEvent::Refund) else { return Ok(status) };
    let statement = tx.prepare_cached(NOTHING_LEFT).await?;
    let nothing_left = tx.query_one(&statement, &[&settlement.refund.order_id.as_uuid()]).await?.try_get(0)?;
    Ok(if nothing_left { refunded } else { status })
}

/// A REFUNDED order of whose money some is here again stands where its goods are.
async fn after_bounce(
    tx: &Transaction<'_>,
    settlement: RefundSettlement<'_>,
    status: OrderStatus,
) -> Result<OrderStatus, DbError> {
    match status {
        OrderStatus::Refunded => reopened(tx, settlement.refund.order_id, settlement.now).await,
        _ => Ok(status),
    }
}

/// What has gone back of an order is a part of it, whether or not its status moves.
async fn move_order(
    tx: &Transaction<'_>,
    settlement: RefundSettlement<'_>,
    status: OrderStatus,
) -> Result<(), DbError> {
    let statement = tx.prepare_cached(MOVE_ORDER).await?;
    let order = settlement.refund.order_id.as_uuid();
    tx.execute(&statement, &[&order, &status.as_str(), &settlement.now]).await?;
    Ok(())
}

async fn tell(tx: &Transaction<'_>, settlement: RefundSettlement<'_>, refund: &Refund) -> Result<(), DbError> {
    let amount = refund.amount;
    let mut payload = json!({
        "orderId": refund.order_id, "paymentId": refund.payment_id, "refundId": refund.id,
        "amount": Amount::from(amount), "currency": amount.currency().code(),
    });
    let event = match &refund.failure {
        None => "RefundSucceeded",
        Some(code) => {
            payload["reason"] = code.as_str().into();
            "RefundFailed"
        }
    };
    let aggregate_id = refund.order_id.to_string();
    write_event(tx, &NewEvent { id: settlement.event, aggregate_id, event, payload }, settlement.now).await
}
