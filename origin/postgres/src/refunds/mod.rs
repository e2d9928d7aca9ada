//! Refunds: written down under the lock of their order, and what their outcome brings about.

mod begin;
mod settle;

use commerce_domain::{Currency, OrderId, PaymentId, RefundId};
use deadpool_postgres::{GenericClient, Object, Transaction};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::Provider,
    refunds::{BeginRefund, NewRefund, Refund, RefundSettlement, RefundStore, Refundable},
    sweep::Turn,
};
use tokio_postgres::Row;
use uuid::Uuid;

pub(crate) use begin::{write_automatic_refund, write_capped_refund};

use crate::{Database, DbError, orders::money, sweep::mixed};

/// The columns that [`refund`] reads.
const REFUND: &str =
    "select r.id, r.payment_id, r.order_id, r.currency::text, r.amount, r.reason, r.state, r.failure_code,
        p.intent_id, r.provider_refund, r.created_at, p.provider
    from refunds r join payments p on p.id = r.payment_id";
const NOTE: &str = "update refunds set provider_refund = $2, updated_at = $3
    where id = $1 and (provider_refund is null or provider_refund = $2)";

impl RefundStore for Database {
    async fn find_refundable(&self, payment: PaymentId) -> Result<Option<Refundable>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(begin::LEFT).await.map_err(DbError::from)?;
        let row = client.query_opt(&statement, &[&payment.as_uuid()]).await.map_err(DbError::from)?;
        Ok(row.as_ref().map(begin::refundable).transpose()?)
    }

    async fn begin_refund(&self, refund: &NewRefund) -> Result<BeginRefund, StoreError> {
        Ok(self.write_refund(refund).await?)
    }

    async fn note_refund(&self, refund: RefundId, provider_id: &str, now: Timestamp) -> Result<(), StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(NOTE).await.map_err(DbError::from)?;
        let noted =
            client.execute(&statement, &[&refund.as_uuid(), &provider_id, &now]).await.map_err(DbError::from)?;
        if noted == 1 { Ok(()) } else { Err(StoreError::broken("the refund has another id at the provider")) }
    }

    async fn settle_refund(&self, settlement: RefundSettlement<'_>) -> Result<Refund, StoreError> {
        Ok(self.write_refund_settlement(settlement).await?)
    }

    async fn find_refund_by_provider_id(
        &self,
        provider: Provider,
        provider_id: &str,
    ) -> Result<Option<Refund>, StoreError> {
        let client = self.client().await?;
        let sql = format!("{REFUND} where r.provider_refund = $1 and p.provider = $2");
        let statement = client.prepare_cached(&sql).await.map_err(DbError::from)?;
        let row = client.query_opt(&statement, &[&provider_id, &provider.as_str()]).await.map_err(DbError::from)?;
        Ok(row.as_ref().map(refund).transpose()?)
    }

    async fn list_pending_refunds(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<RefundId>,
        limit: u32,
    ) -> Result<Vec<Refund>, StoreError> {
        let sql = format!("{REFUND} where r.state = 'PENDING' and r.updated_at <= $1 and {}", mixed("r.id"));
        let after = after.map(RefundId::as_uuid);
        let rows = self.list(&sql, &[&before, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(refund).collect::<Result<_, _>>()?)
    }
}

/// The refund of this cause.
async fn of_cause(tx: &Transaction<'_>, payment: PaymentId, cause: &str) -> Result<Option<Refund>, DbError> {
    let statement = tx.prepare_cached(&format!("{REFUND} where r.payment_id = $1 and r.cause = $2")).await?;
    tx.query_opt(&statement, &[&payment.as_uuid(), &cause]).await?.as_ref().map(refund).transpose()
}

/// The refunds of these payments, oldest first.
pub(crate) async fn refunds_of(client: &Object, payments: &[Uuid]) -> Result<Vec<Refund>, DbError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{REFUND} where r.payment_id = any($1) order by r.created_at, r.id");
    let statement = client.prepare_cached(&sql).await?;
    client.query(&statement, &[&payments]).await?.iter().map(refund).collect()
}

/// The refunds of these ids.
pub(crate) async fn refunds_by_id(client: &impl GenericClient, ids: &[Uuid]) -> Result<Vec<Refund>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let statement = client.prepare_cached(&format!("{REFUND} where r.id = any($1)")).await?;
    let rows = client.query(&statement, &[&ids]).await?;
    rows.iter().map(refund).collect()
}

/// The refund in the columns of [`REFUND`].
fn refund(row: &Row) -> Result<Refund, DbError> {
    let currency: Currency = row.try_get::<_, &str>(3)?.parse().map_err(DbError::broken)?;
    Ok(Refund {
        id: RefundId::from_uuid(row.try_get::<_, Uuid>(0)?).map_err(DbError::broken)?,
        payment_id: PaymentId::from_uuid(row.try_get::<_, Uuid>(1)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get::<_, Uuid>(2)?).map_err(DbError::broken)?,
        amount: money(row, 4, currency)?,
        reason: row.try_get::<_, &str>(5)?.parse().map_err(DbError::broken)?,
        state: row.try_get::<_, &str>(6)?.parse().map_err(DbError::broken)?,
        failure: row.try_get(7)?,
        provider: row.try_get::<_, &str>(11)?.parse().map_err(DbError::broken)?,
        intent_id: row.try_get(8)?,
        provider_id: row.try_get(9)?,
        created_at: row.try_get(10)?,
        fresh: false,
    })
}
