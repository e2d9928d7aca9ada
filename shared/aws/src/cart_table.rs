//! How a cart is stored in DynamoDB. The edge writes it, the origin reads it, both through this module.
//!
//! One item a shopper. Quantities, snapshots and the time of adding stand in three maps under the variant's id, so that one
//! `UpdateItem` can add to a quantity that may not be there yet, without reading before.

mod keys;

use std::collections::BTreeMap;

use commerce_domain::{Cart, CartLine, Currency, Money, Quantity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_dynamo::{AttributeValue, Item};

pub use self::keys::KEY_KEPT_SECONDS;
use crate::dynamodb::{PutItem, number, text};

/// The hash key: whose cart it is.
pub const OWNER: &str = "userId";
/// The id of this life of the cart.
pub const CART_ID: &str = "cartId";
/// Grows by one with each change.
pub const VERSION: &str = "version";
/// Map of variant id to quantity.
pub const QUANTITIES: &str = "quantities";
/// Map of variant id to [`StoredLine`].
pub const LINES: &str = "lines";
/// Map of variant id to the millisecond it was first added.
pub const ADDED_AT: &str = "addedAt";
/// The currency of every line, ISO 4217. Written and checked by the edge with each addition; no part of [`StoredCart`].
pub const CURRENCY: &str = "currency";
/// List of the orders that took their pieces out of this life of the cart, oldest first, [`MAX_TAKEN_BY`] at most. Written by
/// the origin; no part of [`StoredCart`].
pub const TAKEN_BY: &str = "takenBy";
/// Map of the hash of an Idempotency-Key to [`StoredKey`].
pub const KEYS: &str = "keys";
/// The millisecond of the last change.
pub const UPDATED_AT: &str = "updatedAt";
/// The second after which the cart no longer exists, whether DynamoDB has swept it or not.
pub const TTL: &str = "ttl";
/// How long an untouched cart lives: 30 days.
pub const LIFE_SECONDS: i64 = 30 * 24 * 60 * 60;
/// How many orders are remembered in [`TAKEN_BY`]. An order's pieces are taken out before the cart is ordered again, so a
/// repetition is never many orders late.
pub const MAX_TAKEN_BY: usize = 16;

/// What both sides read of a cart. The item holds more: whoever changes a cart names what changes, and never writes back what
/// was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredCart {
    /// [`OWNER`]
    pub user_id: String,
    /// [`CART_ID`]
    pub cart_id: String,
    /// [`VERSION`]
    pub version: u64,
    /// [`QUANTITIES`]
    pub quantities: BTreeMap<String, i64>,
    /// [`LINES`]
    pub lines: BTreeMap<String, StoredLine>,
    /// [`ADDED_AT`]
    pub added_at: BTreeMap<String, i64>,
    /// [`KEYS`]
    #[serde(default)]
    pub keys: BTreeMap<String, StoredKey>,
    /// [`UPDATED_AT`]
    pub updated_at: i64,
    /// [`TTL`]
    pub ttl: i64,
}

/// What the shopper saw of a variant when the line was last touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredLine {
    /// `prod_…`
    pub product_id: String,
    /// The product's name.
    pub name: String,
    /// Names and values of the options.
    pub options: Vec<(String, String)>,
    /// The price of one, as decimal text.
    pub price: String,
    /// ISO 4217.
    pub currency: String,
    /// The slug of the product's category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The product's version.
    pub product_version: u64,
    /// The first image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

/// A mutation that was made under an Idempotency-Key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    /// The hash of the request that used the key.
    #[serde(rename = "h")]
    pub request_hash: String,
    /// The second it was used in.
    pub at: i64,
    /// What could not be done, in the words of whoever made the mutation and reads them again.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
}

/// The item is not a cart as this code writes them.
#[derive(Debug, Clone, thiserror::Error)]
#[error("corrupt cart item: {0}")]
pub struct CorruptCart(String);

impl CorruptCart {
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
    fn because(reason: impl ToString) -> Self {
        Self(reason.to_string())
    }
}

