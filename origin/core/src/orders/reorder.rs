//! `POST /orders/{orderId}/reorder`: what was ordered once goes into the cart again, at what it costs now.
//!
//! The cart lies in another store, and is changed by one write, which remembers the request by its key and what it had to leave
//! out. So the request can be repeated from its beginning wherever it stopped.

use std::collections::BTreeMap;

use commerce_api::Route;
use commerce_auth::Principal;
use commerce_domain::{Cart, CartLine, Clock as _, CustomerId, Entropy as _, OrderId, Quantity, VariantId};
use sha2::{Digest as _, Sha256};

use super::read::{Order, ReadOrders as _};
use crate::{
    Backend, StoreError,
    checkout::{AddOutcome, CartAddition, CartStore as _, LeftOut, LoadPrices as _, OrderLine, WantedLine},
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{Answer, ClaimRefused, Ended, Hash, IdempotencyKey, KeyedRequest, StoredAnswer, ends_claim, once},
    inventory::ReadStock as _,
};

/// A customer's wish to have an order's goods again.
#[derive(Debug, Clone, Copy)]
pub struct Reorder<'a> {
    /// The caller, whose cart it is.
    pub principal: &'a Principal,
    /// The key that the client gave to the request.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// One of the caller's orders.
    pub order_id: OrderId,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reordered {
    /// The cart after it; none where there is none, as nothing went into it.
    pub cart: Option<Cart>,
    /// Lines of the order of which not all pieces went into the cart, in the order's order.
    pub left_out: Vec<(OrderLine, LeftOut)>,
}

/// Why nothing goes into the cart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReorderError {
    /// The caller has no such order.
    #[error("no such order")]
    NoOrder,
    /// The cart is in another currency than the shop sells in.
    #[error("the cart is in another currency")]
    OtherCurrency,
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(ReorderError);
ends_claim!(ReorderError);

/// Puts the lines of an old order into the caller's cart. `render` makes the answer, which is kept under the request's key.
///
/// # Errors
/// [`ReorderError`]. What is gone, sold out or too much for the cart is left out, and said so.
pub async fn reorder<B, R>(backend: &B, request: &Reorder<'_>, render: R) -> Result<Answer, ReorderError>
where
    B: Backend,
    R: Fn(&Reordered) -> StoredAnswer + Send + Sync,
{
    let customer = known_customer(backend, request.principal).await?;
    let keyed =
        KeyedRequest { customer, route: Route::ReorderOrder, key: request.key, request_hash: request.request_hash };
    let reordering = async {
        let order = backend.database().find_order(Some(customer), request.order_id).await?;
        let order = order.ok_or(ReorderError::NoOrder)?;
        let lines = wanted(backend, &order).await?;
        let addition = CartAddition { key: identity(backend, customer, request), lines };
        backend.hooks().reached(HookPoint::BeforeReorder).await?;
        let added = backend.carts().add_lines(&request.principal.subject, &addition).await?;
        backend.hooks().reached(HookPoint::AfterReorder).await?;
        match added {
            AddOutcome::OtherCurrency => Err(ReorderError::OtherCurrency),
            AddOutcome::Added { cart, left_out } => {
                let left_out = of_order(order, &left_out);
                Ok(Ended { answer: render(&Reordered { cart, left_out }), kept: true })
            }
        }
    };
    once(backend, &keyed, reordering).await
}

/// The order's lines as they are sold now: with today's price, and how many can be sold.
async fn wanted<B: Backend>(backend: &B, order: &Order) -> Result<Vec<WantedLine>, ReorderError> {
    let variants: Vec<VariantId> = order.lines.iter().map(|line| line.variant_id).collect();
    let snapshots = backend.database().load_snapshots(&variants, backend.clock().now()).await?;
    let mut snapshots: BTreeMap<VariantId, CartLine> = snapshots.into_iter().map(|now| (now.variant_id, now)).collect();
    let levels = backend.stock().read_stock(&variants).await?;
    let currency = backend.pricing().currency();
    let line = |line: &OrderLine| {
        let snapshot = snapshots.remove(&line.variant_id).filter(|now| now.unit_price.currency() == currency);
        let quantity = Quantity::new(i64::from(line.quantity)).map_err(StoreError::broken)?;
        let level = levels.iter().find(|level| level.variant_id == line.variant_id);
        Ok(WantedLine {
            variant_id: line.variant_id,
            snapshot: snapshot.map(|now| CartLine { quantity, ..now }),
            sellable: level.map_or(0, |level| level.sellable),
        })
    };
    order.lines.iter().map(line).collect()
}

/// What was left out, beside the lines that it is of.
fn of_order(order: Order, left_out: &[LeftOut]) -> Vec<(OrderLine, LeftOut)> {
    let beside = |line: OrderLine| {
        let left = left_out.iter().find(|left| left.variant_id == line.variant_id)?;
        Some((line, *left))
    };
    order.lines.into_iter().filter_map(beside).collect()
}

/// What the cart remembers the request by: its key, or where it has none something of its own, so that a write whose answer was
/// lost is recognised.
fn identity<B: Backend>(backend: &B, customer: CustomerId, request: &Reorder<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update("reorder");
    hash.update(customer.as_uuid());
    if let Some(key) = request.key {
        hash.update(key.hash());
    } else {
        let mut random = [0; 16];
        backend.entropy().fill(&mut random);
        hash.update(random);
    }
    hash.update(request.request_hash);
    let mut text = format!("{:x}", hash.finalize());
    text.truncate(32);
    text
}
