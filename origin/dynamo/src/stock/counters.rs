//! Putting and reading counters, and changing how many may be sold beyond the stock.

use std::collections::BTreeMap;

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{
        BatchGetItem, KeysAndAttributes, MAX_TRANSACT_WRITES, PutItem, TransactWrite, TransactWriteItems, UpdateItem,
        number,
    },
};
use commerce_domain::VariantId;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use origin_core::{
    StoreError,
    inventory::{BackorderLimit, LimitOutcome, NewStock, PutStock, ReadStock, SetLimits, StockLevel},
};

use super::{
    DynamoStock,
    items::{new_stock, stock_key, stock_level},
};
use crate::error::store_error;

/// Counters that one call reads.
const MAX_READS: usize = 100;
/// Writes in flight at once.
const CONCURRENT_WRITES: usize = 8;
/// A limit that others change meanwhile is looked at again; this often.
const MAX_ROUNDS: u32 = 4;

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

impl<E: AwsEnvironment> SetLimits for DynamoStock<E> {
    async fn set_limits(&self, limits: &[BackorderLimit]) -> Result<Vec<LimitOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(limits.len());
        for some in limits.chunks(MAX_READS) {
            let variants: Vec<VariantId> = some.iter().map(|limit| limit.variant_id).collect();
            let levels = self.read_stock(&variants).await?.into_iter();
            let levels: BTreeMap<VariantId, StockLevel> = levels.map(|level| (level.variant_id, level)).collect();
            let wanted: Vec<_> = some.iter().map(|limit| (*limit, levels.get(&limit.variant_id).copied())).collect();
            let set = stream::iter(wanted).map(|(limit, level)| self.set_limit(limit, level));
            outcomes.extend(set.buffered(CONCURRENT_WRITES).try_collect::<Vec<_>>().await?);
        }
        Ok(outcomes)
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// Gives the counter another limit, from what it was when it was read.
    async fn set_limit(&self, wanted: BackorderLimit, level: Option<StockLevel>) -> Result<LimitOutcome, StoreError> {
        let new = i64::from(wanted.limit);
        let Some(mut level) = level else { return Ok(LimitOutcome::NoCounter) };
        for _ in 0..MAX_ROUNDS {
            let old = level.backorder_limit;
            if old == new {
                return Ok(LimitOutcome::Set);
            }
            let stored = match self.db().update_item(&self.limit_update(wanted.variant_id, old, new)).await {
                Ok(_) => return Ok(LimitOutcome::Set),
                Err(AwsError::ConditionalCheckFailed { item }) => item,
                Err(error) => return Err(store_error(error)),
            };
            let Some(stored) = stored else { return Ok(LimitOutcome::NoCounter) };
            level = stock_level(stored)?;
            if level.backorder_limit == old {
                let limit = u32::try_from(old).map_err(StoreError::broken)?;
                return Ok(LimitOutcome::Kept { limit, sold_beyond: -level.available() });
            }
        }
        Err(StoreError::unavailable("others kept changing the backorder limit"))
    }

    /// From one limit to another, if what can be sold suffices. It can be repeated: a limit that it has set already is told by
    /// the item that comes back.
    fn limit_update(&self, variant: VariantId, old: i64, new: i64) -> UpdateItem {
        UpdateItem {
            table_name: self.table(),
            key: stock_key(variant),
            update_expression: "SET backorderLimit = :new, sellable = sellable + :more, #version = #version + :one"
                .to_owned(),
            condition_expression: Some("backorderLimit = :old AND sellable >= :less".to_owned()),
            expression_attribute_names: [("#version".to_owned(), "version".to_owned())].into(),
            expression_attribute_values: [
                (":new".to_owned(), number(new)),
                (":old".to_owned(), number(old)),
                (":more".to_owned(), number(new - old)),
                (":less".to_owned(), number((old - new).max(0))),
                (":one".to_owned(), number(1)),
            ]
            .into(),
            return_old_on_failure: true,
            repeatable: true,
            ..UpdateItem::default()
        }
    }

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
            .buffer_unordered(CONCURRENT_WRITES)
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