impl StoredCart {
    /// The stored form of an item, expired or not.
    ///
    /// # Errors
    /// [`CorruptCart`].
    pub fn from_item(item: Item) -> Result<Self, CorruptCart> {
        serde_dynamo::from_item(item).map_err(CorruptCart::because)
    }

    /// The item of a cart that begins, still without its [`CURRENCY`].
    ///
    /// # Errors
    /// [`CorruptCart`] if a value cannot be stored.
    pub fn to_item(&self) -> Result<Item, CorruptCart> {
        serde_dynamo::to_item(self).map_err(CorruptCart::because)
    }

    /// The put of a cart that begins, in this currency, where there is none, or only an expired one.
    ///
    /// # Errors
    /// [`CorruptCart`] if a value cannot be stored.
    pub fn first_put(&self, table_name: &str, currency: Currency, now: Timestamp) -> Result<PutItem, CorruptCart> {
        let mut item = self.to_item()?;
        item.insert(CURRENCY.to_owned(), text(currency.code()));
        Ok(PutItem {
            table_name: table_name.to_owned(),
            item,
            condition_expression: Some("attribute_not_exists(#owner) OR #ttl <= :now".to_owned()),
            expression_attribute_names: [("#owner", OWNER), ("#ttl", TTL)]
                .map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()))
                .into(),
            expression_attribute_values: [(":now".to_owned(), number(now.as_second()))].into(),
            ..PutItem::default()
        })
    }

    /// Whether the cart has outlived its time. Expired items stay readable for days.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.ttl <= now.as_second()
    }

    /// The cart, its lines in the order they were first added.
    ///
    /// # Errors
    /// [`CorruptCart`].
    pub fn into_cart(self) -> Result<Cart, CorruptCart> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for (variant_id, stored) in self.lines {
            let quantity = self.quantities.get(&variant_id).ok_or_else(|| CorruptCart::because("no quantity"))?;
            let added_at = self.added_at.get(&variant_id).ok_or_else(|| CorruptCart::because("no time of adding"))?;
            lines.push(stored.into_line(&variant_id, *quantity, *added_at)?);
        }
        lines.sort_by_key(|line| (line.added_at, line.variant_id));
        Ok(Cart {
            id: self.cart_id.parse().map_err(CorruptCart::because)?,
            owner: self.user_id,
            version: self.version,
            lines,
            updated_at: Timestamp::from_millisecond(self.updated_at).map_err(CorruptCart::because)?,
        })
    }
}

impl StoredLine {
    /// The snapshot of a line.
    #[must_use]
    pub fn of(line: &CartLine) -> Self {
        Self {
            product_id: line.product_id.to_string(),
            name: line.name.clone(),
            options: line.options.clone(),
            price: line.unit_price.amount().to_string(),
            currency: line.unit_price.currency().to_string(),
            category: line.category.as_ref().map(ToString::to_string),
            product_version: line.product_version,
            image_url: line.image_url.clone(),
        }
    }

    /// The snapshot as an attribute.
    ///
    /// # Errors
    /// [`CorruptCart`] if a value cannot be stored.
    pub fn to_attribute(&self) -> Result<AttributeValue, CorruptCart> {
        serde_dynamo::to_attribute_value(self).map_err(CorruptCart::because)
    }

    fn into_line(self, variant_id: &str, quantity: i64, added_at: i64) -> Result<CartLine, CorruptCart> {
        let price = self.price.parse().map_err(CorruptCart::because)?;
        let currency = self.currency.parse().map_err(CorruptCart::because)?;
        Ok(CartLine {
            variant_id: variant_id.parse().map_err(CorruptCart::because)?,
            product_id: self.product_id.parse().map_err(CorruptCart::because)?,
            quantity: Quantity::new(quantity).map_err(CorruptCart::because)?,
            name: self.name,
            options: self.options,
            unit_price: Money::new(price, currency).map_err(CorruptCart::because)?,
            category: self.category.map(|slug| slug.parse()).transpose().map_err(CorruptCart::because)?,
            product_version: self.product_version,
            image_url: self.image_url,
            added_at: Timestamp::from_millisecond(added_at).map_err(CorruptCart::because)?,
        })
    }
}

#[cfg(test)]
mod tests;
