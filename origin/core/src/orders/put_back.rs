//! The stock of an order that has ended goes on sale again. The end is committed first, with the note that this is due.

use commerce_domain::OrderId;

use super::ports::{CloseOrders as _, StockDue};
use crate::{
    Backend, StoreError,
    inventory::{ReleaseOutcome, ReturnGoods as _, SettleHold as _},
};

/// Puts the stock of an order that has ended on sale again. Whether it is; a failure is left to the sweep.
pub(crate) async fn put_back<B: Backend>(backend: &B, order: OrderId, due: &StockDue) -> bool {
    let put = try_to_put_back(backend, order, due).await;
    put.inspect_err(|error| tracing::warn!(order.id = %order, %error, "stock not put back yet")).is_ok()
}

async fn try_to_put_back<B: Backend>(backend: &B, order: OrderId, due: &StockDue) -> Result<(), StoreError> {
    match due {
        StockDue::Return(goods) => backend.stock().return_goods(order, goods).await?,
        StockDue::Release => match backend.stock().release(order).await? {
            ReleaseOutcome::Released => {}
            ReleaseOutcome::Consumed => {
                tracing::error!(order.id = %order, "the goods of an order left that was never paid");
            }
            ReleaseOutcome::Nothing => tracing::error!(order.id = %order, "an order has no hold"),
        },
    }
    backend.database().note_released(order).await
}
