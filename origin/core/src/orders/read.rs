//! Orders as their customers read them.

use std::future::Future;

use commerce_api::{cursor::OrderSlice, order::Address};
use commerce_domain::{Currency, CustomerId, Money, OrderId, OrderNumber, pricing::TaxTotal, state::OrderStatus};
use jiff::Timestamp;

use crate::{
    StoreError,
    checkout::OrderLine,
    shipping::{Fulfillment, Shipment, fulfillment_of},
};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The order.
    pub id: OrderId,
    /// Its number, as people say it.
    pub number: OrderNumber,
    /// Where it stands.
    pub status: OrderStatus,
    /// The lines, in the order of the cart.
    pub lines: Vec<OrderLine>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The goods.
    pub subtotal: Money,
    /// The tax on them, and on shipping where that is taxed.
    pub tax: Money,
    /// Whether the prices contain the tax: then it does not come on top.
    pub tax_included: bool,
    /// The tax by rate; empty where nothing is taxed, and for orders from before it was kept.
    pub taxes: Vec<TaxTotal>,
    /// Bringing them.
    pub shipping: Money,
    /// The part of the tax that is on shipping.
    pub shipping_tax: Money,
    /// What is charged.
    pub total: Money,
    /// What has gone back of it.
    pub refunded: Money,
    /// What came of paying it, as of the latest attempt that is over: `authorised`, `succeeded` or `failed`.
    pub payment_status: Option<String>,
    /// Where it goes.
    pub shipping_address: Address,
    /// The shipments, oldest first.
    pub shipments: Vec<Shipment>,
    /// The carrier's number, of the latest shipment that has left.
    pub tracking_number: Option<String>,
    /// When that should arrive.
    pub estimated_delivery: Option<Timestamp>,
    /// Grows with each change of its status.
    pub version: u64,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How much of what was paid has gone back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// Nothing.
    None,
    /// Some of it.
    Partial,
    /// All of it.
    Full,
}

impl RefundStatus {
    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}

impl Order {
    /// How much of it has left.
    #[must_use]
    pub fn fulfillment(&self) -> Fulfillment {
        fulfillment_of(&self.lines, &self.shipments)
    }

    /// How much of what was paid has gone back.
    #[must_use]
    pub fn refund_status(&self) -> RefundStatus {
        if self.refunded.is_zero() {
            RefundStatus::None
        } else if self.refunded == self.total {
            RefundStatus::Full
        } else {
            RefundStatus::Partial
        }
    }
}

/// Which orders are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFilter {
    /// Whose; everybody's for the shop, which names no customer.
    pub customer: Option<CustomerId>,
    /// Those in this state.
    pub status: Option<OrderStatus>,
    /// The one with this number.
    pub number: Option<OrderNumber>,
}

/// A part of a list of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders of this part, newest first.
    pub orders: Vec<Order>,
    /// How many there are in all; none behind a cursor, where nobody counts.
    pub total: Option<u64>,
    /// Whether older ones follow.
    pub more: bool,
}

/// Reads orders. Those of others do not exist for a customer.
pub trait ReadOrders: Send + Sync {
    /// One of the customer's orders; of anybody's for the shop, which names no customer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_order(
        &self,
        customer: Option<CustomerId>,
        order: OrderId,
    ) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// A part of the list of these orders, newest first. One that begins behind an order is the same however many are placed
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_orders(
        &self,
        filter: OrderFilter,
        slice: OrderSlice,
    ) -> impl Future<Output = Result<OrderPage, StoreError>> + Send;
}
