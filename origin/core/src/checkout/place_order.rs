//! `POST /orders`: claim, hold, order. Never charges.

use commerce_api::{
    Amount, Route,
    order::{Address, LineChange},
};
use commerce_auth::Principal;
use commerce_domain::{Cart, CartId, Clock, CustomerId, EventId};
use sha2::{Digest as _, Sha256};

use super::{
    draft::draw_up,
    ports::{CartStore, CheckoutStore, Claim, Replay},
    types::{CartDiff, Checkout, OrderOutcome, Owned},
};
use crate::{
    Backend, StoreError,
    customers::known_customer,
    hooks::{HookPoint, Hooks, Stopped},
    idempotency::{Answer, ClaimKey, Hash, IdempotencyKey, Lease, StoredAnswer},
    inventory::{GiveUpOutcome, ReserveOutcome, ReserveStock, Shortage},
    payments::GatewayLimit,
};

/// A request to order the caller's cart.
#[derive(Debug, Clone)]
pub struct PlaceOrder<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// Where it goes.
    pub shipping_address: Address,
    /// The default for the payment.
    pub payment_method: Option<String>,
    /// The version of the cart that the shopper saw.
    pub cart_version: Option<u64>,
    /// The total that the shopper saw.
    pub expected_total: Option<Amount>,
}

