//! Which of the carrier's webhooks were handled. They are forgotten with those of the payment provider.

use deadpool_postgres::Transaction;
use origin_core::payments::WebhookReceipt;

use crate::{Database, DbError};

/// How the carrier's events are told from those of payment providers.
const PROVIDER: &str = "carrier";
const IS_HANDLED: &str = "select exists (select from webhook_events where provider = $1 and event_id = $2)";
const INSERT: &str = "insert into webhook_events (provider, event_id, type, received_at) values ($1, $2, $3, $4)
    on conflict (provider, event_id) do nothing";

impl Database {
    pub(super) async fn is_carrier_receipt_there(&self, event_id: &str) -> Result<bool, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(IS_HANDLED).await?;
        Ok(client.query_one(&statement, &[&PROVIDER, &event_id]).await?.try_get(0)?)
    }

    pub(super) async fn insert_carrier_receipt(&self, receipt: &WebhookReceipt<'_>) -> Result<(), DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(INSERT).await?;
        client.execute(&statement, &[&PROVIDER, &receipt.event_id, &receipt.kind, &receipt.received_at]).await?;
        Ok(())
    }
}

/// Notes that an event was handled, with what that brought about.
pub(super) async fn write_receipt(tx: &Transaction<'_>, receipt: &WebhookReceipt<'_>) -> Result<(), DbError> {
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(&statement, &[&PROVIDER, &receipt.event_id, &receipt.kind, &receipt.received_at]).await?;
    Ok(())
}
