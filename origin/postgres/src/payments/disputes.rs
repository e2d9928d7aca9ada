//! Disputes: what the provider says of one, with the ledger and the events, in one transaction.

use commerce_api::Amount;
use commerce_domain::{
    EventId,
    state::{OrderStatus, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::{
    payments::{DisputeNews, DisputeNoted, DisputeOutcome},
    refunds::{NewRefund, RefundReason},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::webhooks::write_receipt;
use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_event},
    refunds::write_capped_refund,
};

// The events are the order's, and its row is their lock.
const LOCK_ORDER: &str =
    "select status, (select state from payments where id = $2) from orders where id = $1 for update";
const OPEN: &str =
    "insert into disputes (provider, dispute_id, payment_id, order_id, amount, currency, reason, opened_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (provider, dispute_id) do nothing";
const CLOSE: &str = "update disputes set outcome = $3, closed_at = $4
    where provider = $1 and dispute_id = $2 and outcome is null";
const ENTRY: &str = "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint ledger_entries_cause_once do nothing";

impl Database {
    pub(super) async fn write_dispute(&self, news: &DisputeNews<'_>) -> Result<DisputeNoted, DbError> {
        self.run_tx("note_dispute", Isolation::ReadCommitted, news, |tx, news| write(tx, news).boxed()).await
    }
}

async fn write(tx: &Transaction<'_>, news: &DisputeNews<'_>) -> Result<DisputeNoted, DbError> {
    let dispute = news.dispute;
    let statement = tx.prepare_cached(LOCK_ORDER).await?;
    let row = tx.query_one(&statement, &[&news.attempt.order_id.as_uuid(), &news.attempt.payment_id.as_uuid()]).await?;
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let payment: PaymentState = row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    let opened = open(tx, news).await?;
    if dispute.withdrawn {
        let taken = -dispute.amount.amount();
        enter(tx, news, "dispute", taken).await?;
    }
    if dispute.reinstated && enter(tx, news, "dispute_won", dispute.amount.amount()).await? {
        send_back(tx, news, status, payment).await?;
    }
    if opened {
        tell(tx, news, news.opened_event, "DisputeOpened", json!({"reason": dispute.reason})).await?;
    }
    let closed = match dispute.outcome {
        Some(outcome) => close(tx, news, outcome).await?,
        None => false,
    };
    write_receipt(tx, news.receipt).await?;
    Ok(DisputeNoted { opened, closed })
}

/// Whether the dispute was not known.
async fn open(tx: &Transaction<'_>, news: &DisputeNews<'_>) -> Result<bool, DbError> {
    let (dispute, attempt) = (news.dispute, news.attempt);
    let (payment, order) = (attempt.payment_id.as_uuid(), attempt.order_id.as_uuid());
    let (amount, currency) = (dispute.amount.amount(), dispute.amount.currency().code());
    let statement = tx.prepare_cached(OPEN).await?;
    let opened = tx
        .execute(
            &statement,
            &[
                &attempt.provider.as_str(),
                &dispute.id,
                &payment,
                &order,
                &amount,
                &currency,
                &dispute.reason,
                &news.now,
            ],
        )
        .await?;
    Ok(opened == 1)
}

/// Whether its end was not known.
async fn close(tx: &Transaction<'_>, news: &DisputeNews<'_>, outcome: DisputeOutcome) -> Result<bool, DbError> {
    let provider = news.attempt.provider.as_str();
    let statement = tx.prepare_cached(CLOSE).await?;
    let closed = tx.execute(&statement, &[&provider, &news.dispute.id, &outcome.as_str(), &news.now]).await? == 1;
    if closed {
        tell(tx, news, news.closed_event, "DisputeClosed", json!({"outcome": outcome.as_str()})).await?;
    }
    Ok(closed)
}

/// Writes a movement of the disputed money down, once. Whether it was not there.
async fn enter(tx: &Transaction<'_>, news: &DisputeNews<'_>, kind: &str, amount: Decimal) -> Result<bool, DbError> {
    let (dispute, attempt) = (news.dispute, news.attempt);
    let (payment, order) = (attempt.payment_id.as_uuid(), attempt.order_id.as_uuid());
    let currency = dispute.amount.currency().code();
    let statement = tx.prepare_cached(ENTRY).await?;
    Ok(tx.execute(&statement, &[&payment, &order, &kind, &amount, &currency, &dispute.id, &news.now]).await? == 1)
}

/// Money that is here again of an order, or of a payment, that was called off meanwhile goes to its customer: there was none to
/// send back then.
async fn send_back(
    tx: &Transaction<'_>,
    news: &DisputeNews<'_>,
    status: OrderStatus,
    payment: PaymentState,
) -> Result<(), DbError> {
    let over = matches!(status, OrderStatus::Cancelled | OrderStatus::Failed) || payment == PaymentState::Canceled;
    if !over {
        return Ok(());
    }
    let refund = NewRefund {
        id: news.refund,
        payment_id: news.attempt.payment_id,
        cause: "dispute_won".to_owned(),
        amount: None,
        reason: RefundReason::OrderCancelled,
        now: news.now,
    };
    write_capped_refund(tx, &refund).await.map(drop)
}

async fn tell(
    tx: &Transaction<'_>,
    news: &DisputeNews<'_>,
    id: EventId,
    event: &'static str,
    mut payload: Value,
) -> Result<(), DbError> {
    let (dispute, attempt) = (news.dispute, news.attempt);
    payload["orderId"] = json!(attempt.order_id);
    payload["paymentId"] = json!(attempt.payment_id);
    payload["disputeId"] = json!(dispute.id);
    payload["amount"] = json!(Amount::from(dispute.amount));
    payload["currency"] = json!(dispute.amount.currency().code());
    let aggregate_id = attempt.order_id.to_string();
    write_event(tx, &NewEvent { id, aggregate_id, event, payload }, news.now).await
}
