//! Attribute values, written shortly. Structs become items with `serde_dynamo::to_item`.

use std::fmt::Display;

use serde_dynamo::{AttributeValue, Item};

/// A string, `{"S": …}`.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number, `{"N": …}`, from whatever displays as one: an integer or a decimal.
pub fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A list, `{"L": …}`.
pub fn list(values: impl IntoIterator<Item = AttributeValue>) -> AttributeValue {
    AttributeValue::L(values.into_iter().collect())
}

/// A map, `{"M": …}`.
pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, AttributeValue)>) -> AttributeValue {
    AttributeValue::M(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// An item or a key of these attributes.
pub fn item<K: Into<String>>(attributes: impl IntoIterator<Item = (K, AttributeValue)>) -> Item {
    let attributes: std::collections::HashMap<String, AttributeValue> =
        attributes.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Item::from(attributes)
}