/// Why no order was placed, and no answer stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceOrderError {
    /// There is nothing in the cart.
    #[error("the cart is empty")]
    CartEmpty,
    /// The cart differs from what the shopper saw.
    #[error("the cart has changed")]
    CartChanged(Box<CartDiff>),
    /// The total that the shopper saw is no amount of the cart's currency.
    #[error("the expected total is no amount of the cart's currency")]
    BadTotal,
    /// The payment provider would not take the total.
    #[error(transparent)]
    Limit(#[from] GatewayLimit),
    /// This state of the cart was ordered by another request.
    #[error("the cart was ordered already")]
    CartOrdered,
    /// The same request is being answered.
    #[error("the request is in progress")]
    InProgress,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Orders the caller's cart. `render` makes the answer that is stored with the outcome and sent again to whoever repeats
/// the request.
///
/// # Errors
/// [`PlaceOrderError`]. Sold out is an answer, not an error.
pub async fn place_order<B, R>(backend: &B, request: &PlaceOrder<'_>, render: R) -> Result<Answer, PlaceOrderError>
where
    B: Backend,
    R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
{
    let customer = known_customer(backend, request.principal).await?;
    let placing = Placing { backend, request, customer, render: &render };
    if let Some(key) = request.key {
        let key = placing.claim_key(key.hash(), false);
        match backend.database().resume(&key, Lease::from(backend.clock().now())).await? {
            Claim::Free => {}
            claim => return placing.proceed(claim).await?.ok_or(PlaceOrderError::InProgress),
        }
    }
    let cart = backend.carts().read_cart(&request.principal.subject).await?;
    let Some(cart) = cart.filter(|cart| !cart.lines.is_empty()) else {
        return placing.answer_again(None).await?.ok_or(PlaceOrderError::CartEmpty);
    };
    if request.cart_version.is_some_and(|version| version != cart.version)
        && let Some(answer) = placing.answer_again(Some(cart.id)).await?
    {
        return Ok(answer);
    }
    placing.order(&cart).await
}

/// One request on its way.
struct Placing<'a, B, R> {
    backend: &'a B,
    request: &'a PlaceOrder<'a>,
    customer: CustomerId,
    render: &'a R,
}

impl<B, R> Placing<'_, B, R>
where
    B: Backend,
    R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
{
    fn claim_key(&self, key_hash: Hash, synthetic: bool) -> ClaimKey {
        let request_hash = self.request.request_hash;
        ClaimKey { principal: self.customer, route: Route::CreateOrder.name(), key_hash, synthetic, request_hash }
    }

    /// The first commit, and whatever follows from it.
    async fn order(&self, cart: &Cart) -> Result<Answer, PlaceOrderError> {
        let checkout = draw_up(self.backend, self.request, self.customer, cart).await?;
        let key = match self.request.key {
            Some(key) => self.claim_key(key.hash(), false),
            None => self.claim_key(cart_hash(cart), true),
        };
        // A second round only after somebody else's checkout of this cart was brought to its end.
        for _ in 0..2 {
            self.reached(HookPoint::BeforeClaim).await?;
            let lease = Lease::from(self.backend.clock().now());
            let claim = self.backend.database().claim(&key, &checkout, lease).await?;
            self.reached(HookPoint::AfterClaim).await?;
            if let Some(answer) = self.proceed(claim).await? {
                return Ok(answer);
            }
        }
        Err(PlaceOrderError::InProgress)
    }

    /// What a claim leads to; none if the claim has to be made again.
    async fn proceed(&self, claim: Claim) -> Result<Option<Answer>, PlaceOrderError> {
        match claim {
            Claim::Free => Ok(None),
            Claim::Mine(owned) => self.finish(&owned).await.map(Some),
            Claim::Another(owned) => self.finish(&owned).await.map(|_| None),
            Claim::Done(replay) => Ok(Some(self.replay(replay).await)),
            Claim::InFlight => Err(PlaceOrderError::InProgress),
            Claim::OtherRequest => Err(PlaceOrderError::KeyReused),
            Claim::CartOrdered(_) => Err(PlaceOrderError::CartOrdered),
        }
    }

    /// The second and the third commit. Whatever comes of it, the lease ends with it, so that a repetition resumes at once.
    async fn finish(&self, owned: &Owned) -> Result<Answer, PlaceOrderError> {
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
        let reserved = self.backend.stock().reserve(&checkout.hold()).await?;
        self.reached(HookPoint::AfterHold).await?;
        match reserved {
            // A hold that is over is no good for an order that is only now being made.
            ReserveOutcome::Held if self.backend.clock().now() < checkout.hold_until => self.commit(owned).await,
            ReserveOutcome::Held | ReserveOutcome::GivenUp => self.fail(owned, OrderOutcome::GivenUp).await,
            ReserveOutcome::SoldOut(shortages) => {
                let changes = line_changes(checkout, &shortages);
                self.fail(owned, OrderOutcome::SoldOut(&changes)).await
            }
        }
    }

    async fn commit(&self, owned: &Owned) -> Result<StoredAnswer, PlaceOrderError> {
        let answer = (self.render)(OrderOutcome::Placed(&owned.checkout));
        let event = EventId::generate(self.backend.clock(), self.backend.entropy());
        self.reached(HookPoint::BeforeOrder).await?;
        if !self.backend.database().commit_order(owned, event, &answer, self.backend.clock().now()).await? {
            return Err(PlaceOrderError::InProgress);
        }
        self.reached(HookPoint::AfterOrder).await?;
        self.take_out(&owned.checkout).await;
        Ok(answer)
    }

    /// The tombstone first: a hold that is still on its way must find it. Only then does the checkout end. Where stock is
    /// held after all, somebody has taken the checkout over, or a hold that was long on its way has arrived: the next owner
    /// makes the order.
    async fn fail(&self, owned: &Owned, outcome: OrderOutcome<'_>) -> Result<StoredAnswer, PlaceOrderError> {
        let now = self.backend.clock().now();
        if self.backend.stock().give_up(&owned.checkout.hold(), now).await? == GiveUpOutcome::InForce {
            return Err(PlaceOrderError::InProgress);
        }
        let answer = (self.render)(outcome);
        if self.backend.database().fail_checkout(owned, &answer, now).await? {
            Ok(answer)
        } else {
            Err(PlaceOrderError::InProgress)
        }
    }

    async fn replay(&self, replay: Replay) -> Answer {
        if let Some(checkout) = &replay.still_in_cart {
            self.take_out(checkout).await;
        }
        Answer { stored: replay.answer, replayed: true }
    }

    /// Takes the ordered pieces out of the cart. The order stands whether this succeeds or not; a replay tries again.
    async fn take_out(&self, checkout: &Checkout) {
        let owner = &self.request.principal.subject;
        let lines = checkout.taken_lines();
        let outcome = async {
            self.backend.carts().take_out(owner, checkout.cart_id, checkout.order_id, &lines).await?;
            self.backend.database().mark_cart_taken(checkout.id, self.backend.clock().now()).await
        };
        if let Err(error) = outcome.await {
            tracing::warn!(order.id = %checkout.order_id, %error, "ordered pieces are still in the cart");
        }
    }

    /// The answer to an earlier request without a key that named the cart's version and was equal to this one.
    async fn answer_again(&self, cart: Option<CartId>) -> Result<Option<Answer>, PlaceOrderError> {
        let (None, Some(version)) = (self.request.key, self.request.cart_version) else { return Ok(None) };
        let hash = self.request.request_hash;
        match self.backend.database().find_answer(self.customer, cart, version, hash).await? {
            Some(replay) => Ok(Some(self.replay(replay).await)),
            None => Ok(None),
        }
    }

    async fn reached(&self, point: HookPoint) -> Result<(), Stopped> {
        self.backend.hooks().reached(point).await
    }
}

/// The key of a request without one: the state of the cart that it orders.
fn cart_hash(cart: &Cart) -> Hash {
    Sha256::digest(format!("cart\0{}\0{}", cart.id, cart.version)).into()
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
