//! Holding stock, and making sure that none is held.

use commerce_aws::{
    AwsEnvironment, AwsError, CancellationReason,
    dynamodb::{GetItem, PutItem, TransactWrite, TransactWriteItems, UpdateItem, number},
};
use commerce_domain::{
    OrderId,
    state::{HoldEvent, HoldState},
};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{GiveUpOutcome, HeldLine, Hold, ReserveOutcome, ReserveStock, Shortage},
};

use super::{
    DynamoStock,
    items::{StoredHold, held, hold_key, sellable, stand_in, stock_key},
    settle::BACK,
};
use crate::error::store_error;

/// A hold that changes hands while it is given up is looked at again; this often.
const MAX_ROUNDS: u32 = 4;

impl<E: AwsEnvironment> ReserveStock for DynamoStock<E> {
    async fn reserve(&self, hold: &Hold) -> Result<ReserveOutcome, StoreError> {
        let request = TransactWriteItems {
            transact_items: std::iter::once(self.put_hold(hold))
                .chain(hold.lines.iter().map(|line| self.take_from_stock(line)))
                .collect(),
            // With the order's id as its token, a hold that was released since would be answered as made for ten minutes.
            client_request_token: None,
        };
        match self.db().transact_write_items_repeatably(&request).await {
            Ok(()) => Ok(ReserveOutcome::Held),
            // Also where the first attempt was made and its answer lost: the hold is there.
            Err(AwsError::TransactionCancelled { reasons }) => outcome_of(hold, reasons),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn give_up(&self, hold: &Hold, now: Timestamp) -> Result<GiveUpOutcome, StoreError> {
        let Some(mut stored) = self.put_tombstone(hold.order_id, &hold.lines).await? else {
            return Ok(GiveUpOutcome::GivenUp);
        };
        for _ in 0..MAX_ROUNDS {
            match stored.state()? {
                HoldState::Released => return Ok(GiveUpOutcome::GivenUp),
                HoldState::Held if stored.is_over(now) => {
                    if self.release_over(hold.order_id, &stored.lines()?, now).await? {
                        return Ok(GiveUpOutcome::GivenUp);
                    }
                }
                HoldState::Held | HoldState::Committing | HoldState::Consumed | HoldState::Returned => {
                    return Ok(GiveUpOutcome::InForce);
                }
            }
            let now_stored = self.read_hold(hold.order_id).await?;
            stored = now_stored.ok_or_else(|| StoreError::broken("a hold that was there has gone"))?;
        }
        Err(StoreError::unavailable("the hold keeps changing"))
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    fn put_hold(&self, hold: &Hold) -> TransactWrite {
        TransactWrite::Put(PutItem {
            table_name: self.table(),
            item: held(hold),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            return_old_on_failure: true,
            ..PutItem::default()
        })
    }

    fn take_from_stock(&self, line: &HeldLine) -> TransactWrite {
        TransactWrite::Update(UpdateItem {
            condition_expression: Some("sellable >= :q".to_owned()),
            return_old_on_failure: true,
            ..self.stock_update(
                line,
                "SET reserved = reserved + :q, sellable = sellable - :q, #version = #version + :one",
            )
        })
    }

    /// An update of the counters of one line, where `:q` is its quantity.
    pub(super) fn stock_update(&self, line: &HeldLine, expression: &str) -> UpdateItem {
        UpdateItem {
            table_name: self.table(),
            key: stock_key(line.variant_id),
            update_expression: expression.to_owned(),
            condition_expression: Some("attribute_exists(pk)".to_owned()),
            expression_attribute_names: [("#version".to_owned(), "version".to_owned())].into(),
            expression_attribute_values: [(":q".to_owned(), number(line.quantity)), (":one".to_owned(), number(1))]
                .into(),
            ..UpdateItem::default()
        }
    }

    /// The hold as it stands.
    pub(super) async fn read_hold(&self, order: OrderId) -> Result<Option<StoredHold>, StoreError> {
        let request =
            GetItem { table_name: self.table(), key: hold_key(order), consistent_read: true, ..GetItem::default() };
        let found = self.db().get_item(&request).await.map_err(store_error)?;
        found.map(StoredHold::read).transpose()
    }

    /// The hold that is there, in any state; none where there was none, so that the tombstone stands in its place now.
    pub(super) async fn put_tombstone(
        &self,
        order: OrderId,
        lines: &[HeldLine],
    ) -> Result<Option<StoredHold>, StoreError> {
        let now = self.db().client().env().now();
        let put = PutItem {
            table_name: self.table(),
            item: stand_in(order, lines, HoldState::Released, now),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            return_old_on_failure: true,
            repeatable: true,
            ..PutItem::default()
        };
        match self.db().put_item(&put).await {
            Ok(_) => Ok(None),
            Err(AwsError::ConditionalCheckFailed { item }) => {
                let stored = item.ok_or_else(|| StoreError::broken("a hold exists and was not shown"))?;
                StoredHold::read(stored).map(Some)
            }
            Err(error) => Err(store_error(error)),
        }
    }

    /// HELD → RELEASED with the stock back, of a hold whose time is over. Whether it was still HELD, and over: one that was
    /// extended meanwhile is in force again.
    async fn release_over(&self, order: OrderId, lines: &[HeldLine], now: Timestamp) -> Result<bool, StoreError> {
        let mut over = self.hold_update(order, HoldState::Held, HoldEvent::Release)?;
        over.condition_expression = Some("#state = :from AND expiresAt <= :now".to_owned());
        over.expression_attribute_values.insert(":now".to_owned(), number(now.as_millisecond()));
        self.end_hold(over, lines, BACK).await
    }
}

/// What a cancelled transaction says: the first reason is the hold's, the others are the lines'.
fn outcome_of(hold: &Hold, reasons: Vec<CancellationReason>) -> Result<ReserveOutcome, StoreError> {
    let mut reasons = reasons.into_iter();
    if let Some(first) = reasons.next()
        && first.is_failed_condition()
    {
        let stored = first.item.ok_or_else(|| StoreError::broken("a hold exists and was not shown"))?;
        return existing(hold, &StoredHold::read(stored)?);
    }
    let shortages: Vec<Shortage> = hold
        .lines
        .iter()
        .zip(reasons)
        .filter(|(_, reason)| reason.is_failed_condition())
        .map(|(line, reason)| Shortage {
            variant_id: line.variant_id,
            requested: line.quantity,
            sellable: sellable(reason.item.as_ref()),
        })
        .collect();
    if shortages.is_empty() {
        return Err(StoreError::unavailable("the transaction was cancelled for no reason that is known"));
    }
    Ok(ReserveOutcome::SoldOut(shortages))
}

/// What it means that the order's hold is there already.
fn existing(hold: &Hold, stored: &StoredHold) -> Result<ReserveOutcome, StoreError> {
    match stored.state()? {
        HoldState::Released => Ok(ReserveOutcome::GivenUp),
        _ if stored.is_of(hold) => Ok(ReserveOutcome::Held),
        _ => Err(StoreError::broken("the order holds other lines")),
    }
}
