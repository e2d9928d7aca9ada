//! Goods that were sold and come back.

use commerce_aws::AwsEnvironment;
use commerce_domain::{
    OrderId,
    state::{HoldEvent, HoldState},
};
use origin_core::{
    StoreError,
    inventory::{ReturnGoods, SoldGoods},
};

use super::{
    DynamoStock,
    settle::{BACK, MAX_ROUNDS},
};

/// The goods are here again, and on sale.
const HERE_AGAIN: &str = "SET onHand = onHand + :q, sellable = sellable + :q, #version = #version + :one";

impl<E: AwsEnvironment> ReturnGoods for DynamoStock<E> {
    async fn return_goods(&self, order: OrderId, goods: &SoldGoods) -> Result<(), StoreError> {
        for _ in 0..MAX_ROUNDS {
            let done = match self.read_hold(order).await? {
                // Consumed, and cleared away since; or lost before it was, and the goods have not left.
                None => {
                    let (state, counters) =
                        if goods.left { (HoldState::Returned, HERE_AGAIN) } else { (HoldState::Released, BACK) };
                    self.end_without_hold(order, &goods.lines, state, counters).await?
                }
                Some(stored) => match stored.state()? {
                    HoldState::Released | HoldState::Returned => true,
                    from @ (HoldState::Held | HoldState::Committing) => {
                        let update = self.hold_update(order, from, HoldEvent::Release)?;
                        self.end_hold(update, &stored.lines()?, BACK).await?
                    }
                    HoldState::Consumed => {
                        let update = self.hold_update(order, HoldState::Consumed, HoldEvent::Return)?;
                        self.end_hold(update, &goods.lines, HERE_AGAIN).await?
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
