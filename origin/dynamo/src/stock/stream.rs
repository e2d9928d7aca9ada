//! The stream of the table's changes: in AWS it calls a function with its records, elsewhere somebody reads it.

use std::collections::BTreeMap;

use commerce_aws::{AwsClient, AwsEnvironment, AwsError, Item, JsonService, Repeat};
use origin_core::{StoreError, inventory::StockChanged};
use serde::{Deserialize, de::DeserializeOwned};

use super::items::stock_level;
use crate::error::store_error;

/// DynamoDB Streams, API version 2012-08-10.
const STREAMS: JsonService = JsonService {
    name: "dynamodb",
    target_prefix: "DynamoDBStreams_20120810",
    content_type: "application/x-amz-json-1.0",
};

/// What the key of counters begins with.
const COUNTERS: &str = "stock#";

/// Records of the stream, as a function's event and an answer of `GetRecords` have them.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct StreamRecords {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Debug, Clone, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    new_image: Option<Item>,
}

impl StreamRecords {
    /// The items that were written, as they are since, in order.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Item> {
        self.records.iter().filter_map(|record| record.dynamodb.new_image.as_ref())
    }

    /// The changes of counters among them, in order.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for counters that cannot be read.
    pub fn stock_changes(self) -> Result<Vec<StockChanged>, StoreError> {
        let images = self.records.into_iter().filter_map(|record| record.dynamodb.new_image);
        images.filter(is_counter).map(changed).collect()
    }
}

fn is_counter(image: &Item) -> bool {
    matches!(image.get(crate::tables::PK), Some(commerce_aws::AttributeValue::S(pk)) if pk.starts_with(COUNTERS))
}

fn changed(image: Item) -> Result<StockChanged, StoreError> {
    let level = stock_level(image)?;
    Ok(StockChanged {
        variant_id: level.variant_id,
        product_id: level.product_id,
        available: level.available(),
        sellable: level.sellable,
        version: level.version,
    })
}

/// A reader of the stream from its beginning, for where no function is called. What it has read twice does no harm.
#[derive(Debug)]
pub struct StockStream<E> {
    client: AwsClient<E>,
    /// Where each shard is read next.
    iterators: Vec<String>,
    /// Where each is read once what was read is done.
    next: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Streams {
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    stream_description: Description,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    shards: Vec<Shard>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shard {
    shard_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Begun {
    shard_iterator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Read {
    next_shard_iterator: Option<String>,
    #[serde(default)]
    records: Vec<Record>,
}

impl<E: AwsEnvironment> StockStream<E> {
    /// A reader of the stream of `table`.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Broken`] where the table has no stream.
    pub async fn open(client: AwsClient<E>, table: &str) -> Result<Self, StoreError> {
        let mut stream = Self { client, iterators: Vec::new(), next: Vec::new() };
        let found: Streams = stream.call("ListStreams", [("TableName", table)]).await?;
        let arn = found.streams.into_iter().next().ok_or_else(|| StoreError::broken("the table has no stream"))?;
        let arn = arn.stream_arn;
        let described: Described = stream.call("DescribeStream", [("StreamArn", &arn)]).await?;
        for shard in described.stream_description.shards {
            let from =
                [("StreamArn", arn.as_str()), ("ShardId", &shard.shard_id), ("ShardIteratorType", "TRIM_HORIZON")];
            let begun: Begun = stream.call("GetShardIterator", from).await?;
            stream.iterators.push(begun.shard_iterator);
        }
        Ok(stream)
    }

    /// The next changes of counters; the same again until they are [done](Self::done). None once all is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(&mut self) -> Result<Vec<StockChanged>, StoreError> {
        let (mut changes, mut next) = (Vec::new(), Vec::with_capacity(self.iterators.len()));
        for iterator in &self.iterators {
            let read: Read = self.call("GetRecords", [("ShardIterator", iterator)]).await?;
            changes.extend(StreamRecords { records: read.records }.stock_changes()?);
            next.extend(read.next_shard_iterator);
        }
        self.next = next;
        Ok(changes)
    }

    /// What was read is dealt with.
    pub fn done(&mut self) {
        self.iterators.clone_from(&self.next);
    }

    async fn call<Res: DeserializeOwned, const N: usize>(
        &self,
        operation: &str,
        request: [(&str, &str); N],
    ) -> Result<Res, StoreError> {
        let request = BTreeMap::from(request);
        let answer: Result<Res, AwsError> = self.client.call(STREAMS, operation, &request, Repeat::Safe).await;
        answer.map_err(store_error)
    }
}
