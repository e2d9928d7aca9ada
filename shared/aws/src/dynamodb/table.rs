//! Tables, for local set-up and tests. In AWS, Terraform makes them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{DynamoDb, Ignored};
use crate::{client::AwsEnvironment, error::AwsError, retry::Repeat};

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AttributeType {
    /// String.
    S,
    /// Number.
    N,
    /// Binary.
    B,
}

/// An attribute that is part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAttribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: AttributeType,
}

/// A global secondary index that holds all attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondaryIndex {
    /// Its name.
    pub name: String,
    /// Its partition key.
    pub partition_key: KeyAttribute,
    /// Its sort key.
    pub sort_key: Option<KeyAttribute>,
}

/// A table, billed per request (DynamoDB API reference, `CreateTable` and `UpdateTimeToLive`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub table_name: String,
    /// Its partition key.
    pub partition_key: KeyAttribute,
    /// Its sort key.
    pub sort_key: Option<KeyAttribute>,
    /// Its global indexes.
    pub indexes: Vec<SecondaryIndex>,
    /// The attribute that holds the second after which an item may be deleted.
    pub ttl_attribute: Option<String>,
    /// Whether its stream carries old and new images.
    pub stream: bool,
}

impl KeyAttribute {
    /// A string.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: AttributeType::S }
    }

    /// A number.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: AttributeType::N }
    }
}

impl CreateTable {
    /// A table with this partition key and nothing else.
    pub fn new(table_name: impl Into<String>, partition_key: KeyAttribute) -> Self {
        Self {
            table_name: table_name.into(),
            partition_key,
            sort_key: None,
            indexes: Vec::new(),
            ttl_attribute: None,
            stream: false,
        }
    }

    fn to_wire(&self) -> Value {
        let mut types = BTreeMap::new();
        let mut add_types = |partition_key: &KeyAttribute, sort_key: Option<&KeyAttribute>| {
            for key in std::iter::once(partition_key).chain(sort_key) {
                types.insert(key.name.clone(), key.kind);
            }
        };
        add_types(&self.partition_key, self.sort_key.as_ref());
        for index in &self.indexes {
            add_types(&index.partition_key, index.sort_key.as_ref());
        }
        let definitions: Vec<Value> =
            types.iter().map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind})).collect();
        let mut wire = json!({
            "TableName": self.table_name,
            "AttributeDefinitions": definitions,
            "KeySchema": key_schema(&self.partition_key, self.sort_key.as_ref()),
            "BillingMode": "PAY_PER_REQUEST",
        });
        if !self.indexes.is_empty() {
            wire["GlobalSecondaryIndexes"] = self.indexes.iter().map(SecondaryIndex::to_wire).collect();
        }
        if self.stream {
            wire["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
        }
        wire
    }
}

impl SecondaryIndex {
    fn to_wire(&self) -> Value {
        json!({
            "IndexName": self.name,
            "KeySchema": key_schema(&self.partition_key, self.sort_key.as_ref()),
            "Projection": {"ProjectionType": "ALL"},
        })
    }
}

fn key_schema(partition_key: &KeyAttribute, sort_key: Option<&KeyAttribute>) -> Vec<Value> {
    std::iter::once((partition_key, "HASH"))
        .chain(sort_key.map(|key| (key, "RANGE")))
        .map(|(key, role)| json!({"AttributeName": key.name, "KeyType": role}))
        .collect()
}

impl<E: AwsEnvironment> DynamoDb<E> {
    /// Creates a table, and switches on its expiry. A table that exists already is left as it is: `false`.
    ///
    /// # Errors
    /// Any [`AwsError`] but those of items.
    pub async fn create_table(&self, table: &CreateTable) -> Result<bool, AwsError> {
        match self.call::<_, Ignored>("CreateTable", &table.to_wire(), Repeat::Unsafe).await {
            Ok(_) => {}
            Err(error) if error.has_code("ResourceInUseException") => return Ok(false),
            Err(error) => return Err(error),
        }
        if let Some(attribute) = &table.ttl_attribute {
            let request = json!({
                "TableName": table.table_name,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
            });
            self.call::<_, Ignored>("UpdateTimeToLive", &request, Repeat::Unsafe).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_names_each_key_attribute_once() {
        let table = CreateTable {
            sort_key: Some(KeyAttribute::number("at")),
            indexes: vec![SecondaryIndex {
                name: "by-shard".into(),
                partition_key: KeyAttribute::text("shard"),
                sort_key: Some(KeyAttribute::number("at")),
            }],
            stream: true,
            ..CreateTable::new("holds", KeyAttribute::text("id"))
        };
        let expected = json!({
            "TableName": "holds",
            "AttributeDefinitions": [
                {"AttributeName": "at", "AttributeType": "N"},
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "shard", "AttributeType": "S"},
            ],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-shard",
                "KeySchema": [
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        });
        assert_eq!(table.to_wire(), expected);
    }
}
