//! Reads of one item, and of the items of one partition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_dynamo::{AttributeValue, Item};

use super::is_false;

/// Reads one item (DynamoDB API reference, `GetItem`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetItem {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// Whether every write answered before must be seen.
    #[serde(skip_serializing_if = "is_false")]
    pub consistent_read: bool,
    /// Which attributes to return; all where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
}

/// Reads the items of one partition, in the order of their sort key (DynamoDB API reference, `Query`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Query {
    /// The table.
    pub table_name: String,
    /// The index; the table itself where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_name: Option<String>,
    /// Which partition, and which part of it.
    pub key_condition_expression: String,
    /// Which of the items read to return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_expression: Option<String>,
    /// Which attributes to return; all that the index holds where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// How many items to read at most, before the filter. A page ends at 1 MB in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Whether to go through the sort key downwards.
    #[serde(rename = "ScanIndexForward", serialize_with = "forward", skip_serializing_if = "is_false")]
    pub descending: bool,
    /// Whether every write answered before must be seen. Not possible on a global index.
    #[serde(skip_serializing_if = "is_false")]
    pub consistent_read: bool,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_start_key: Option<Item>,
}

/// Reads the items of a whole table, in no order (DynamoDB API reference, `Scan`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Scan {
    /// The table.
    pub table_name: String,
    /// Which of the items read to return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_expression: Option<String>,
    /// Which attributes to return; all where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// How many items to read at most, before the filter. A page ends at 1 MB in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Whether every write answered before must be seen.
    #[serde(skip_serializing_if = "is_false")]
    pub consistent_read: bool,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_start_key: Option<Item>,
}

/// A page of a [`Query`] or a [`Scan`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueryOutput {
    /// The items, filtered.
    #[serde(default)]
    pub items: Vec<Item>,
    /// Where the page ended, `None` after the last one.
    #[serde(default)]
    pub last_evaluated_key: Option<Item>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn forward<S: serde::Serializer>(descending: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(!*descending)
}
