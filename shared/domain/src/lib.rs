//! The business rules of the shop: ids, money, catalog, cart, pricing, and the tables of states.
//!
//! Pure by construction: no I/O, no async, and no clock or randomness but through the [`Clock`] and [`Entropy`] ports.
//! Depends on no other crate of the workspace.

pub mod cart;
pub mod catalog;
pub mod currency;
pub mod id;
pub mod money;
pub mod order_number;
pub mod ports;
pub mod pricing;
pub mod state;

pub use cart::{Cart, CartLine, Quantity};
pub use catalog::{CategorySlug, Product, Variant};
pub use currency::Currency;
pub use id::{
    AdjustmentId, AttemptId, CartId, CheckoutId, CustomerId, EventId, IdError, InvoiceId, OrderId, PaymentId,
    ProductId, RefundId, ReturnId, ShipmentId, VariantId,
};
pub use money::{Money, MoneyError};
pub use order_number::OrderNumber;
pub use ports::{Clock, Entropy};
pub use pricing::{Destination, PriceError, PricingRules, PricingRulesError, PricingSettings, TaxRate, Totals};
