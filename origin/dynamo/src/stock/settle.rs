//! Holds while their orders are being paid.

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{TransactWrite, TransactWriteItems, UpdateItem, number, text},
};
use commerce_domain::{OrderId, state::HoldState};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{BeginPaymentOutcome, HeldLine, SettleHold},
};

use super::{
    DynamoStock,
    items::{StoredHold, hold_key},
};
use crate::error::store_error;

/// A hold that changes hands while it is consumed is looked at again; this often.
const MAX_ROUNDS: u32 = 4;

impl<E: AwsEnvironment> SettleHold for DynamoStock<E> {
    async fn begin_payment(&self, order: OrderId, now: Timestamp) -> Result<BeginPaymentOutcome, StoreError> {
        let mut update = self.hold_update(order, HoldState::Held, HoldState::Committing);
        update.condition_expression = Some("#state = :from AND expiresAt > :now".to_owned());
        update.expression_attribute_values.insert(":now".to_owned(), number(now.as_millisecond()));
        let stored = match self.db().update_item(&update).await {
            Ok(_) => return Ok(BeginPaymentOutcome::Committing),
            Err(AwsError::ConditionalCheckFailed { item }) => item,
            Err(error) => return Err(store_error(error)),
        };
        let Some(stored) = stored.map(StoredHold::read).transpose()? else { return Ok(BeginPaymentOutcome::Expired) };
        match stored.state()? {
            HoldState::Committing => Ok(BeginPaymentOutcome::Committing),
            HoldState::Consumed => Ok(BeginPaymentOutcome::Consumed),
            HoldState::Held if !stored.is_over(now) => Err(StoreError::unavailable("the hold is changing hands")),
            HoldState::Held | HoldState::Released => Ok(BeginPaymentOutcome::Expired),
        }
    }

    async fn payment_declined(&self, order: OrderId) -> Result<(), StoreError> {
        let update = self.hold_update(order, HoldState::Committing, HoldState::Held);
        match self.db().update_item(&update).await {
            Ok(_) | Err(AwsError::ConditionalCheckFailed { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn consume(&self, order: OrderId, _now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..MAX_ROUNDS {
            let stored =
                self.read_hold(order).await?.ok_or_else(|| StoreError::broken("a paid order without a hold"))?;
            match stored.state()? {
                HoldState::Consumed => return Ok(()),
                HoldState::Committing if self.take_away(order, &stored.lines()?).await? => return Ok(()),
                HoldState::Committing => {}
                state => return Err(StoreError::broken(format!("a hold is consumed while {state}"))),
            }
        }
        Err(StoreError::unavailable("the hold keeps changing"))
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// A change of state that can be repeated: the item that comes back tells whether it happened before.
    fn hold_update(&self, order: OrderId, from: HoldState, to: HoldState) -> UpdateItem {
        UpdateItem {
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
        }
    }

    /// COMMITTING → CONSUMED with the goods gone. Whether the hold was still COMMITTING.
    async fn take_away(&self, order: OrderId, lines: &[HeldLine]) -> Result<bool, StoreError> {
        // Sellable stays: what leaves was not for sale any more.
        let gone = "SET onHand = onHand - :q, reserved = reserved - :q, #version = #version + :one";
        let request = TransactWriteItems {
            transact_items: std::iter::once(self.move_hold(order, HoldState::Committing, HoldState::Consumed))
                .chain(lines.iter().map(|line| TransactWrite::Update(self.stock_update(line, gone))))
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
