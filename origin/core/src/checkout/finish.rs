//! The second and the third commit of a checkout that this request owns, and what follows from them.

use std::time::Duration;

use commerce_api::order::LineChange;
use commerce_domain::{Clock, EventId, VariantId};
use jiff::Timestamp;

use super::{
    place_order::PlaceOrderError,
    ports::{CartStore, CheckoutStore, SoldOut},
    types::{Checkout, OrderOutcome, Owned},
};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{Answer, StoredAnswer},
    inventory::{GiveUpOutcome, ReserveOutcome, ReserveStock, Shortage},
    orders::{CloseOutcome, CloseReason, close_order_within},
    payments::Patience,
    sweep::SweepStore as _,
};

/// Overdue orders that are closed for the sake of one that finds too little.
const MOST_FREED: u32 = 20;
/// So long the customer who finds too little waits for what becomes of the payments of others.
const FREEING: Duration = Duration::from_millis(2_500);

/// Somebody's checkouts on their way to their ends.
pub(crate) struct Finishing<'a, B, R> {
    pub(crate) backend: &'a B,
    /// The `sub` of whose cart is ordered.
    pub(crate) owner: &'a str,
    /// Makes the answer that is kept.
    pub(crate) render: &'a R,
}

impl<B, R> Finishing<'_, B, R>
where
    B: Backend,
    R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
{
    /// Holds the stock and makes the order. Whatever comes of it, the lease ends with it, so that a repetition resumes at
    /// once.
    pub(crate) async fn finish(&self, owned: &Owned) -> Result<Answer, PlaceOrderError> {
        let outcome = self.hold_and_commit(owned).await;
        if let Err(PlaceOrderError::Store(_) | PlaceOrderError::InProgress) = &outcome
            && let Err(error) = self.backend.database().end_lease(owned, self.backend.clock().now()).await
        {
            tracing::warn!(order.id = %owned.checkout.order_id, %error, "lease left to lapse");
        }
        outcome.map(|stored| Answer { stored, replayed: false })
    }

    async fn hold_and_commit(&self, owned: &Owned) -> Result<StoredAnswer, PlaceOrderError> {
        let checkout = &owned.checkout;
        self.reached(HookPoint::BeforeHold).await?;
        let mut reserved = self.backend.stock().reserve(&checkout.hold()).await?;
        if let ReserveOutcome::SoldOut(shortages) = &reserved
            && self.free_overdue(shortages).await?
        {
            reserved = self.backend.stock().reserve(&checkout.hold()).await?;
        }
        self.reached(HookPoint::AfterHold).await?;
        match reserved {
            // A hold that is over is no good for an order that is only now being made.
            ReserveOutcome::Held if self.backend.clock().now() < checkout.hold_until => self.commit(owned).await,
            ReserveOutcome::Held | ReserveOutcome::GivenUp => self.fail(owned, None, OrderOutcome::GivenUp).await,
            ReserveOutcome::SoldOut(shortages) => {
                let changes = line_changes(checkout, &shortages);
                let sold_out = SoldOut { event: self.new_event(), shortages };
                self.fail(owned, Some(&sold_out), OrderOutcome::SoldOut(&changes)).await
            }
        }
    }

    /// Closes orders of what is short whose time is over, which the sweep has not come to yet, for a moment. Whether any was. What
    /// fails is a stranger's, and left to the sweep.
    async fn free_overdue(&self, shortages: &[Shortage]) -> Result<bool, PlaceOrderError> {
        let variants: Vec<VariantId> = shortages.iter().map(|shortage| shortage.variant_id).collect();
        let now = self.backend.clock().now();
        let until = now.saturating_add(FREEING).unwrap_or(Timestamp::MAX);
        let patience = Patience::until(self.backend, until);
        let overdue = self.backend.database().list_overdue_orders_of(&variants, now, MOST_FREED).await?;
        let mut freed = false;
        for order in overdue {
            if self.backend.clock().now() >= until {
                break;
            }
            match close_order_within(self.backend, &patience, order, CloseReason::Expired).await {
                Ok(outcome) => freed |= matches!(outcome, CloseOutcome::Closed(_)),
                Err(Interrupted::Stopped(stopped)) => return Err(stopped.into()),
                Err(error) => tracing::warn!(order.id = %order, %error, "overdue order left to the sweep"),
            }
        }
        Ok(freed)
    }

    async fn commit(&self, owned: &Owned) -> Result<StoredAnswer, PlaceOrderError> {
        let answer = (self.render)(OrderOutcome::Placed(&owned.checkout));
        let events = [self.new_event(), self.new_event()];
        self.reached(HookPoint::BeforeOrder).await?;
        if !self.backend.database().commit_order(owned, events, &answer, self.backend.clock().now()).await? {
            return Err(PlaceOrderError::InProgress);
        }
        self.reached(HookPoint::AfterOrder).await?;
        self.try_to_take_out(Some(&owned.checkout)).await;
        Ok(answer)
    }

    /// The tombstone first: a hold that is still on its way must find it. Only then does the checkout end. Where stock is
    /// held after all, somebody has taken the checkout over, or a hold that was long on its way has arrived: the next owner
    /// makes the order.
    async fn fail(
        &self,
        owned: &Owned,
        sold_out: Option<&SoldOut>,
        outcome: OrderOutcome<'_>,
    ) -> Result<StoredAnswer, PlaceOrderError> {
        let now = self.backend.clock().now();
        if self.backend.stock().give_up(&owned.checkout.hold(), now).await? == GiveUpOutcome::InForce {
            return Err(PlaceOrderError::InProgress);
        }
        let answer = (self.render)(outcome);
        if self.backend.database().fail_checkout(owned, sold_out, &answer, now).await? {
            Ok(answer)
        } else {
            Err(PlaceOrderError::InProgress)
        }
    }

    /// Takes the ordered pieces out of the cart. The order stands whether this succeeds or not; a replay tries again, and so
    /// does the cart's next order.
    pub(super) async fn try_to_take_out(&self, checkout: Option<&Checkout>) {
        let Some(checkout) = checkout else { return };
        if let Err(error) = take_out(self.backend, self.owner, checkout).await {
            tracing::warn!(order.id = %checkout.order_id, %error, "ordered pieces are still in the cart");
        }
    }

    fn new_event(&self) -> EventId {
        EventId::generate(self.backend.clock(), self.backend.entropy())
    }

    async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        self.backend.hooks().reached(point).await
    }
}

/// Takes the ordered pieces out of the owner's cart, and notes that they are.
pub(crate) async fn take_out<B: Backend>(backend: &B, owner: &str, checkout: &Checkout) -> Result<(), StoreError> {
    let lines = checkout.taken_lines();
    let version = backend.carts().take_out(owner, checkout.cart_id, checkout.order_id, &lines).await?;
    backend.database().mark_cart_taken(checkout.id, version, backend.clock().now()).await
}

fn line_changes(checkout: &Checkout, shortages: &[Shortage]) -> Vec<LineChange> {
    let change = |shortage: &Shortage| {
        let line = checkout.lines.iter().find(|line| line.variant_id == shortage.variant_id)?;
        Some(LineChange {
            product_id: line.product_id.to_string(),
            variant_id: line.variant_id.to_string(),
            reason: "out_of_stock".to_owned(),
            requested: shortage.requested,
            available: Some(shortage.sellable),
            old_price: None,
            new_price: None,
        })
    };
    shortages.iter().filter_map(change).collect()
}
