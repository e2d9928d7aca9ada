//! Reads of many items by key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_dynamo::Item;

use super::{DynamoDb, SERVICE, is_false};
use crate::{client::AwsEnvironment, error::AwsError, retry::Repeat};

/// Reads up to 100 items, each by its key (DynamoDB API reference, `BatchGetItem`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchGetItem {
    /// Table name to what is read of it. No key may stand twice.
    pub request_items: BTreeMap<String, KeysAndAttributes>,
}

/// What is read of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeysAndAttributes {
    /// The items' keys.
    pub keys: Vec<Item>,
    /// Whether every write answered before must be seen.
    #[serde(default, skip_serializing_if = "is_false")]
    pub consistent_read: bool,
    /// Which attributes to return; all where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    /// `#name` to attribute name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expression_attribute_names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    #[serde(default)]
    responses: BTreeMap<String, Vec<Item>>,
    #[serde(default)]
    unprocessed_keys: BTreeMap<String, KeysAndAttributes>,
}

impl<E: AwsEnvironment> DynamoDb<E> {
    /// The items that exist, by table, in no order. Keys that DynamoDB leaves unprocessed are asked for again: all requests
    /// together are one call of the client's retry policy.
    ///
    /// # Errors
    /// [`AwsError::Throttled`] where keys stay unprocessed, or another [`AwsError`] of a read.
    pub async fn batch_get_item(&self, request: &BatchGetItem) -> Result<BTreeMap<String, Vec<Item>>, AwsError> {
        let mut progress = self.client().begin();
        let mut found: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        let mut wanted = request.clone();
        loop {
            let output: Output =
                self.client().go_on(&mut progress, SERVICE, "BatchGetItem", &wanted, Repeat::Safe).await?;
            for (table, items) in output.responses {
                found.entry(table).or_default().extend(items);
            }
            if output.unprocessed_keys.is_empty() {
                return Ok(found);
            }
            let unprocessed = AwsError::Throttled { message: "keys left unprocessed".to_owned() };
            self.client().pause(&progress, unprocessed, Repeat::Safe).await?;
            wanted.request_items = output.unprocessed_keys;
        }
    }
}
