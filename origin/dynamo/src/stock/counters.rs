//! Putting and reading counters.

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{BatchGetItem, KeysAndAttributes, MAX_TRANSACT_WRITES, PutItem, TransactWrite, TransactWriteItems},
};
use commerce_domain::VariantId;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use origin_core::{
    StoreError,
    inventory::{NewStock, PutStock, ReadStock, StockLevel},
};

use super::{
    DynamoStock,
    items::{new_stock, stock_key, stock_level},
};
use crate::error::store_error;

/// Puts in flight at once.
const CONCURRENT_PUTS: usize = 8;

impl<E: AwsEnvironment> PutStock for DynamoStock<E> {
    async fn put_stock_if_absent(&self, stock: &[NewStock]) -> Result<(), StoreError> {
        for some in stock.chunks(MAX_TRANSACT_WRITES) {
            if some.len() == 1 || !self.put_all(some).await? {
                self.put_each(some).await?;
            }
        }
        Ok(())
    }
}

impl<E: AwsEnvironment> ReadStock for DynamoStock<E> {
    async fn read_stock(&self, variants: &[VariantId]) -> Result<Vec<StockLevel>, StoreError> {
        if variants.is_empty() {
            return Ok(Vec::new());
        }
        let keys = KeysAndAttributes {
            keys: variants.iter().map(|variant| stock_key(*variant)).collect(),
            consistent_read: true,
            ..KeysAndAttributes::default()
        };
        let request = BatchGetItem { request_items: [(self.table(), keys)].into() };
        let found = self.db().batch_get_item(&request).await.map_err(store_error)?;
        found.into_values().flatten().map(stock_level).collect()
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// All counters in one request, if none is there yet: many times faster than one by one. Whether they were put.
    async fn put_all(&self, stock: &[NewStock]) -> Result<bool, StoreError> {
        let transact_items = stock.iter().map(|stock| TransactWrite::Put(self.put(stock))).collect();
        let request = TransactWriteItems { transact_items, client_request_token: None };
        match self.db().transact_write_items(&request).await {
            Ok(()) => Ok(true),
            Err(AwsError::TransactionCancelled { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn put_each(&self, stock: &[NewStock]) -> Result<(), StoreError> {
        stream::iter(stock.to_vec())
            .map(|stock| self.put_one(stock))
            .buffer_unordered(CONCURRENT_PUTS)
            .try_collect::<()>()
            .await
    }

    fn put(&self, stock: &NewStock) -> PutItem {
        PutItem {
            table_name: self.table(),
            item: new_stock(stock),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            repeatable: true,
            ..PutItem::default()
        }
    }

    async fn put_one(&self, stock: NewStock) -> Result<(), StoreError> {
        match self.db().put_item(&self.put(&stock)).await {
            Ok(_) | Err(AwsError::ConditionalCheckFailed { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }
}
