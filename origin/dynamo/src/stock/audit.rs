//! Reading and repairing what the reconciliation compares. Each repair is conditional on the version that was seen.

use commerce_aws::{
    AttributeValue, AwsEnvironment, AwsError,
    dynamodb::{
        BatchGetItem, KeysAndAttributes, PutItem, Scan, TransactWrite, TransactWriteItems, UpdateItem, item, number,
        text,
    },
};
use commerce_domain::{OrderId, VariantId, state::HoldState};
use origin_core::{
    StoreError,
    inventory::{AuditStock, FoundHold, Hold, HoldPage, ReservedCorrection, RestoredLine},
};

use super::{
    DynamoStock,
    items::{HOLD_PREFIX, StoredHold, held, hold_key, stock_key},
};
use crate::{error::store_error, tables::PK};

/// Items that one page of a scan reads.
const PAGE: u32 = 1_000;

impl<E: AwsEnvironment> AuditStock for DynamoStock<E> {
    async fn list_holds(&self, after: Option<&str>) -> Result<HoldPage, StoreError> {
        let request = Scan {
            table_name: self.table(),
            filter_expression: Some("begins_with(pk, :hold) AND #state IN (:held, :committing)".to_owned()),
            expression_attribute_names: [("#state".to_owned(), "state".to_owned())].into(),
            expression_attribute_values: [
                (":hold".to_owned(), text(HOLD_PREFIX)),
                (":held".to_owned(), text(HoldState::Held.as_str())),
                (":committing".to_owned(), text(HoldState::Committing.as_str())),
            ]
            .into(),
            limit: Some(PAGE),
            exclusive_start_key: after.map(|after| item([(PK, text(after))])),
            ..Scan::default()
        };
        let page = self.db().scan(&request).await.map_err(store_error)?;
        let order = |stored| StoredHold::read(stored)?.order();
        let next = page.last_evaluated_key.and_then(|key| match key.get(PK) {
            Some(AttributeValue::S(pk)) => Some(pk.clone()),
            _ => None,
        });
        Ok(HoldPage { orders: page.items.into_iter().map(order).collect::<Result<_, _>>()?, next })
    }

    async fn read_holds(&self, orders: &[OrderId]) -> Result<Vec<FoundHold>, StoreError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let keys = KeysAndAttributes {
            keys: orders.iter().map(|order| hold_key(*order)).collect(),
            consistent_read: true,
            ..KeysAndAttributes::default()
        };
        let request = BatchGetItem { request_items: [(self.table(), keys)].into() };
        let found = self.db().batch_get_item(&request).await.map_err(store_error)?;
        let hold = |stored| {
            let stored = StoredHold::read(stored)?;
            let in_force = matches!(stored.state()?, HoldState::Held | HoldState::Committing);
            Ok(FoundHold { order_id: stored.order()?, in_force, lines: stored.lines()? })
        };
        found.into_values().flatten().map(hold).collect()
    }

    async fn correct_reserved(&self, correction: &ReservedCorrection) -> Result<bool, StoreError> {
        let mut update = self.under_version(correction.variant_id, correction.version);
        "SET reserved = reserved + :q, sellable = :sellable, #version = #version + :one"
            .clone_into(&mut update.update_expression);
        update.expression_attribute_values.insert(":q".to_owned(), number(correction.quantity));
        update.expression_attribute_values.insert(":sellable".to_owned(), number(correction.sellable));
        match self.db().update_item(&update).await {
            Ok(_) => Ok(true),
            Err(AwsError::ConditionalCheckFailed { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn restore_hold(&self, hold: &Hold, lines: &[RestoredLine]) -> Result<bool, StoreError> {
        let put = PutItem {
            table_name: self.table(),
            item: held(hold),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            ..PutItem::default()
        };
        let request = TransactWriteItems {
            transact_items: std::iter::once(TransactWrite::Put(put))
                .chain(lines.iter().map(|line| TransactWrite::Update(self.restore_line(line))))
                .collect(),
            client_request_token: None,
        };
        match self.db().transact_write_items(&request).await {
            Ok(()) => Ok(true),
            Err(AwsError::TransactionCancelled { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// What the counters have as reserved stays; only the version moves, so that nobody else repairs the same.
    fn restore_line(&self, restored: &RestoredLine) -> UpdateItem {
        let mut update = self.under_version(restored.line.variant_id, restored.version);
        if restored.counted {
            return update;
        }
        "SET reserved = reserved + :q, sellable = sellable - :q, #version = #version + :one"
            .clone_into(&mut update.update_expression);
        update.condition_expression = Some("#version = :version AND sellable >= :q".to_owned());
        update.expression_attribute_values.insert(":q".to_owned(), number(restored.line.quantity));
        update
    }

    /// An update of counters that have this version, of nothing but that.
    fn under_version(&self, variant: VariantId, version: u64) -> UpdateItem {
        UpdateItem {
            table_name: self.table(),
            key: stock_key(variant),
            update_expression: "SET #version = #version + :one".to_owned(),
            condition_expression: Some("#version = :version".to_owned()),
            expression_attribute_names: [("#version".to_owned(), "version".to_owned())].into(),
            expression_attribute_values: [(":version".to_owned(), number(version)), (":one".to_owned(), number(1))]
                .into(),
            ..UpdateItem::default()
        }
    }
}
