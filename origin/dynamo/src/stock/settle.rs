//! Holds while their orders are being paid.

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{TransactWrite, TransactWriteItems, UpdateItem, number, text},
};
use commerce_domain::{
    AttemptId, OrderId,
    state::{HoldEvent, HoldState},
};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{BeginPaymentOutcome, ConsumeOutcome, HeldLine, PayingHold, ReleaseOutcome, SettleHold},
};

use super::{
    DynamoStock,
    items::{StoredHold, finished_ttl, hold_key},
};
use crate::error::store_error;

/// A hold that changes hands while it is ended is looked at again; this often.
pub(super) const MAX_ROUNDS: u32 = 4;
/// The goods have left. Sellable stays: what leaves was not for sale any more.
const GONE: &str = "SET onHand = onHand - :q, reserved = reserved - :q, #version = #version + :one";
/// The goods are back on sale.
pub(super) const BACK: &str = "SET reserved = reserved - :q, sellable = sellable + :q, #version = #version + :one";

impl<E: AwsEnvironment> SettleHold for DynamoStock<E> {
    async fn begin_payment(&self, hold: &PayingHold, now: Timestamp) -> Result<BeginPaymentOutcome, StoreError> {
        let attempt = hold.attempt_id;
        let mut update = self.hold_for(hold.order_id, attempt)?;
        update.update_expression.push_str(", expiresAt = :until");
        update.expression_attribute_values.insert(":until".to_owned(), number(hold.expires_at.as_millisecond()));
        update.condition_expression = Some("#state = :from AND expiresAt > :now".to_owned());
        update.expression_attribute_values.insert(":now".to_owned(), number(now.as_millisecond()));
        let stored = match self.db().update_item(&update).await {
            Ok(_) => return Ok(BeginPaymentOutcome::Committing),
            Err(AwsError::ConditionalCheckFailed { item }) => item,
            Err(error) => return Err(store_error(error)),
        };
        let Some(stored) = stored.map(StoredHold::read).transpose()? else { return Ok(BeginPaymentOutcome::Expired) };
        match stored.state()? {
            HoldState::Committing => match stored.attempt()? {
                same if same == attempt => Ok(BeginPaymentOutcome::Committing),
                other => Ok(BeginPaymentOutcome::Another(other)),
            },
            HoldState::Consumed | HoldState::Returned => Ok(BeginPaymentOutcome::Consumed),
            HoldState::Held if !stored.is_over(now) => Err(StoreError::unavailable("the hold is changing hands")),
            HoldState::Held | HoldState::Released => Ok(BeginPaymentOutcome::Expired),
        }
    }

