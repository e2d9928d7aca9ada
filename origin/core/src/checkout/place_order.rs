//! `POST /orders`: claim, hold, order. Never charges.

use commerce_api::{Amount, Route, order::Address};
use commerce_auth::Principal;
use commerce_domain::{Cart, Clock, CustomerId, OrderId};
use sha2::{Digest as _, Sha256};

use super::{
    draft::draw_up,
    finish::{Finishing, take_out},
    ports::{CartStore, CheckoutStore, Claim, Replay},
    types::{CartDiff, Checkout, OrderOutcome},
};
use crate::{
    Backend, StoreError,
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Hooks, Stopped},
    idempotency::{Answer, ClaimKey, Hash, IdempotencyKey, Lease, StoredAnswer},
    payments::GatewayLimit,
};

from_interrupted!(PlaceOrderError);

/// How often the cart is read while other checkouts of it are brought to their ends.
const MAX_ROUNDS: u32 = 3;

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
    /// Nothing is shipped to the address.
    #[error("nothing is shipped to the address")]
    NotServed,
    /// The payment provider would not take the total.
    #[error(transparent)]
    Limit(#[from] GatewayLimit),
    /// This state of the cart was ordered by another request.
    #[error("the cart was ordered already")]
    CartOrdered(OrderId),
    /// The same request is being answered, or the cart is being ordered by another one.
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
            claim => match placing.proceed(claim).await? {
                Next::Answer(answer) => return Ok(answer),
                Next::ClaimAgain | Next::ReadAgain => return Err(PlaceOrderError::InProgress),
            },
        }
    }
    placing.order().await
}

/// One request on its way.
struct Placing<'a, B, R> {
    backend: &'a B,
    request: &'a PlaceOrder<'a>,
    customer: CustomerId,
    render: &'a R,
}

/// What a claim leads to.
enum Next {
    /// The request is answered.
    Answer(Answer),
    /// The claim can be made now.
    ClaimAgain,
    /// The cart is no longer as it was read.
    ReadAgain,
}

impl<B, R> Placing<'_, B, R>
where
    B: Backend,
    R: Fn(OrderOutcome<'_>) -> StoredAnswer + Send + Sync,
{
    fn finishing(&self) -> Finishing<'_, B, R> {
        Finishing { backend: self.backend, owner: &self.request.principal.subject, render: self.render }
    }

    fn claim_key(&self, key_hash: Hash, synthetic: bool) -> ClaimKey {
        let request_hash = self.request.request_hash;
        ClaimKey { principal: self.customer, route: Route::CreateOrder.name(), key_hash, synthetic, request_hash }
    }

    /// The cart as it is now, drawn up and claimed, until the claim is ours or leads to an answer.
    async fn order(&self) -> Result<Answer, PlaceOrderError> {
        for _ in 0..MAX_ROUNDS {
            let cart = self.backend.carts().read_cart(&self.request.principal.subject).await?;
            let cart = cart.filter(|cart| !cart.lines.is_empty());
            if let Some(answer) = self.answer_again(cart.as_ref()).await? {
                return Ok(answer);
            }
            let cart = cart.ok_or(PlaceOrderError::CartEmpty)?;
            let checkout = draw_up(self.backend, self.request, self.customer, &cart).await?;
            if let Some(answer) = self.claim(&cart, &checkout).await? {
                return Ok(answer);
            }
        }
        Err(PlaceOrderError::InProgress)
    }

    /// The first commit, and whatever follows from it; none where the cart has to be read again.
    async fn claim(&self, cart: &Cart, checkout: &Checkout) -> Result<Option<Answer>, PlaceOrderError> {
        let key = match self.request.key {
            Some(key) => self.claim_key(key.hash(), false),
            None => self.claim_key(cart_hash(cart), true),
        };
        // A second time only after somebody else's checkout of this cart was brought to its end.
        for _ in 0..2 {
            self.reached(HookPoint::BeforeClaim).await?;
            let lease = Lease::from(self.backend.clock().now());
            let claim = self.backend.database().claim(&key, checkout, lease).await?;
            self.reached(HookPoint::AfterClaim).await?;
            match self.proceed(claim).await? {
                Next::Answer(answer) => return Ok(Some(answer)),
                Next::ClaimAgain => {}
                Next::ReadAgain => break,
            }
        }
        Ok(None)
    }

    async fn proceed(&self, claim: Claim) -> Result<Next, PlaceOrderError> {
        match claim {
            Claim::Free => Ok(Next::ClaimAgain),
            Claim::Mine(owned) => self.finishing().finish(&owned).await.map(Next::Answer),
            Claim::Another(owned) => self.finishing().finish(&owned).await.map(|_| Next::ClaimAgain),
            Claim::Done(replay) => Ok(Next::Answer(self.replay(replay).await)),
            Claim::InFlight => Err(PlaceOrderError::InProgress),
            Claim::OtherRequest => Err(PlaceOrderError::KeyReused),
            Claim::CartOrdered { order_id, still_in_cart } => {
                self.finishing().try_to_take_out(still_in_cart.as_deref()).await;
                Err(PlaceOrderError::CartOrdered(order_id))
            }
            // What was ordered must not be ordered again: without this nothing goes on.
            Claim::StillInCart(checkout) => {
                take_out(self.backend, &self.request.principal.subject, &checkout).await?;
                Ok(Next::ReadAgain)
            }
            Claim::CartMoved | Claim::NumberTaken => Ok(Next::ReadAgain),
        }
    }

    async fn replay(&self, replay: Replay) -> Answer {
        self.finishing().try_to_take_out(replay.still_in_cart.as_deref()).await;
        Answer { stored: replay.answer, replayed: true }
    }

    /// The answer to an earlier request without a key that named the cart's version, no longer this one's, and was equal to
    /// this one.
    async fn answer_again(&self, cart: Option<&Cart>) -> Result<Option<Answer>, PlaceOrderError> {
        let (None, Some(version)) = (self.request.key, self.request.cart_version) else { return Ok(None) };
        if cart.is_some_and(|cart| cart.version == version) {
            return Ok(None);
        }
        let (hash, now) = (self.request.request_hash, self.backend.clock().now());
        let cart = cart.map(|cart| cart.id);
        match self.backend.database().find_answer(self.customer, cart, version, hash, now).await? {
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
