//! A verdict, and all that follows from it: payment, attempt, ledger, order, stock ledger, event, claim and receipt, in one
//! transaction.

use commerce_api::Amount;
use commerce_domain::{
    Money,
    state::{OrderEvent, OrderStatus, PaymentEvent, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    inventory::LONGEST_HOLD,
    orders::{Cancellation, CloseReason},
    payments::{Attempt, Decline, HoldMove, SetAside, Settled, Settlement, Verdict},
    refunds::RefundReason,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    hold_note::{STRANDED, hold_step, step_name},
    webhooks::write_receipt,
};
use crate::{
    Database, DbError, Isolation,
    idempotency::finish_key,
    orders::end_called_off,
    outbox::{NewEvent, write_event},
    refunds::write_automatic_refund,
    stock_ledger::{write_returns, write_sales},
};

const ORDER: &str = "select status, closing from orders where id = $1 for update";
const PAYMENT: &str = "select p.state, a.state, a.number = p.attempts, a.decline_code, a.decline_message, a.hold_step,
        p.intent_id is not null, p.capture_before is not null
    from payments p join payment_attempts a on a.payment_id = p.id where p.id = $1 and a.id = $2 for update of p";
const MOVE_PAYMENT: &str = "update payments set state = $2, receipt_url = coalesce($3, receipt_url), updated_at = $4,
        capture_before = coalesce(capture_before, $5) where id = $1";
const MOVE_ATTEMPT: &str = "update payment_attempts
    set state = $2, decline_code = $3, decline_message = $4, hold_step = $5, updated_at = $6,
        look_again_at = case when $2 = 'SUCCEEDED' then null else look_again_at end where id = $1";
const LIVE: &str = "select id, state from payment_attempts
    where order_id = $1 and id <> $2 and state not in ('SUCCEEDED', 'FAILED', 'CANCELED')";
const LEAVE_HOLD: &str =
    "update payment_attempts set hold_step = null where order_id = $1 and id <> $2 and hold_step is not null";
const CAPTURE: &str = "insert into ledger_entries (payment_id, order_id, kind, amount, currency, reference, created_at)
    select id, order_id, 'capture', $4, currency, $2, $3 from payments where id = $1
    on conflict on constraint ledger_entries_cause_once do nothing";
const PAY_ORDER: &str = "update orders set status = $2, payment_status = $3, closing = null, closing_since = null,
        version = version + 1, updated_at = $4 where id = $1";
// Money that was set aside had the goods held for days.
const NOTE_FAILURE: &str = "update orders set payment_status = 'failed', version = version + 1, updated_at = $2,
        reserved_until = least(reserved_until, created_at + make_interval(mins => $3)) where id = $1";
const NOTE_ON_ORDER: &str =
    "update orders set payment_status = $2, version = version + 1, updated_at = $3 where id = $1";
const HOLD_ORDER: &str = "update orders set payment_status = 'authorised', reserved_until = $2, version = version + 1,
        updated_at = $3 where id = $1 and status = 'PENDING'";

impl Database {
    pub(super) async fn write_settlement(&self, settlement: &Settlement<'_>) -> Result<Settled, DbError> {
        self.run_tx("settle_payment", Isolation::ReadCommitted, settlement, |tx, settlement| {
            settle(tx, settlement).boxed()
        })
        .await
    }
}

async fn settle(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<Settled, DbError> {
    let (attempt, event) = (settlement.attempt, settlement.verdict.event());
    let order = Order::lock(tx, attempt).await?;
    let found = Found::read(tx, attempt).await?;
    let mut settled = found.settled();
    let (mut sold, mut called_off) = (false, None);
    if let Some((attempt_state, payment_state)) = found.moved_by(settlement.verdict) {
        if event == PaymentEvent::Succeed {
            end_others(tx, settlement).await?;
        }
        sold = event == PaymentEvent::Succeed && order.status.on(OrderEvent::Pay).is_ok();
        called_off = order.called_off.filter(|_| sold);
        let step = if sold { HoldMove::Consume } else { HoldMove::GiveBack };
        // What the hold of an order has to do that is called off, its end says.
        let hold = (attempt_state.is_over() && called_off.is_none()).then_some(step);
        settled = Settled { stands: true, attempt: attempt_state, payment: payment_state, decline: None, hold };
        move_payment(tx, settlement, &settled).await?;
        follow(tx, settlement, order, found.set_aside).await?;
    } else if found.agrees_with(event) {
        settled.stands = true;
    } else if event == PaymentEvent::Succeed && found.payment == PaymentState::Canceled {
        strand(tx, settlement).await?;
    } else if event == PaymentEvent::Succeed && found.payment != PaymentState::Succeeded {
        tracing::error!(payment.id = %attempt.payment_id, payment.state = found.payment.as_str(), "money was taken for a payment that cannot succeed");
    }
    if settled.stands
        && let Some((key, fence, answer)) = settlement.claim
    {
        finish_key(tx, key, fence, answer, settlement.now).await?;
    }
    if let Some(receipt) = settlement.receipt {
        write_receipt(tx, receipt).await?;
    }
    if sold {
        write_sales(tx, attempt.order_id, settlement.now).await?;
    }
    if called_off.is_some() {
        write_returns(tx, attempt.order_id, settlement.now).await?;
    }
    Ok(settled)
}

/// Where the order stands before the verdict, and who waits for its end.
#[derive(Clone, Copy)]
struct Order {
    status: OrderStatus,
    called_off: Option<CloseReason>,
}

impl Order {
    async fn lock(tx: &Transaction<'_>, attempt: &Attempt) -> Result<Self, DbError> {
        let statement = tx.prepare_cached(ORDER).await?;
        let row = tx.query_one(&statement, &[&attempt.order_id.as_uuid()]).await?;
        let closing: Option<CloseReason> =
            row.try_get::<_, Option<&str>>(1)?.map(str::parse).transpose().map_err(DbError::broken)?;
        Ok(Self {
            status: row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?,
            // Money that comes after the time of an order was over pays it; one that somebody called off stays called off.
            called_off: closing.filter(|reason| *reason != CloseReason::Expired),
        })
    }
}

/// Where payment and attempt stand before the verdict.
struct Found {
    payment: PaymentState,
    attempt: PaymentState,
    latest: bool,
    decline: Option<Decline>,
    hold: Option<HoldMove>,
    announced: bool,
    set_aside: bool,
}

impl Found {
    async fn read(tx: &Transaction<'_>, attempt: &Attempt) -> Result<Self, DbError> {
        let statement = tx.prepare_cached(PAYMENT).await?;
        let row = tx.query_one(&statement, &[&attempt.payment_id.as_uuid(), &attempt.id.as_uuid()]).await?;
        let state = |column: usize| -> Result<PaymentState, DbError> {
            row.try_get::<_, &str>(column)?.parse().map_err(DbError::broken)
        };
        let (code, message): (Option<String>, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
        Ok(Self {
            payment: state(0)?,
            attempt: state(1)?,
            latest: row.try_get(2)?,
            decline: code.map(|code| Decline { code, message: message.unwrap_or_default() }),
            hold: row.try_get::<_, Option<&str>>(5)?.map(hold_step).transpose()?,
            announced: row.try_get(6)?,
            set_aside: row.try_get(7)?,
        })
    }

    /// What stands, if the verdict changes nothing. A hold that an attempt took up after it had ended is given back as well;
    /// but where another one has paid, the hold follows that one.
    fn settled(&self) -> Settled {
        let unpaid = self.attempt.is_over() && self.payment != PaymentState::Succeeded;
        Settled {
            stands: false,
            attempt: self.attempt,
            payment: self.payment,
            decline: self.decline.clone(),
            hold: self.hold.or(unpaid.then_some(HoldMove::GiveBack)),
        }
    }

    /// What the verdict makes of attempt and payment, if anything. That the money was taken is a fact, whichever attempt
    /// learns of it; all else about an attempt that has a successor is an old story. And who could not announce a payment
    /// does not call off one that another request has announced, and may be charging for.
    fn moved_by(&self, verdict: &Verdict) -> Option<(PaymentState, PaymentState)> {
        let event = verdict.event();
        let heard = match verdict {
            Verdict::Succeeded { .. } => true,
            Verdict::NotAnnounced { .. } => self.latest && !self.announced,
            _ => self.latest,
        };
        heard.then(|| self.attempt.on(event).ok().zip(self.payment.on(event).ok())).flatten()
    }

    /// Whether the event, which every attempt can meet at its beginning, has led the attempt where it stands. Never a failure
    /// of an attempt whose payment has succeeded by another.
    fn agrees_with(&self, event: PaymentEvent) -> bool {
        let paid_otherwise = self.payment == PaymentState::Succeeded && event != PaymentEvent::Succeed;
        !paid_otherwise && PaymentState::Created.on(event) == Ok(self.attempt)
    }
}

async fn move_payment(tx: &Transaction<'_>, settlement: &Settlement<'_>, settled: &Settled) -> Result<(), DbError> {
    let (attempt, now) = (settlement.attempt, settlement.now);
    let receipt = match settlement.verdict {
        Verdict::Succeeded { receipt_url, .. } => receipt_url.as_deref(),
        _ => None,
    };
    let (code, message) = match settlement.verdict {
        Verdict::Declined(decline) => (Some(decline.code.as_str()), Some(decline.message.as_str())),
        Verdict::NotAnnounced { reason } => (Some(*reason), None),
        _ => (None, None),
    };
    let aside = match settlement.verdict {
        Verdict::Authorised { capture_before } => Some(SetAside::at(now, *capture_before).capture_before),
        _ => None,
    };
    let statement = tx.prepare_cached(MOVE_PAYMENT).await?;
    tx.execute(&statement, &[&attempt.payment_id.as_uuid(), &settled.payment.as_str(), &receipt, &now, &aside]).await?;
    let (state, hold) = (settled.attempt.as_str(), settled.hold.map(step_name));
    let statement = tx.prepare_cached(MOVE_ATTEMPT).await?;
    tx.execute(&statement, &[&attempt.id.as_uuid(), &state, &code, &message, &hold, &now]).await?;
    Ok(())
}

/// An attempt has paid: another one that is under way is over, and the hold follows none of the others.
async fn end_others(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<(), DbError> {
    let (order, paid, now) = (settlement.attempt.order_id.as_uuid(), settlement.attempt.id.as_uuid(), settlement.now);
    let statement = tx.prepare_cached(LIVE).await?;
    if let Some(row) = tx.query_opt(&statement, &[&order, &paid]).await? {
        let state: PaymentState = row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
        let ended = state.on(PaymentEvent::Decline).map_err(DbError::broken)?;
        let (code, none): (Option<&str>, Option<&str>) = (Some("paid_by_another_attempt"), None);
        let statement = tx.prepare_cached(MOVE_ATTEMPT).await?;
        tx.execute(&statement, &[&row.try_get::<_, Uuid>(0)?, &ended.as_str(), &code, &none, &none, &now]).await?;
    }
    let statement = tx.prepare_cached(LEAVE_HOLD).await?;
    tx.execute(&statement, &[&order, &paid]).await?;
    Ok(())
}

/// What the verdict brings about beyond the payment, but for the sale.
async fn follow(
    tx: &Transaction<'_>,
    settlement: &Settlement<'_>,
    order: Order,
    set_aside_before: bool,
) -> Result<(), DbError> {
    match settlement.verdict {
        Verdict::Succeeded { .. } => {
            capture(tx, settlement).await?;
            pay_order(tx, settlement, order).await
        }
        Verdict::Declined(decline) => {
            note_failure(tx, settlement).await?;
            tell(tx, settlement, "PaymentFailed", json!({"reason": decline.code})).await
        }
        Verdict::Canceled => canceled(tx, settlement, "canceled_at_provider").await,
        Verdict::NotAnnounced { reason } => canceled(tx, settlement, reason).await,
        Verdict::Authorised { .. } if set_aside_before => Ok(()),
        Verdict::Authorised { capture_before } => set_aside(tx, settlement, *capture_before).await,
        Verdict::RequiresAction { .. } | Verdict::Unknown => Ok(()),
    }
}

async fn canceled(tx: &Transaction<'_>, settlement: &Settlement<'_>, reason: &str) -> Result<(), DbError> {
    note_failure(tx, settlement).await?;
    tell(tx, settlement, "PaymentCanceled", json!({"reason": reason})).await
}

/// The money is set aside: the goods are held as long as it can be taken.
async fn set_aside(
    tx: &Transaction<'_>,
    settlement: &Settlement<'_>,
    capture_before: Option<Timestamp>,
) -> Result<(), DbError> {
    let SetAside { capture_before: until, held_until } = SetAside::at(settlement.now, capture_before);
    let statement = tx.prepare_cached(HOLD_ORDER).await?;
    tx.execute(&statement, &[&settlement.attempt.order_id.as_uuid(), &held_until, &settlement.now]).await?;
    tell(tx, settlement, "PaymentAuthorised", json!({"captureBefore": until})).await
}

/// Money was taken for a payment that was called off: the charge was on its way by then, and nothing could call it back. The
/// payment stays what it is, and the money goes back. Once, however often it is told.
async fn strand(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<(), DbError> {
    let attempt = settlement.attempt;
    if capture(tx, settlement).await? == 0 {
        return Ok(());
    }
    tracing::error!(payment.id = %attempt.payment_id, "money was taken for a payment that was called off");
    let (payment, refund) = (attempt.payment_id, settlement.refund);
    write_automatic_refund(tx, payment, refund, RefundReason::Stranded, settlement.now).await?;
    tell(tx, settlement, STRANDED, json!({"reason": "payment_canceled"})).await
}

/// What was taken: what was to be paid, unless the provider says otherwise. Money of another currency is none of this ledger's.
fn taken(settlement: &Settlement<'_>) -> Money {
    let amount = settlement.attempt.amount;
    let otherwise = settlement.verdict.taken_otherwise(settlement.attempt);
    otherwise.filter(|taken| taken.currency() == amount.currency()).unwrap_or(amount)
}

/// How many entries the ledger has more: none if it was told of this before.
async fn capture(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<u64, DbError> {
    let (payment, reference) = (settlement.attempt.payment_id.as_uuid(), settlement.attempt.id.to_string());
    let statement = tx.prepare_cached(CAPTURE).await?;
    Ok(tx.execute(&statement, &[&payment, &reference, &settlement.now, &taken(settlement).amount()]).await?)
}

async fn pay_order(tx: &Transaction<'_>, settlement: &Settlement<'_>, found: Order) -> Result<(), DbError> {
    let (order, status) = (settlement.attempt.order_id, found.status);
    let Ok(next) = status.on(OrderEvent::Pay) else {
        // The money is here, and the order is not waiting for it: it goes back.
        tracing::error!(order.id = %order, order.status = status.as_str(), "a payment succeeded for an order that does not expect it");
        note_on_order(tx, settlement, "succeeded").await?;
        let reason = format!("order_{}", status.as_str().to_ascii_lowercase());
        let (payment, refund) = (settlement.attempt.payment_id, settlement.refund);
        write_automatic_refund(tx, payment, refund, RefundReason::Stranded, settlement.now).await?;
        return tell(tx, settlement, STRANDED, json!({"reason": reason})).await;
    };
    let statement = tx.prepare_cached(PAY_ORDER).await?;
    tx.execute(&statement, &[&order.as_uuid(), &next.as_str(), &"succeeded", &settlement.now]).await?;
    let taken = taken(settlement);
    let told = json!({"amount": Amount::from(taken), "currency": taken.currency().code()});
    tell(tx, settlement, "PaymentSucceeded", told).await?;
    if let Some(reason) = found.called_off {
        let (refund, event, now) = (settlement.refund, settlement.order_event, settlement.now);
        return end_called_off(tx, &Cancellation { order_id: order, reason, refund, event, now }).await;
    }
    let processed = NewEvent {
        id: settlement.order_event,
        aggregate_id: order.to_string(),
        event: "OrderProcessed",
        payload: json!({"orderId": order, "paymentId": settlement.attempt.payment_id}),
    };
    write_event(tx, &processed, settlement.now).await
}

async fn note_failure(tx: &Transaction<'_>, settlement: &Settlement<'_>) -> Result<(), DbError> {
    let statement = tx.prepare_cached(NOTE_FAILURE).await?;
    let longest = i32::try_from(LONGEST_HOLD.as_secs() / 60).map_err(DbError::broken)?;
    tx.execute(&statement, &[&settlement.attempt.order_id.as_uuid(), &settlement.now, &longest]).await?;
    Ok(())
}

async fn note_on_order(tx: &Transaction<'_>, settlement: &Settlement<'_>, text: &str) -> Result<(), DbError> {
    let statement = tx.prepare_cached(NOTE_ON_ORDER).await?;
    tx.execute(&statement, &[&settlement.attempt.order_id.as_uuid(), &text, &settlement.now]).await?;
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
    payload["attemptId"] = attempt.id.to_string().into();
    payload["attempt"] = attempt.number.into();
    let aggregate_id = attempt.order_id.to_string();
    write_event(tx, &NewEvent { id: settlement.event, aggregate_id, event, payload }, settlement.now).await
}
