//! What the reconciliation has found: events, and corrections of the ledger.

use commerce_domain::{EventId, VariantId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::inventory::{Finding, LedgerCorrection};
use serde_json::json;

use super::{
    audit::{ledger_sql, ledger_sum},
    entry::{lock, write_entry},
};
use crate::{
    Database, DbError, Isolation,
    outbox::{NewEvent, write_event},
};

// The lock of the events about a variant.
const LOCK_VARIANT: &str = "select from variants where id = $1 for no key update";

impl Database {
    pub(super) async fn write_correction(&self, correction: &LedgerCorrection<'_>) -> Result<bool, DbError> {
        self.run_tx("correct_ledger", Isolation::ReadCommitted, correction, |tx, correction| {
            correct(tx, correction).boxed()
        })
        .await
    }

    pub(super) async fn write_finding(&self, finding: &Finding, event: EventId, now: Timestamp) -> Result<(), DbError> {
        let args = (finding, event, now);
        self.run_tx("tell_finding", Isolation::ReadCommitted, &args, |tx, (finding, event, now)| {
            async move {
                lock_variant(tx, finding.variant_id).await?;
                tell(tx, finding, *event, *now).await
            }
            .boxed()
        })
        .await
    }
}

async fn correct(tx: &Transaction<'_>, correction: &LedgerCorrection<'_>) -> Result<bool, DbError> {
    let (seen, now) = (correction.seen, correction.now);
    lock(tx, seen.variant_id).await?;
    lock_variant(tx, seen.variant_id).await?;
    let statement = tx.prepare_cached(&ledger_sql("select * from variants where id = $1")).await?;
    if ledger_sum(&tx.query_one(&statement, &[&seen.variant_id.as_uuid()]).await?)? != *seen {
        return Ok(false);
    }
    write_entry(tx, seen.variant_id, "correction", correction.quantity, &correction.reference, now).await?;
    tell(tx, correction.finding, correction.event, now).await?;
    Ok(true)
}

async fn lock_variant(tx: &Transaction<'_>, variant: VariantId) -> Result<(), DbError> {
    let statement = tx.prepare_cached(LOCK_VARIANT).await?;
    tx.execute(&statement, &[&variant.as_uuid()]).await?;
    Ok(())
}

async fn tell(tx: &Transaction<'_>, finding: &Finding, id: EventId, now: Timestamp) -> Result<(), DbError> {
    let mut payload = json!({
        "productId": finding.product_id,
        "variantId": finding.variant_id,
        "kind": finding.drift.as_str(),
        "counted": finding.counted,
        "ledger": finding.expected,
    });
    if let Some(order) = finding.order_id {
        payload["orderId"] = json!(order);
    }
    let aggregate_id = finding.variant_id.to_string();
    write_event(tx, &NewEvent { id, aggregate_id, event: "StockMismatch", payload }, now).await
}
