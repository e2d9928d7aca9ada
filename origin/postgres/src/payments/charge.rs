//! Beginning a charge that the customer has agreed to. The order's row is the lock, and what the caller has seen of the attempt is
//! compared under it: of those who learn of the agreement one charges, and nobody for what was called off.

use commerce_domain::{
    AttemptId,
    state::{OrderStatus, PaymentEvent, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::payments::{Attempt, next_look};

use crate::{
    Database, DbError, Isolation,
    orders::{ATTEMPT, attempt as read},
};

const ORDER: &str = "select status, closing is not null from orders where id = $1 for update";
const BEGIN: &str =
    "with attempt as (update payment_attempts set state = $2, updated_at = $3, look_again_at = $4 where id = $1 returning payment_id)
    update payments set state = $2, updated_at = $3 where id = (select payment_id from attempt)";
const LOOK: &str = "update payment_attempts set look_again_at = $2 where id = $1";

impl Database {
    pub(super) async fn write_charge(&self, attempt: &Attempt, now: Timestamp) -> Result<Option<Attempt>, DbError> {
        let args = (attempt, now);
        self.run_tx("begin_charge", Isolation::ReadCommitted, &args, |tx, (attempt, now)| {
            begin(tx, attempt, *now).boxed()
        })
        .await
    }

    pub(super) async fn write_look(&self, attempt: AttemptId, next: Option<Timestamp>) -> Result<(), DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(LOOK).await?;
        client.execute(&statement, &[&attempt.as_uuid(), &next]).await?;
        Ok(())
    }
}

async fn begin(tx: &Transaction<'_>, seen: &Attempt, now: Timestamp) -> Result<Option<Attempt>, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let order = tx.query_one(&statement, &[&seen.order_id.as_uuid()]).await?;
    let (status, closing): (&str, bool) = (order.try_get(0)?, order.try_get(1)?);
    if closing || status != OrderStatus::Pending.as_str() {
        return Ok(None);
    }
    let latest = format!("{ATTEMPT} where a.id = $1 and a.number = p.attempts and p.state <> 'CANCELED'");
    let statement = tx.prepare_cached(&latest).await?;
    let Some(row) = tx.query_opt(&statement, &[&seen.id.as_uuid()]).await? else { return Ok(None) };
    let found = read(&row)?;
    // What this request has begun itself it has not read back: the database's times are coarser than the clock's.
    let unchanged = found.state == seen.state && (seen.fresh || found.updated_at == seen.updated_at);
    if !unchanged || (!seen.fresh && found.is_under_way(now)) {
        return Ok(None);
    }
    let Ok(state @ PaymentState::Created) = found.state.on(PaymentEvent::Charge) else { return Ok(None) };
    let statement = tx.prepare_cached(BEGIN).await?;
    tx.execute(&statement, &[&found.id.as_uuid(), &state.as_str(), &now, &next_look(now, now)]).await?;
    Ok(Some(Attempt { state, updated_at: now, fresh: true, ..found }))
}
