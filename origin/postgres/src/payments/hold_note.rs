//! What the hold on an order's stock has yet to do about an attempt, and that it has done it.

use commerce_domain::{AttemptId, PaymentId, state::PaymentState};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::{
    orders::{Cancellation, CloseReason},
    payments::{HoldMove, HoldNote},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Database, DbError, Isolation,
    orders::end_stranded,
    outbox::{NewEvent, write_event},
};

/// The event of money that was taken for goods which will not leave for it.
pub(super) const STRANDED: &str = "PaymentStranded";

const STEP: &str = "select state, hold_step from payment_attempts where id = $1";
const LOCK_ORDER: &str = "select from orders where id = $1 for update";
const NOTE: &str = "update payment_attempts set hold_step = null where id = $1 and hold_step is not null
    returning payment_id, number";

/// How the column spells a step.
pub(super) fn step_name(step: HoldMove) -> &'static str {
    match step {
        HoldMove::Consume => "consume",
        HoldMove::GiveBack => "give_back",
    }
}

/// The step that the column spells.
pub(crate) fn hold_step(name: &str) -> Result<HoldMove, DbError> {
    let steps = [HoldMove::Consume, HoldMove::GiveBack];
    steps.into_iter().find(|step| step_name(*step) == name).ok_or_else(|| DbError::broken("unknown hold step"))
}

impl Database {
    /// What the hold has to do that waits for the attempt. One that has paid says so itself; any other that is over gives back.
    pub(super) async fn hold_move(&self, attempt: AttemptId) -> Result<Option<HoldMove>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(STEP).await?;
        let Some(row) = client.query_opt(&statement, &[&attempt.as_uuid()]).await? else { return Ok(None) };
        let state: PaymentState = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
        let step = row.try_get::<_, Option<&str>>(1)?.map(hold_step).transpose()?;
        let unpaid = state.is_over() && state != PaymentState::Succeeded;
        Ok(step.or(unpaid.then_some(HoldMove::GiveBack)))
    }

    pub(super) async fn write_hold_note(&self, note: &HoldNote) -> Result<(), DbError> {
        self.run_tx("note_hold", Isolation::ReadCommitted, note, |tx, note| write_note(tx, note).boxed()).await
    }
}

async fn write_note(tx: &Transaction<'_>, note: &HoldNote) -> Result<(), DbError> {
    let step = note.step;
    if note.stranded {
        let statement = tx.prepare_cached(LOCK_ORDER).await?;
        tx.execute(&statement, &[&step.order_id.as_uuid()]).await?;
    }
    let statement = tx.prepare_cached(NOTE).await?;
    let noted = tx.query_opt(&statement, &[&step.attempt_id.as_uuid()]).await?;
    let Some(row) = noted.filter(|_| note.stranded) else { return Ok(()) };
    let payment = PaymentId::from_uuid(row.try_get::<_, Uuid>(0)?).map_err(DbError::broken)?;
    let payload = json!({
        "orderId": step.order_id, "paymentId": payment, "attemptId": step.attempt_id,
        "attempt": row.try_get::<_, i32>(1)?, "reason": "hold_released",
    });
    let aggregate_id = step.order_id.to_string();
    write_event(tx, &NewEvent { id: note.event, aggregate_id, event: STRANDED, payload }, note.now).await?;
    let end = Cancellation {
        order_id: step.order_id,
        reason: CloseReason::Stranded,
        refund: note.refund,
        event: note.order_event,
        now: note.now,
    };
    end_stranded(tx, &end).await
}
