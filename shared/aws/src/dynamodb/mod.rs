//! DynamoDB, API version 2012-08-10.
//!
//! Requests are plain structs with the names of the API reference; fields left at their default are not sent.

mod batch;
mod query;
mod table;
mod transaction;
mod value;
mod write;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_dynamo::Item;

use crate::{
    client::{AwsClient, AwsEnvironment, JsonService},
    error::AwsError,
    retry::Repeat,
};

pub use batch::{BatchGetItem, KeysAndAttributes};
pub use query::{GetItem, Query, QueryOutput, Scan};
pub use table::{AttributeType, CreateTable, KeyAttribute, SecondaryIndex};
pub use transaction::{ConditionCheck, MAX_TRANSACT_WRITES, TransactWrite, TransactWriteItems};
pub use value::{item, list, map, number, text};
pub use write::{DeleteItem, PutItem, ReturnValues, UpdateItem};

/// DynamoDB as a service of the JSON protocol.
pub const SERVICE: JsonService =
    JsonService { name: "dynamodb", target_prefix: "DynamoDB_20120810", content_type: "application/x-amz-json-1.0" };

/// DynamoDB through the signed client.
#[derive(Debug, Clone)]
pub struct DynamoDb<E> {
    client: AwsClient<E>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ItemOutput {
    item: Option<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttributesOutput {
    attributes: Option<Item>,
}

/// An answer of which nothing is used.
#[derive(Deserialize)]
struct Ignored {}

impl<E: AwsEnvironment> DynamoDb<E> {
    /// DynamoDB as reached by `client`.
    pub const fn new(client: AwsClient<E>) -> Self {
        Self { client }
    }

    /// The client underneath.
    pub const fn client(&self) -> &AwsClient<E> {
        &self.client
    }

    /// The item with this key, `None` where there is none. An item past its `ttl` may still be there: DynamoDB deletes it
    /// days later.
    ///
    /// # Errors
    /// Any [`AwsError`] but those of writes.
    pub async fn get_item(&self, request: &GetItem) -> Result<Option<Item>, AwsError> {
        self.call::<_, ItemOutput>("GetItem", request, Repeat::Safe).await.map(|output| output.item)
    }

    /// Puts an item, whole. The item that it replaced, where `return_values` asks for it.
    ///
    /// # Errors
    /// [`AwsError::ConditionalCheckFailed`] where the condition does not hold, or another [`AwsError`].
    pub async fn put_item(&self, request: &PutItem) -> Result<Option<Item>, AwsError> {
        self.write("PutItem", request, request.repeatable).await
    }

    /// Changes an item, or creates it. The attributes that `return_values` asks for.
    ///
    /// # Errors
    /// [`AwsError::ConditionalCheckFailed`] where the condition does not hold, or another [`AwsError`].
    pub async fn update_item(&self, request: &UpdateItem) -> Result<Option<Item>, AwsError> {
        self.write("UpdateItem", request, request.repeatable).await
    }

    /// Deletes an item. The item as it was, where `return_values` asks for it.
    ///
    /// # Errors
    /// [`AwsError::ConditionalCheckFailed`] where the condition does not hold, or another [`AwsError`].
    pub async fn delete_item(&self, request: &DeleteItem) -> Result<Option<Item>, AwsError> {
        self.write("DeleteItem", request, request.repeatable).await
    }

    /// One page of the items with one partition key.
    ///
    /// # Errors
    /// Any [`AwsError`] but those of writes.
    pub async fn query(&self, request: &Query) -> Result<QueryOutput, AwsError> {
        self.call("Query", request, Repeat::Safe).await
    }

    /// One page of the items of a table.
    ///
    /// # Errors
    /// Any [`AwsError`] but those of writes.
    pub async fn scan(&self, request: &Scan) -> Result<QueryOutput, AwsError> {
        self.call("Scan", request, Repeat::Safe).await
    }

    /// Writes to several items, all or none. Repeated on an unknown outcome only with a `client_request_token`.
    ///
    /// # Errors
    /// [`AwsError::TransactionCancelled`] with a reason per write; [`AwsError::TransactionConflict`] where others held the
    /// items for longer than the retries lasted; [`AwsError::IdempotentParameterMismatch`]; or another [`AwsError`].
    pub async fn transact_write_items(&self, request: &TransactWriteItems) -> Result<(), AwsError> {
        let repeat = repeat(request.client_request_token.is_some());
        self.call::<_, Ignored>("TransactWriteItems", request, repeat).await.map(drop)
    }

    /// The same, and repeated on an unknown outcome also without a token: for a transaction whose second effect its own
    /// conditions refuse, and whose caller reads from the refusal that the first one was made. A token would be answered
    /// from DynamoDB's memory, whatever has become of the items since.
    ///
    /// # Errors
    /// As [`Self::transact_write_items`].
    pub async fn transact_write_items_repeatably(&self, request: &TransactWriteItems) -> Result<(), AwsError> {
        self.call::<_, Ignored>("TransactWriteItems", request, Repeat::Safe).await.map(drop)
    }

    async fn write<Req: Serialize>(
        &self,
        operation: &str,
        request: &Req,
        repeatable: bool,
    ) -> Result<Option<Item>, AwsError> {
        let output: AttributesOutput = self.call(operation, request, repeat(repeatable)).await?;
        Ok(output.attributes)
    }

    async fn call<Req: Serialize, Res: DeserializeOwned>(
        &self,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<Res, AwsError> {
        self.client.call(SERVICE, operation, request, repeat).await
    }
}

const fn repeat(repeatable: bool) -> Repeat {
    if repeatable { Repeat::Safe } else { Repeat::Unsafe }
}

/// For `skip_serializing_if`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod repeat_tests;
#[cfg(test)]
mod wire_tests;
