//! The ports to orders that end before they are shipped.

use std::{future::Future, str::FromStr};

use commerce_domain::{
    EventId, OrderId, RefundId,
    state::{OrderEvent, OrderStatus, UnknownState},
};
use jiff::Timestamp;

use crate::{StoreError, inventory::SoldGoods, payments::Attempt, refunds::Refund};

/// Why an order ends before it is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The hold on its stock is over.
    Expired,
    /// Its customer called it off.
    Customer,
    /// The shop called it off.
    Shop,
    /// It was paid when its goods were no longer held.
    Stranded,
}

impl CloseReason {
    /// As it is written down, and told in events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Customer => "customer",
            Self::Shop => "shop",
            Self::Stranded => "stranded",
        }
    }

    /// What happens to the order.
    #[must_use]
    pub fn event(self) -> OrderEvent {
        match self {
            Self::Expired => OrderEvent::Fail,
            Self::Customer | Self::Shop | Self::Stranded => OrderEvent::Cancel,
        }
    }
}

impl FromStr for CloseReason {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Expired, Self::Customer, Self::Shop, Self::Stranded]
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownState)
    }
}

/// An order that is being closed: no attempt to pay it begins any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingOrder {
    /// The order.
    pub order_id: OrderId,
    /// Why, as whoever began it said.
    pub reason: CloseReason,
    /// The latest attempt of the order's payment, unless that was called off.
    pub attempt: Option<Attempt>,
}

/// What became of the wish to close an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginClose {
    /// There is no such order.
    NoOrder,
    /// The order does not wait for money.
    Settled(OrderStatus),
    /// The hold on its stock is not over.
    NotOver,
    /// A request is paying it at this moment.
    PaymentUnderWay,
    /// It is being closed, by this call or by an earlier one.
    Begun(Box<ClosingOrder>),
}

/// The end of an order whose payment, if there was one, is called off at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderEnd<'a> {
    /// The order.
    pub order_id: OrderId,
    /// The provider's id of the payment that was called off; none if the provider knew of no payment.
    pub intent_id: Option<&'a str>,
    /// The id of the event that tells of the payment's end, if there is one to tell of.
    pub payment_event: EventId,
    /// The id of the event that tells of the order's.
    pub order_event: EventId,
    /// Now.
    pub now: Timestamp,
}

/// What an order came to that was to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Where the order stands.
    pub status: OrderStatus,
    /// Whether its stock has yet to be released.
    pub holds_stock: bool,
}

/// The end of a paid order whose goods have not been shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancellation {
    /// The order.
    pub order_id: OrderId,
    /// Who called it off.
    pub reason: CloseReason,
    /// The id of its refund.
    pub refund: RefundId,
    /// The id of the event that tells of it.
    pub event: EventId,
    /// Now.
    pub now: Timestamp,
}

/// What a paid order came to that was to be called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// It is called off, now or before.
    Done {
        /// The goods, where they have yet to come back.
        goods: Option<SoldGoods>,
        /// The refund, where there is money to send back.
        refund: Option<Box<Refund>>,
    },
    /// Something of it has left, or is about to.
    Leaving,
    /// It cannot be called off in this state.
    Settled(OrderStatus),
}

/// What the stock of an order that has ended has yet to do about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockDue {
    /// The order was never paid: its hold is released.
    Release,
    /// It was paid: the goods come back.
    Return(SoldGoods),
}

/// Ends orders that were paid and not shipped.
pub trait CancelOrders: Send + Sync {
    /// Calls a paid order off: order, checkout, stock ledger, event, the refund of all that is left of its payment, and the note
    /// that its goods are to come back, in one transaction. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn cancel_paid_order(
        &self,
        cancellation: &Cancellation,
    ) -> impl Future<Output = Result<Cancelled, StoreError>> + Send;
}

/// Ends orders that were never paid.
pub trait CloseOrders: Send + Sync {
    /// Marks an order as being closed, so that no attempt to pay it begins, and finds the attempt that is to be called off.
    /// For [`CloseReason::Expired`] only if the hold is over at `now`. The reason of an earlier call stands, unless that was
    /// [`CloseReason::Expired`]. Commits.
    ///
    /// # Errors
    /// [`StoreError`]; the order may have been marked.
    fn begin_close(
        &self,
        order: OrderId,
        reason: CloseReason,
        now: Timestamp,
    ) -> impl Future<Output = Result<BeginClose, StoreError>> + Send;

    /// Ends an order that is being closed: its attempt, its payment, its checkout, with the events and the note that its
    /// stock is to be released, in one transaction. An order that was paid meanwhile stays so. None, and nothing is written,
    /// where the order's payment has an intent by now that was not called off. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn end_order(&self, end: &OrderEnd<'_>) -> impl Future<Output = Result<Option<End>, StoreError>> + Send;

    /// Notes that the order's stock was released, or that its goods have come back.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_released(&self, order: OrderId) -> impl Future<Output = Result<(), StoreError>> + Send;
}
