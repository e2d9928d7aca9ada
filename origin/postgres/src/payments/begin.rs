//! Beginning an attempt, or finding the one that is under way. The order's row is the lock.

use commerce_domain::{
    Currency, Money, OrderId, PaymentId,
    state::{OrderStatus, PaymentEvent, PaymentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    inventory::extended,
    payments::{Attempt, Begun, NewAttempt, Provider},
};
use tokio_postgres::Row;

use crate::{
    Database, DbError, Isolation,
    orders::{ATTEMPT, attempt, money},
};

const ORDER: &str = "select status, currency::text, total, reserved_until, created_at, closing is not null from orders
    where id = $1 and user_id = $2 for update";
const PAYMENT: &str =
    "select id, state, intent_id, attempts, provider from payments where order_id = $1 and state <> 'CANCELED'";
const NEW_PAYMENT: &str = "insert into payments (id, order_id, customer_id, provider, state, amount, currency, attempts, created_at, updated_at)
    select $1, id, user_id, $3, 'CREATED', total, currency, 1, $4, $4 from orders where id = $2";
const EXTEND: &str = "update orders set reserved_until = $2 where id = $1";
const NEXT: &str = "update payments set state = $2, attempts = $3, updated_at = $4 where id = $1";
const INSERT: &str =
    "insert into payment_attempts (id, payment_id, order_id, number, payment_method, state, created_at, updated_at)
    values ($1, $2, $3, $4, $5, 'CREATED', $6, $6)";

impl Database {
    pub(super) async fn write_attempt(&self, new: &NewAttempt) -> Result<Begun, DbError> {
        self.run_tx("begin_attempt", Isolation::ReadCommitted, new, |tx, new| begin(tx, new).boxed()).await
    }
}

async fn begin(tx: &Transaction<'_>, new: &NewAttempt) -> Result<Begun, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let Some(order) = tx.query_opt(&statement, &[&new.order_id.as_uuid(), &new.customer_id.as_uuid()]).await? else {
        return Ok(Begun::NoOrder);
    };
    let status: OrderStatus = order.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let currency: Currency = order.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    let amount = money(&order, 2, currency)?;
    let payment = Payment::find(tx, new.order_id).await?;
    match (&payment, status) {
        (Some(payment), _) if payment.state == PaymentState::Succeeded => return Ok(Begun::Paid(payment.id)),
        (_, OrderStatus::Pending) => {}
        (_, status) => return Ok(Begun::Closed(status)),
    }
    if order.try_get(5)? {
        return Ok(Begun::Closing);
    }
    let live = live(tx, new.order_id).await?;
    let hold_until: Timestamp = order.try_get(3)?;
    // A live attempt is looked after whatever the time: it may have charged. A new one is not begun once the hold is over.
    if live.is_none() && hold_until <= new.now {
        return Ok(Begun::Expired);
    }
    // Who begins to pay is given time to finish.
    let terms = Terms { amount, hold_until: extended(order.try_get(4)?, hold_until, new.now) };
    let attempt = match (payment, live) {
        (Some(_), Some(live)) => return Ok(Begun::Attempt(Box::new(live))),
        (None, _) => first(tx, new, terms).await?,
        (Some(payment), None) if payment.has_to_end(new) => {
            let failed = latest(tx, payment.id).await?;
            return Ok(Begun::CallOff(Box::new(failed)));
        }
        (Some(payment), None) => match payment.state.on(PaymentEvent::Retry) {
            Ok(state) => next(tx, new, &payment, state, terms).await?,
            Err(illegal) => return Ok(Begun::Illegal(illegal)),
        },
    };
    if terms.hold_until > hold_until {
        let statement = tx.prepare_cached(EXTEND).await?;
        tx.execute(&statement, &[&new.order_id.as_uuid(), &terms.hold_until]).await?;
    }
    Ok(Begun::Attempt(Box::new(attempt)))
}

/// What a new attempt is to bring, and until when the stock is held for it.
#[derive(Clone, Copy)]
struct Terms {
    amount: Money,
    hold_until: Timestamp,
}

