//! From a cart to an order: what the checkout reads and in which order it writes.

mod ports;

pub use ports::{CartStore, LoadPrices, OrdersDatabase, PricedVariant, TakenLine};
