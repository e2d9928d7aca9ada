//! The changes of carts, as the stream of their table brings them.

use commerce_aws::{AttributeValue, Item, cart_table};
use jiff::Timestamp;
use origin_core::{StoreError, carts::CartChanged};

use crate::StreamRecords;

impl StreamRecords {
    /// The changes of carts among them, in order. A cart that is gone tells nothing: it was ordered, or its time was over.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a cart that cannot be read.
    pub fn cart_changes(&self) -> Result<Vec<CartChanged>, StoreError> {
        self.images().filter(|image| image.contains_key(cart_table::CART_ID)).map(changed).collect()
    }
}

fn changed(image: &Item) -> Result<CartChanged, StoreError> {
    let broken = || StoreError::broken("a cart that cannot be read");
    let cart_id = match image.get(cart_table::CART_ID) {
        Some(AttributeValue::S(id)) => id.parse().map_err(StoreError::broken)?,
        _ => return Err(broken()),
    };
    let version =
        number(image, cart_table::VERSION).and_then(|version| u64::try_from(version).ok()).ok_or_else(broken)?;
    let at = number(image, cart_table::UPDATED_AT).and_then(|millis| Timestamp::from_millisecond(millis).ok());
    Ok(CartChanged { cart_id, version, at: at.ok_or_else(broken)? })
}

fn number(image: &Item, name: &str) -> Option<i64> {
    match image.get(name) {
        Some(AttributeValue::N(number)) => number.parse().ok(),
        _ => None,
    }
}