struct Payment {
    id: PaymentId,
    state: PaymentState,
    intent_id: Option<String>,
    attempts: i32,
    provider: Provider,
}

impl Payment {
    /// Whether the next attempt needs an intent of its own, so that this one has to be called off first.
    fn has_to_end(&self, new: &NewAttempt) -> bool {
        let other = self.provider != new.provider() || self.provider.has_an_intent_for_each_attempt();
        self.state == PaymentState::Failed && other
    }

    async fn find(tx: &Transaction<'_>, order: OrderId) -> Result<Option<Self>, DbError> {
        let statement = tx.prepare_cached(PAYMENT).await?;
        let row = tx.query_opt(&statement, &[&order.as_uuid()]).await?;
        let read = |row: Row| {
            Ok(Self {
                id: PaymentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
                state: row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?,
                intent_id: row.try_get(2)?,
                attempts: row.try_get(3)?,
                provider: row.try_get::<_, &str>(4)?.parse().map_err(DbError::broken)?,
            })
        };
        row.map(read).transpose()
    }
}

/// The attempt that is under way, or has succeeded.
async fn live(tx: &Transaction<'_>, order: OrderId) -> Result<Option<Attempt>, DbError> {
    let sql = format!("{ATTEMPT} where a.order_id = $1 and a.state not in ('FAILED', 'CANCELED')");
    let statement = tx.prepare_cached(&sql).await?;
    tx.query_opt(&statement, &[&order.as_uuid()]).await?.as_ref().map(attempt).transpose()
}

async fn latest(tx: &Transaction<'_>, payment: PaymentId) -> Result<Attempt, DbError> {
    let statement = tx.prepare_cached(&format!("{ATTEMPT} where p.id = $1 and a.number = p.attempts")).await?;
    attempt(&tx.query_one(&statement, &[&payment.as_uuid()]).await?)
}

async fn first(tx: &Transaction<'_>, new: &NewAttempt, terms: Terms) -> Result<Attempt, DbError> {
    let statement = tx.prepare_cached(NEW_PAYMENT).await?;
    let provider = new.provider().as_str();
    tx.execute(&statement, &[&new.payment_id.as_uuid(), &new.order_id.as_uuid(), &provider, &new.now]).await?;
    insert(tx, new, new.payment_id, 1).await?;
    begun(new, new.payment_id, None, 1, terms)
}

async fn next(
    tx: &Transaction<'_>,
    new: &NewAttempt,
    payment: &Payment,
    state: PaymentState,
    terms: Terms,
) -> Result<Attempt, DbError> {
    let number = payment.attempts + 1;
    let statement = tx.prepare_cached(NEXT).await?;
    tx.execute(&statement, &[&payment.id.as_uuid(), &state.as_str(), &number, &new.now]).await?;
    insert(tx, new, payment.id, number).await?;
    begun(new, payment.id, payment.intent_id.clone(), number, terms)
}

async fn insert(tx: &Transaction<'_>, new: &NewAttempt, payment: PaymentId, number: i32) -> Result<(), DbError> {
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(
        &statement,
        &[
            &new.attempt_id.as_uuid(),
            &payment.as_uuid(),
            &new.order_id.as_uuid(),
            &number,
            &new.payment_method,
            &new.now,
        ],
    )
    .await?;
    Ok(())
}

fn begun(
    new: &NewAttempt,
    payment_id: PaymentId,
    intent_id: Option<String>,
    number: i32,
    terms: Terms,
) -> Result<Attempt, DbError> {
    Ok(Attempt {
        id: new.attempt_id,
        number: u32::try_from(number).map_err(DbError::broken)?,
        payment_id,
        order_id: new.order_id,
        amount: terms.amount,
        provider: new.provider(),
        intent_id,
        payment_method: new.payment_method.clone(),
        state: PaymentState::Created,
        hold_until: terms.hold_until,
        updated_at: new.now,
        fresh: true,
    })
}
