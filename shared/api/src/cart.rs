//! The cart on the wire.

use commerce_domain::{
    Cart, CartLine, Destination, Money, PriceError, PricingRules, Totals,
    pricing::{self, Line},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Amount,
    product::{OptionValue, option_values},
};

/// `GET /cart`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartResponse {
    /// `cart_…`; null while the cart was never filled.
    pub id: Option<String>,
    /// Whose cart it is.
    pub user_id: String,
    /// Grows with each change; 0 while the cart was never filled.
    pub version: u64,
    /// The lines, in the order they were added.
    pub items: Vec<CartItemResponse>,
    /// The currency of every amount.
    pub currency: String,
    /// The goods.
    pub subtotal: Amount,
    /// The tax on them, and on shipping where that is taxed.
    pub tax: Amount,
    /// Whether the prices contain the tax: then it is a part of the total, and does not come on top.
    pub tax_included: bool,
    /// Bringing them.
    pub shipping: Amount,
    /// What an order of this cart would cost.
    pub total: Amount,
    /// RFC 3339, UTC; null while the cart was never filled.
    pub updated_at: Option<Timestamp>,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartItemResponse {
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// The product's name.
    pub name: String,
    /// The variant's options.
    pub options: Vec<OptionValue>,
    /// The price of one.
    pub price: Amount,
    /// How many.
    pub quantity: u32,
    /// Price times quantity.
    pub subtotal: Amount,
    /// The first image.
    pub image_url: Option<String>,
}

/// `POST /cart/items`: adds to the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddItemRequest {
    /// `prod_…`, or `var_…` where the product has several variants.
    pub product_id: String,
    /// `var_…`; may be absent where the product has one variant.
    pub variant_id: Option<String>,
    /// 1 to 999.
    pub quantity: i64,
}

/// `PUT /cart/items/{productId}`: sets the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateItemRequest {
    /// `var_…`; may be absent where the product has one variant, or the path names the variant.
    pub variant_id: Option<String>,
    /// 1 to 999.
    pub quantity: i64,
}

/// Answers both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartChangedResponse {
    /// The cart after the change.
    pub cart: CartResponse,
    /// What was done.
    pub message: String,
}

impl CartResponse {
    /// The cart with what it would cost to have it brought to that place.
    ///
    /// # Errors
    /// [`PriceError`].
    pub fn estimate(cart: &Cart, to: &Destination, rules: &PricingRules) -> Result<Self, PriceError> {
        let lines: Vec<Line<'_>> = cart.lines.iter().map(by_own_category).collect();
        let nothing = Money::zero(rules.currency());
        Ok(Self::of(cart, &pricing::price(&lines, to, nothing, rules)?))
    }

    /// The cart with these totals, which are those of its lines.
    #[must_use]
    pub fn of(cart: &Cart, totals: &Totals) -> Self {
        let items = cart.lines.iter().zip(&totals.lines).map(|(line, cost)| CartItemResponse {
            product_id: line.product_id.to_string(),
            variant_id: line.variant_id.to_string(),
            name: line.name.clone(),
            options: option_values(&line.options),
            price: line.unit_price.into(),
            quantity: line.quantity.get(),
            subtotal: cost.subtotal.into(),
            image_url: line.image_url.clone(),
        });
        Self {
            id: Some(cart.id.to_string()),
            user_id: cart.owner.clone(),
            version: cart.version,
            items: items.collect(),
            currency: totals.total.currency().to_string(),
            subtotal: totals.subtotal.into(),
            tax: totals.tax.into(),
            tax_included: totals.tax_included,
            shipping: totals.shipping.into(),
            total: totals.total.into(),
            updated_at: Some(cart.updated_at),
        }
    }

    /// The cart of somebody who never filled one.
    #[must_use]
    pub fn empty(owner: &str, to: &Destination, rules: &PricingRules) -> Self {
        let nothing = Money::zero(rules.currency());
        Self {
            id: None,
            user_id: owner.to_owned(),
            version: 0,
            items: Vec::new(),
            currency: rules.currency().to_string(),
            subtotal: nothing.into(),
            tax: nothing.into(),
            tax_included: rules.includes_tax(to),
            shipping: nothing.into(),
            total: nothing.into(),
            updated_at: None,
        }
    }
}

/// A line as far as a cart knows it: not the categories above its own.
fn by_own_category(line: &CartLine) -> Line<'_> {
    Line { unit_price: line.unit_price, quantity: line.quantity, categories: line.category.as_slice() }
}
