//! Writes to several items at once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_dynamo::{AttributeValue, Item};

use super::{
    is_false,
    write::{DeleteItem, PutItem, UpdateItem, all_old},
};

/// The most writes of one transaction.
pub const MAX_TRANSACT_WRITES: usize = 100;

/// Several writes, all or none (DynamoDB API reference, `TransactWriteItems`). No two may touch one item.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TransactWriteItems {
    /// 1 to [`MAX_TRANSACT_WRITES`] writes.
    pub transact_items: Vec<TransactWrite>,
    /// Makes the transaction happen once however often it is sent within 10 minutes: 1 to 36 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
}

/// One write of a transaction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum TransactWrite {
    /// Replaces or creates an item.
    Put(PutItem),
    /// Changes or creates an item.
    Update(UpdateItem),
    /// Deletes an item.
    Delete(DeleteItem),
    /// Writes nothing, but must hold.
    ConditionCheck(ConditionCheck),
}

/// A condition on an item that the transaction does not write.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConditionCheck {
    /// The table.
    pub table_name: String,
    /// The item's key.
    pub key: Item,
    /// What must hold of it.
    pub condition_expression: String,
    /// `#name` to attribute name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
    /// `:name` to value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_values: BTreeMap<String, AttributeValue>,
    /// Whether a failed condition brings the item along.
    #[serde(
        rename = "ReturnValuesOnConditionCheckFailure",
        serialize_with = "all_old",
        skip_serializing_if = "is_false"
    )]
    pub return_old_on_failure: bool,
}
