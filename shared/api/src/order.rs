//! Orders on the wire.

use commerce_domain::{Destination, pricing::TaxTotal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Amount, DecimalNumber, cursor::SlicePagination, product::OptionValue, shipment::ShipmentResponse};

/// `POST /orders`: orders the caller's cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOrderRequest {
    /// Where it goes.
    pub shipping_address: Address,
    /// Kept as the default for the payment; nothing is charged.
    pub payment_method_id: Option<String>,
    /// The version of the cart that the shopper saw; another one is a 409.
    pub cart_version: Option<u64>,
    /// The total that the shopper saw; another one is a 409.
    pub expected_total: Option<Amount>,
}

/// A postal address. Each field has 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State or province, where the country has them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<String>,
    /// Postal code.
    pub zip_code: String,
    /// ISO 3166-1, two letters.
    pub country: String,
}

impl Address {
    /// The address as the rules of pricing look at it.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination::new(&self.country, self.state.as_deref(), Some(&self.zip_code))
    }
}

/// Answers `POST /orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOrderResponse {
    /// `order_…`
    pub order_id: String,
    /// The number that people say: `7K3M-9QXT-G`.
    pub order_number: String,
    /// `PENDING`
    pub status: String,
    /// What has to be paid.
    pub total: Amount,
    /// The currency of the total.
    pub currency: String,
    /// Until when the stock is held.
    pub reserved_until: Timestamp,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
}

/// `GET /orders/{orderId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderResponse {
    /// `order_…`
    pub id: String,
    /// The number that people say: `7K3M-9QXT-G`.
    pub order_number: String,
    /// One of the order states.
    pub status: String,
    /// The lines.
    pub items: Vec<OrderItemResponse>,
    /// The currency of every amount.
    pub currency: String,
    /// The goods.
    pub subtotal: Amount,
    /// The tax on them, and on shipping where that is taxed.
    pub tax: Amount,
    /// Whether the prices contain the tax: then it is a part of the total, and does not come on top.
    pub tax_included: bool,
    /// The tax by rate, the highest first; empty where nothing is taxed, and for orders from before it was kept.
    pub taxes: Vec<TaxResponse>,
    /// Bringing them.
    pub shipping: Amount,
    /// The part of the tax that is on shipping.
    pub shipping_tax: Amount,
    /// What is charged.
    pub total: Amount,
    /// What came of paying it, `authorised`, `succeeded` or `failed` as of the latest attempt; null before.
    pub payment_status: Option<String>,
    /// What has gone back of what was paid.
    pub refunded: Amount,
    /// `none`, `partial` or `full`.
    pub refund_status: String,
    /// Where it goes.
    pub shipping_address: Address,
    /// How much of it has left: `unfulfilled`, `partial` or `fulfilled`.
    pub fulfillment_status: String,
    /// The shipments, oldest first.
    pub shipments: Vec<ShipmentResponse>,
    /// The carrier's number, of the latest shipment that has left; null before.
    pub tracking_number: Option<String>,
    /// RFC 3339, UTC; of the same shipment.
    pub estimated_delivery: Option<Timestamp>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    pub updated_at: Timestamp,
}

/// All of an order that is taxed at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxResponse {
    /// What the tax is called.
    pub name: String,
    /// The rate: 0.08 is 8 %.
    pub rate: DecimalNumber,
    /// What is taxed, without the tax.
    pub base: Amount,
    /// The tax.
    pub amount: Amount,
}

impl From<&TaxTotal> for TaxResponse {
    fn from(tax: &TaxTotal) -> Self {
        Self {
            name: tax.name.clone(),
            rate: DecimalNumber(tax.rate.value()),
            base: tax.base.into(),
            amount: tax.amount.into(),
        }
    }
}

/// A line of an order: a snapshot that outlives the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItemResponse {
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// The name when it was ordered.
    pub name: String,
    /// The merchant's number then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// The options then.
    pub options: Vec<OptionValue>,
    /// The price of one then.
    pub price: Amount,
    /// How many.
    pub quantity: u32,
    /// Price times quantity.
    pub subtotal: Amount,
    /// The tax on that, or within it.
    pub tax: Amount,
    /// The rate of the tax: 0.08 is 8 %. Absent from lines that were ordered before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_rate: Option<DecimalNumber>,
}

/// `GET /orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderListResponse {
    /// The orders of this page, newest first.
    pub data: Vec<OrderResponse>,
    /// Where the page stands.
    pub pagination: SlicePagination,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntryResponse {
    /// `evt_…`
    pub id: String,
    /// What: `OrderCreated`, `PaymentFailed`, as in the events of the shop.
    pub event: String,
    /// RFC 3339, UTC.
    pub at: Timestamp,
    /// What the event says.
    pub data: serde_json::Value,
}

/// `GET /orders/{orderId}/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineResponse {
    /// Oldest first; the latest 500.
    pub data: Vec<TimelineEntryResponse>,
}

/// What differs between the cart as the shopper saw it and as it can be ordered: the `changes` of a 409.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineChange {
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// `out_of_stock`, `price_changed` or `gone`.
    pub reason: String,
    /// How many were wanted.
    pub requested: u32,
    /// How many are left, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub available: Option<i64>,
    /// The price that the shopper saw, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_price: Option<Amount>,
    /// The price now, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new_price: Option<Amount>,
}