    async fn payment_declined(&self, order: OrderId, attempt: AttemptId) -> Result<(), StoreError> {
        let mut update = self.hold_update(order, HoldState::Committing, HoldEvent::Decline)?;
        update.condition_expression = Some("#state = :from AND #attempt = :attempt".to_owned());
        name_attempt(&mut update, attempt);
        match self.db().update_item(&update).await {
            Ok(_) | Err(AwsError::ConditionalCheckFailed { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn consume(&self, order: OrderId, attempt: AttemptId) -> Result<ConsumeOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some(stored) = self.read_hold(order).await? else { return Ok(ConsumeOutcome::NoHold) };
            match stored.state()? {
                // Also where they came back since.
                HoldState::Consumed | HoldState::Returned => return Ok(ConsumeOutcome::Consumed),
                HoldState::Released => return Ok(ConsumeOutcome::Released),
                // The money came late. The stock is still set aside, whatever the time.
                HoldState::Held => self.take_up(order, attempt).await?,
                HoldState::Committing if self.take_away(order, &stored.lines()?).await? => {
                    return Ok(ConsumeOutcome::Consumed);
                }
                HoldState::Committing => {}
            }
        }
        Err(StoreError::unavailable("the hold keeps changing"))
    }

    async fn consume_unheld(&self, order: OrderId, lines: &[HeldLine]) -> Result<bool, StoreError> {
        self.end_without_hold(order, lines, HoldState::Consumed, GONE).await
    }

    async fn release(&self, order: OrderId) -> Result<ReleaseOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some(stored) = self.read_hold(order).await? else {
                // So that nobody puts one there: the order was waiting a moment ago, and is not any more.
                match self.put_tombstone(order, &[]).await? {
                    None => return Ok(ReleaseOutcome::Nothing),
                    Some(_) => continue,
                }
            };
            match stored.state()? {
                HoldState::Released => return Ok(ReleaseOutcome::Released),
                HoldState::Consumed | HoldState::Returned => return Ok(ReleaseOutcome::Consumed),
                from @ (HoldState::Held | HoldState::Committing) => {
                    let update = self.hold_update(order, from, HoldEvent::Release)?;
                    if self.end_hold(update, &stored.lines()?, BACK).await? {
                        return Ok(ReleaseOutcome::Released);
                    }
                }
            }
        }
        Err(StoreError::unavailable("the hold keeps changing"))
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// What `event` makes of a hold that is `from`. Can be repeated: the item that comes back tells whether it happened before.
    pub(super) fn hold_update(
        &self,
        order: OrderId,
        from: HoldState,
        event: HoldEvent,
    ) -> Result<UpdateItem, StoreError> {
        let to = from.on(event).map_err(StoreError::broken)?;
        Ok(UpdateItem {
            table_name: self.table(),
            key: hold_key(order),
            update_expression: "SET #state = :to".to_owned(),
            condition_expression: Some("#state = :from".to_owned()),
            expression_attribute_names: [("#state".to_owned(), "state".to_owned())].into(),
            expression_attribute_values: [
                (":from".to_owned(), text(from.as_str())),
                (":to".to_owned(), text(to.as_str())),
            ]
            .into(),
            return_old_on_failure: true,
            repeatable: true,
            ..UpdateItem::default()
        })
    }

    /// HELD → COMMITTING for this attempt.
    fn hold_for(&self, order: OrderId, attempt: AttemptId) -> Result<UpdateItem, StoreError> {
        let mut update = self.hold_update(order, HoldState::Held, HoldEvent::BeginPayment)?;
        update.update_expression.push_str(", #attempt = :attempt");
        name_attempt(&mut update, attempt);
        Ok(update)
    }

    /// HELD → COMMITTING though the hold may have expired, if nobody else moved it.
    async fn take_up(&self, order: OrderId, attempt: AttemptId) -> Result<(), StoreError> {
        match self.db().update_item(&self.hold_for(order, attempt)?).await {
            Ok(_) | Err(AwsError::ConditionalCheckFailed { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    /// COMMITTING → CONSUMED with the goods gone, whichever attempt the hold waits for. Whether it was still COMMITTING.
    async fn take_away(&self, order: OrderId, lines: &[HeldLine]) -> Result<bool, StoreError> {
        let update = self.hold_update(order, HoldState::Committing, HoldEvent::Consume)?;
        self.end_hold(update, lines, GONE).await
    }

    /// A hold's last move, with what it does to the counters. Whether the hold was still as the move wants it.
    pub(super) async fn end_hold(
        &self,
        mut update: UpdateItem,
        lines: &[HeldLine],
        counters: &str,
    ) -> Result<bool, StoreError> {
        update.update_expression.push_str(", #ttl = :ttl");
        update.expression_attribute_names.insert("#ttl".to_owned(), "ttl".to_owned());
        let now = self.db().client().env().now();
        update.expression_attribute_values.insert(":ttl".to_owned(), number(finished_ttl(now)));
        let request = TransactWriteItems {
            transact_items: std::iter::once(TransactWrite::Update(update))
                .chain(lines.iter().map(|line| TransactWrite::Update(self.stock_update(line, counters))))
                .collect(),
            client_request_token: None,
        };
        match self.db().transact_write_items(&request).await {
            Ok(()) => Ok(true),
            Err(AwsError::TransactionCancelled { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}

fn name_attempt(update: &mut UpdateItem, attempt: AttemptId) {
    update.expression_attribute_names.insert("#attempt".to_owned(), "attempt".to_owned());
    update.expression_attribute_values.insert(":attempt".to_owned(), text(attempt.to_string()));
}
