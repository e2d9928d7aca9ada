//! From a cart to an order: what the checkout reads, and in which order it writes.
//!
//! PostgreSQL decides, the counters count. Three commits, never reordered: the claim with the order's id and its priced
//! lines; the hold on the stock; the order with its event and the stored answer. Whoever finds a claim whose lease has
//! lapsed takes it over with a higher fence and the same order id, and repeats the hold, which happens once.
//!
//! A cart is in one checkout at a time, and is ordered anew only once what was ordered before has left it. `docs/CHECKOUT.md`
//! says where a request can stop, and what becomes of it.

mod addition;
mod draft;
mod failed;
mod finish;
mod place_order;
mod ports;
mod types;

pub use addition::{AddOutcome, CartAddition, LeftOut, LeftOutReason, Room, WantedLine};
pub use failed::{FailedCheckout, FailedCheckoutPage, ReadFailedCheckouts};
pub(crate) use finish::{Finishing, take_out};
pub use place_order::{PlaceOrder, PlaceOrderError, place_order};
pub use ports::{
    CartStore, CheckoutStore, Claim, LoadPrices, OrdersDatabase, PricedVariant, Replay, SoldOut, TakenLine,
};
pub use types::{CartDiff, Checkout, OrderLine, OrderOutcome, Owned};
