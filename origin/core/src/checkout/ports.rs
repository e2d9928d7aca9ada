//! The ports of the checkout.

use std::future::Future;

use commerce_domain::{Cart, Money, OrderId, ProductId, VariantId};

use crate::{StoreError, inventory::ListVariants};

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
    /// The cart of this `sub`, read consistently; none if it was never filled, or has expired at the clock's time.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_cart(&self, owner: &str) -> impl Future<Output = Result<Option<Cart>, StoreError>> + Send;

    /// Takes the ordered pieces out of the cart that the order was made of; what was added meanwhile stays, and a cart
    /// that is empty then ends. Idempotent by the order's id; another life of the cart is left alone.
    ///
    /// # Errors
    /// [`StoreError`].
    fn take_out(
        &self,
        ordered: &Cart,
        order: OrderId,
        lines: &[TakenLine],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What the checkout, the orders and the payments need of the database.
pub trait OrdersDatabase: LoadPrices + ListVariants {}
impl<T: LoadPrices + ListVariants> OrdersDatabase for T {}
