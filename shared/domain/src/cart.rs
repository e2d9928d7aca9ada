//! The cart: lines of variants, each with a snapshot of what the shopper saw when adding it.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{CartId, CategorySlug, Money, ProductId, VariantId};

/// A cart has at most this many distinct variants; a DynamoDB transaction has room for 100 items, one of them the hold.
pub const MAX_LINES: usize = 99;
/// A line has at most this many pieces.
pub const MAX_QUANTITY: u32 = 999;

/// What a line may cost at most, in whole units of its currency. 99 such lines with as much tax again stay below the twelve
/// digits that an amount may have, so no cart can be filled beyond what can be added up.
const MAX_LINE_COST: i64 = 5_000_000_000;

/// How many pieces at this price fit into one line: at most [`MAX_QUANTITY`].
#[must_use]
pub fn most_pieces(unit_price: Money) -> u32 {
    let by_cost = Decimal::from(MAX_LINE_COST).checked_div(unit_price.amount());
    by_cost.and_then(|pieces| u32::try_from(pieces.trunc()).ok()).unwrap_or(MAX_QUANTITY).min(MAX_QUANTITY)
}

/// How many pieces a line has: 1 to [`MAX_QUANTITY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u32);

/// The number is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to {MAX_QUANTITY}")]
pub struct QuantityError;

impl Quantity {
    /// That many pieces.
    ///
    /// # Errors
    /// [`QuantityError`] outside 1 to [`MAX_QUANTITY`].
    pub fn new(pieces: i64) -> Result<Self, QuantityError> {
        u32::try_from(pieces).ok().filter(|count| (1..=MAX_QUANTITY).contains(count)).map(Self).ok_or(QuantityError)
    }

    /// The number of pieces.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// A shopper's cart. Its id changes with each life of the cart; within a life, `version` only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// The id of this life of the cart.
    pub id: CartId,
    /// Whose cart it is: the `sub` of the token.
    pub owner: String,
    /// Grows by one with each committed change.
    pub version: u64,
    /// The lines, in the order they were first added; at most [`MAX_LINES`].
    pub lines: Vec<CartLine>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One variant in a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// The variant.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: Quantity,
    /// The product's name when the line was last touched.
    pub name: String,
    /// The variant's options then.
    pub options: Vec<(String, String)>,
    /// The price of one then. Checkout prices the line anew.
    pub unit_price: Money,
    /// The product's category then; not known of lines that were last touched before it was kept.
    pub category: Option<CategorySlug>,
    /// The product's version then: tells whether the snapshot is old.
    pub product_version: u64,
    /// The first image then.
    pub image_url: Option<String>,
    /// When the variant was first added; keeps the lines in order.
    pub added_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_end_at_their_limits() {
        for good in [1, 2, 999] {
            assert!(Quantity::new(good).is_ok(), "{good}");
        }
        for bad in [i64::MIN, -1, 0, 1000, i64::MAX] {
            assert_eq!(Quantity::new(bad), Err(QuantityError), "{bad}");
        }
    }
}
