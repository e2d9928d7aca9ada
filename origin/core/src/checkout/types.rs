//! A checkout as it is written down.

use commerce_api::{
    cart::CartResponse,
    order::{Address, LineChange},
};
use commerce_domain::{
    CartId, CheckoutId, Currency, CustomerId, Money, OrderId, OrderNumber, ProductId, TaxRate, VariantId,
    pricing::TaxTotal,
};
use jiff::Timestamp;

use super::ports::TakenLine;
use crate::{
    idempotency::{ClaimKey, Hash},
    inventory::{HeldLine, Hold},
};

/// A line of an order: what was bought, as it was when it was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// The name then.
    pub name: String,
    /// The merchant's number then.
    pub sku: Option<String>,
    /// The options then.
    pub options: Vec<(String, String)>,
    /// How many, 1 to 999.
    pub quantity: u32,
    /// The price of one then.
    pub unit_price: Money,
    /// Price times quantity.
    pub subtotal: Money,
    /// The tax on that, or within it.
    pub tax: Money,
    /// The rate of the tax; none for what was ordered before it was kept.
    pub tax_rate: Option<TaxRate>,
    /// What the tax is called; none where nothing is taxed, too.
    pub tax_name: Option<String>,
}

/// An order in the making. Its lines are priced, and stay as they are however often the checkout is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The checkout.
    pub id: CheckoutId,
    /// The order that it becomes.
    pub order_id: OrderId,
    /// The order's number, made with its id.
    pub order_number: OrderNumber,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The life of the cart that is ordered.
    pub cart_id: CartId,
    /// Its version.
    pub cart_version: u64,
    /// What was asked for.
    pub request_hash: Hash,
    /// 1 to 99 lines, each variant once.
    pub lines: Vec<OrderLine>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The goods.
    pub subtotal: Money,
    /// The tax on them, and on shipping where that is taxed.
    pub tax: Money,
    /// Whether the prices contain the tax: then it does not come on top.
    pub tax_included: bool,
    /// The tax by rate; empty where nothing is taxed, and for what was ordered before it was kept.
    pub taxes: Vec<TaxTotal>,
    /// Bringing them.
    pub shipping: Money,
    /// The part of the tax that is on shipping.
    pub shipping_tax: Money,
    /// What is charged.
    pub total: Money,
    /// Where it goes.
    pub shipping_address: Address,
    /// The default for the payment.
    pub payment_method: Option<String>,
    /// Until when the stock is held.
    pub hold_until: Timestamp,
    /// When it was drawn up; the order's time of creation.
    pub created_at: Timestamp,
}

impl Checkout {
    /// The hold on its stock; the same however often it is asked for.
    #[must_use]
    pub fn hold(&self) -> Hold {
        let line = |line: &OrderLine| HeldLine { variant_id: line.variant_id, quantity: line.quantity };
        Hold {
            order_id: self.order_id,
            lines: self.lines.iter().map(line).collect(),
            created_at: self.created_at,
            expires_at: self.hold_until,
        }
    }

    /// What leaves the cart once it is an order.
    #[must_use]
    pub fn taken_lines(&self) -> Vec<TakenLine> {
        let line = |line: &OrderLine| TakenLine { variant_id: line.variant_id, quantity: line.quantity };
        self.lines.iter().map(line).collect()
    }
}

/// A checkout that this request owns until its lease lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The checkout.
    pub checkout: Checkout,
    /// The claim that it is owned by.
    pub key: ClaimKey,
    /// The number of this owner: writes of earlier ones match no row.
    pub fence: i64,
}

/// What differs between a cart as the shopper saw it and as it can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartDiff {
    /// The lines that are known to differ.
    pub changes: Vec<LineChange>,
    /// The cart at today's prices, where the request named a version or a total that it does not have.
    pub cart: Option<CartResponse>,
}

/// How a checkout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderOutcome<'a> {
    /// It became an order.
    Placed(&'a Checkout),
    /// There was too little of these lines.
    SoldOut(&'a [LineChange]),
    /// It was given up before it could become an order.
    GivenUp,
}
