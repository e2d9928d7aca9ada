//! Which webhooks were handled, and which payment they are about.

use commerce_domain::PaymentId;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::{Attempt, DisputeNews, DisputeNoted, Provider, WebhookReceipt, WebhookStore},
};

use crate::{
    Database, DbError,
    orders::{ATTEMPT, attempt},
};

const IS_HANDLED: &str = "select exists (select from webhook_events where provider = $1 and event_id = $2)";
const INSERT: &str = "insert into webhook_events (provider, event_id, type, received_at) values ($1, $2, $3, $4)
    on conflict (provider, event_id) do nothing";
// Two sweeps do not wait for each other.
const FORGET: &str = "delete from webhook_events where (provider, event_id) in (
    select provider, event_id from webhook_events where received_at < $1 order by received_at limit $2
    for update skip locked)";

impl WebhookStore for Database {
    async fn is_webhook_handled(&self, provider: Provider, event_id: &str) -> Result<bool, StoreError> {
        Ok(self.is_handled(provider, event_id).await?)
    }

    async fn find_attempt_by_intent(&self, provider: Provider, intent_id: &str) -> Result<Option<Attempt>, StoreError> {
        Ok(self.attempt_by_intent(provider, intent_id).await?)
    }

    async fn find_attempt_of(&self, provider: Provider, payment: PaymentId) -> Result<Option<Attempt>, StoreError> {
        Ok(self.attempt_of(provider, payment).await?)
    }

    async fn note_webhook(&self, receipt: &WebhookReceipt<'_>) -> Result<(), StoreError> {
        Ok(self.insert_receipt(receipt).await?)
    }

    async fn note_dispute(&self, news: &DisputeNews<'_>) -> Result<DisputeNoted, StoreError> {
        Ok(self.write_dispute(news).await?)
    }

    async fn forget_webhooks(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.delete_receipts(before, limit).await?)
    }
}

impl Database {
    async fn is_handled(&self, provider: Provider, event_id: &str) -> Result<bool, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(IS_HANDLED).await?;
        Ok(client.query_one(&statement, &[&provider.as_str(), &event_id]).await?.try_get(0)?)
    }

    async fn attempt_by_intent(&self, provider: Provider, intent_id: &str) -> Result<Option<Attempt>, DbError> {
        let client = self.client().await?;
        let sql = format!("{ATTEMPT} where p.provider = $1 and p.intent_id = $2 and a.number = p.attempts");
        let statement = client.prepare_cached(&sql).await?;
        client.query_opt(&statement, &[&provider.as_str(), &intent_id]).await?.as_ref().map(attempt).transpose()
    }

    async fn attempt_of(&self, provider: Provider, payment: PaymentId) -> Result<Option<Attempt>, DbError> {
        let client = self.client().await?;
        let sql = format!("{ATTEMPT} where p.provider = $1 and p.id = $2 and a.number = p.attempts");
        let statement = client.prepare_cached(&sql).await?;
        let row = client.query_opt(&statement, &[&provider.as_str(), &payment.as_uuid()]).await?;
        row.as_ref().map(attempt).transpose()
    }

    async fn insert_receipt(&self, receipt: &WebhookReceipt<'_>) -> Result<(), DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(INSERT).await?;
        client
            .execute(&statement, &[&receipt.provider, &receipt.event_id, &receipt.kind, &receipt.received_at])
            .await?;
        Ok(())
    }

    async fn delete_receipts(&self, before: Timestamp, limit: u32) -> Result<u32, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(FORGET).await?;
        let gone = client.execute(&statement, &[&before, &i64::from(limit)]).await?;
        u32::try_from(gone).map_err(DbError::broken)
    }
}

/// Notes that an event was handled, with what that brought about.
pub(crate) async fn write_receipt(tx: &Transaction<'_>, receipt: &WebhookReceipt<'_>) -> Result<(), DbError> {
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(&statement, &[&receipt.provider, &receipt.event_id, &receipt.kind, &receipt.received_at]).await?;
    Ok(())
}
