//! The ports of the checkout.

use std::future::Future;

use commerce_domain::{
    Cart, CartId, CartLine, CategorySlug, CheckoutId, CustomerId, EventId, Money, OrderId, ProductId, VariantId,
};
use jiff::Timestamp;

use super::{
    addition::{AddOutcome, CartAddition},
    failed::ReadFailedCheckouts,
    types::{Checkout, Owned},
};
use crate::{
    StoreError,
    customers::CustomerStore,
    events::{CollectEvents, Outbox},
    idempotency::{ClaimKey, Hash, Lease, RequestStore, StoredAnswer},
    inventory::{ListVariants, Shortage},
    orders::{CancelOrders, CloseOrders, ReadOrders, ReadTimeline},
    payments::{CaptureStore, PaymentStore, ReadPayments, WebhookStore},
    refunds::RefundStore,
    returns::ReturnStore,
    shipping::ShippingStore,
    sweep::SweepStore,
};

/// A variant as it is sold now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedVariant {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// The product's name.
    pub name: String,
    /// The merchant's number.
    pub sku: Option<String>,
    /// Name and value of each option.
    pub options: Vec<(String, String)>,
    /// The price of one.
    pub price: Money,
    /// The product's category, then the ones above it.
    pub categories: Vec<CategorySlug>,
}

/// Reads prices from where they are decided.
pub trait LoadPrices: Send + Sync {
    /// Those of the variants, at most 99, that are sold now. In no particular order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_prices(
        &self,
        variants: &[VariantId],
    ) -> impl Future<Output = Result<Vec<PricedVariant>, StoreError>> + Send;

    /// The same variants as lines of a cart, of one piece each that is added `now`. In no particular order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_snapshots(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<CartLine>, StoreError>> + Send;
}

/// Pieces that an order took out of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenLine {
    /// The variant.
    pub variant_id: VariantId,
    /// How many.
    pub quantity: u32,
}

/// The carts, as the checkout needs them.
pub trait CartStore: Send + Sync {
    /// The cart of this `sub`, read consistently; none if it was never filled, or has expired by the clock.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_cart(&self, owner: &str) -> impl Future<Output = Result<Option<Cart>, StoreError>> + Send;

    /// Takes ordered pieces out of this life of the owner's cart; what was added meanwhile stays. Where nothing stays, this
    /// life ends. Idempotent by the order's id; another life of the cart is left alone. The version from which on the cart
    /// is without the pieces; none where this life is over. Takes about a second at most.
    ///
    /// # Errors
    /// [`StoreError`]; the pieces may have been taken out.
    fn take_out(
        &self,
        owner: &str,
        cart: CartId,
        order: OrderId,
        lines: &[TakenLine],
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    /// Adds lines to the owner's cart by one write, and begins the cart where there is none: as many pieces of each as fit, with
    /// today's snapshot. Idempotent by the addition's key for a day, once anything was added, also in what it says was left out.
    ///
    /// # Errors
    /// [`StoreError`]; the lines may have been added.
    fn add_lines(
        &self,
        owner: &str,
        addition: &CartAddition,
    ) -> impl Future<Output = Result<AddOutcome, StoreError>> + Send;
}

/// The answer of a request that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The answer.
    pub answer: StoredAnswer,
    /// The checkout behind it, if what was ordered has not left the cart yet.
    pub still_in_cart: Option<Box<Checkout>>,
}

/// Who owns a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody.
    Free,
    /// This request: it made the claim, or took it over after its lease had lapsed.
    Mine(Box<Owned>),
    /// This request, but what it took over is another request's checkout of this cart, left behind by whoever began it.
    Another(Box<Owned>),
    /// An earlier request, which was answered.
    Done(Replay),
    /// Another request, which is at it.
    InFlight,
    /// An earlier request that asked for something else.
    OtherRequest,
    /// This state of the cart was ordered by a request that asked for something else.
    CartOrdered {
        /// The order.
        order_id: OrderId,
        /// The checkout behind it, if what was ordered has not left the cart yet.
        still_in_cart: Option<Box<Checkout>>,
    },
    /// An earlier state of the cart was ordered, and what was ordered has not left the cart yet.
    StillInCart(Box<Checkout>),
    /// An earlier state of the cart was ordered: the cart is no longer as it was read.
    CartMoved,
    /// Another order has the number that was made for this one.
    NumberTaken,
}

/// What a checkout fails on that finds too little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldOut {
    /// The id of the event that tells of it.
    pub event: EventId,
    /// What there is too little of.
    pub shortages: Vec<Shortage>,
}

/// Checkouts and the claims on them.
pub trait CheckoutStore: Send + Sync {
    /// Finds what became of a claim, and takes it over if its lease has lapsed. Says nothing of the cart.
    ///
    /// # Errors
    /// [`StoreError`].
    fn resume(&self, key: &ClaimKey, lease: Lease) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// The first commit: claims the key and writes the checkout, both or neither; neither where another checkout of the cart
    /// is open, or has ordered what this one orders. Never [`Claim::Free`].
    ///
    /// # Errors
    /// [`StoreError`]; the claim may have been made.
    fn claim(
        &self,
        key: &ClaimKey,
        checkout: &Checkout,
        lease: Lease,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// The last commit: the order, its lines, its two events (`OrderCreated`, `InventoryReserved`) and the stored answer. Whether the checkout was still ours; if not,
    /// nothing was written.
    ///
    /// # Errors
    /// [`StoreError`]; the order may have been written.
    fn commit_order(
        &self,
        owned: &Owned,
        events: [EventId; 2],
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a checkout that holds no stock and never will, with the stored answer, and tells of what there was too little of
    /// (`InventoryReservationFailed`). Whether the checkout was still ours.
    ///
    /// # Errors
    /// [`StoreError`].
    fn fail_checkout(
        &self,
        owned: &Owned,
        sold_out: Option<&SoldOut>,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends the lease, if the checkout is still ours, so that the next request resumes it at once.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_lease(&self, owned: &Owned, now: Timestamp) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that what was ordered has left the cart, as [`CartStore::take_out`] said.
    ///
    /// # Errors
    /// [`StoreError`].
    fn mark_cart_taken(
        &self,
        checkout: CheckoutId,
        version: Option<u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The answer to the customer's earlier and equal request, if it ordered that version of `cart`; of the last cart that
    /// the customer ordered, if that is not known. None once the answer is no longer kept at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_answer(
        &self,
        customer: CustomerId,
        cart: Option<CartId>,
        cart_version: u64,
        request_hash: Hash,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Replay>, StoreError>> + Send;
}

/// What the checkout, the orders, the payments and their events need of the database.
pub trait OrdersDatabase:
    LoadPrices
    + ListVariants
    + CustomerStore
    + CheckoutStore
    + ReadFailedCheckouts
    + ReadOrders
    + ReadTimeline
    + CloseOrders
    + CancelOrders
    + RequestStore
    + CaptureStore
    + PaymentStore
    + ReadPayments
    + RefundStore
    + ReturnStore
    + WebhookStore
    + ShippingStore
    + SweepStore
    + Outbox
    + CollectEvents
{
}
impl<T> OrdersDatabase for T where
    T: LoadPrices
        + ListVariants
        + CustomerStore
        + CheckoutStore
        + ReadFailedCheckouts
        + ReadOrders
        + ReadTimeline
        + CloseOrders
        + CancelOrders
        + RequestStore
        + CaptureStore
        + PaymentStore
        + ReadPayments
        + RefundStore
        + ReturnStore
        + ReturnStore
        + WebhookStore
        + ShippingStore
        + SweepStore
        + Outbox
        + CollectEvents
{
}
