//! Writes to one item: `PutItem`, `UpdateItem`, `DeleteItem`. The same structs are the members of a transaction.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_dynamo::{AttributeValue, Item};

use super::is_false;

/// Which attributes a write returns. A put and a delete know [`Self::AllOld`] only; a write in a transaction returns none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnValues {
    /// The whole item before the write.
    AllOld,
    /// The changed attributes before the write.
    UpdatedOld,
    /// The whole item after the write.
    AllNew,
    /// The changed attributes after the write.
    UpdatedNew,
}

/// Replaces or creates an item (DynamoDB API reference, `PutItem`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutItem {
    /// The table.
    pub table_name: String,
    /// The whole item, its key included.
    pub item: Item,
    /// What must hold of the item that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// What to return. Must be `None` in a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_values: Option<ReturnValues>,
    /// Whether a failed condition brings the item along.
    #[serde(
        rename = "ReturnValuesOnConditionCheckFailure",
        serialize_with = "all_old",
        skip_serializing_if = "is_false"
    )]
    pub return_old_on_failure: bool,
    /// Whether to repeat it after an unknown outcome. If the first attempt was applied, the second one may fail its own
    /// condition: set this only where a failed condition is then understood. Without meaning in a transaction.
    #[serde(skip)]
    pub repeatable: bool,
}

/// Changes or creates an item (DynamoDB API reference, `UpdateItem`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateItem {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// The change: `SET … REMOVE … ADD … DELETE …`.
    pub update_expression: String,
    /// What must hold of the item that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// What to return. Must be `None` in a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_values: Option<ReturnValues>,
    /// Whether a failed condition brings the item along.
    #[serde(
        rename = "ReturnValuesOnConditionCheckFailure",
        serialize_with = "all_old",
        skip_serializing_if = "is_false"
    )]
    pub return_old_on_failure: bool,
    /// As in [`PutItem::repeatable`]. An `ADD`, or a `SET` of a sum, without a condition is not repeatable.
    #[serde(skip)]
    pub repeatable: bool,
}

/// Deletes an item (DynamoDB API reference, `DeleteItem`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteItem {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// What must hold of the item that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// What to return. Must be `None` in a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_values: Option<ReturnValues>,
    /// Whether a failed condition brings the item along.
    #[serde(
        rename = "ReturnValuesOnConditionCheckFailure",
        serialize_with = "all_old",
        skip_serializing_if = "is_false"
    )]
    pub return_old_on_failure: bool,
    /// As in [`PutItem::repeatable`].
    #[serde(skip)]
    pub repeatable: bool,
}

/// Writes the one value that `ReturnValuesOnConditionCheckFailure` has beside `NONE`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(super) fn all_old<S: Serializer>(_: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("ALL_OLD")
}
