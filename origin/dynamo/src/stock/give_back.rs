//! Goods that were sold and come back.

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{PutItem, TransactWrite, TransactWriteItems},
};
use commerce_domain::{
    OrderId,
    state::{HoldEvent, HoldState},
};
use origin_core::{
    StoreError,
    inventory::{HeldLine, ReturnGoods},
};

use super::{
    DynamoStock,
    items::returned,
    settle::{BACK, MAX_ROUNDS},
};
use crate::error::store_error;

/// The goods are here again, and on sale.
const HERE_AGAIN: &str = "SET onHand = onHand + :q, sellable = sellable + :q, #version = #version + :one";

impl<E: AwsEnvironment> ReturnGoods for DynamoStock<E> {
    async fn return_goods(&self, order: OrderId, lines: &[HeldLine]) -> Result<(), StoreError> {
        for _ in 0..MAX_ROUNDS {
            let done = match self.read_hold(order).await? {
                None => self.return_without_hold(order, lines).await?,
                Some(stored) => match stored.state()? {
                    HoldState::Released | HoldState::Returned => true,
                    from @ (HoldState::Held | HoldState::Committing) => {
                        let update = self.hold_update(order, from, HoldEvent::Release)?;
                        self.end_hold(update, &stored.lines()?, BACK).await?
                    }
                    HoldState::Consumed => {
                        let update = self.hold_update(order, HoldState::Consumed, HoldEvent::Return)?;
                        self.end_hold(update, &stored.lines()?, HERE_AGAIN).await?
                    }
                },
            };
            if done {
                return Ok(());
            }
        }
        Err(StoreError::unavailable("the hold keeps changing"))
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// The hold was consumed, and cleared away since. What stands in its place says that the goods are back. Whether there was
    /// still no hold.
    async fn return_without_hold(&self, order: OrderId, lines: &[HeldLine]) -> Result<bool, StoreError> {
        let now = self.db().client().env().now();
        let mark = PutItem {
            table_name: self.table(),
            item: returned(order, lines, now),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            ..PutItem::default()
        };
        let counters = lines.iter().map(|line| TransactWrite::Update(self.stock_update(line, HERE_AGAIN)));
        let request = TransactWriteItems {
            transact_items: std::iter::once(TransactWrite::Put(mark)).chain(counters).collect(),
            client_request_token: None,
        };
        match self.db().transact_write_items(&request).await {
            Ok(()) => Ok(true),
            Err(AwsError::TransactionCancelled { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}
