//! Goods whose hold has gone: it was cleared away, or lost. What stands in its place says what became of them.

use commerce_aws::{
    AwsEnvironment, AwsError,
    dynamodb::{PutItem, TransactWrite, TransactWriteItems},
};
use commerce_domain::{OrderId, state::HoldState};
use origin_core::{StoreError, inventory::HeldLine};

use super::{DynamoStock, items::stand_in};
use crate::error::store_error;

impl<E: AwsEnvironment> DynamoStock<E> {
    /// Writes that the order's hold has ended in this state, with what that does to the counters, in one transaction. Whether
    /// there was no hold: if there is one, nothing has changed, for it is the hold that knows.
    pub(super) async fn end_without_hold(
        &self,
        order: OrderId,
        lines: &[HeldLine],
        state: HoldState,
        counters: &str,
    ) -> Result<bool, StoreError> {
        let now = self.db().client().env().now();
        let mark = PutItem {
            table_name: self.table(),
            item: stand_in(order, lines, state, now),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            ..PutItem::default()
        };
        let counters = lines.iter().map(|line| TransactWrite::Update(self.stock_update(line, counters)));
        let request = TransactWriteItems {
            transact_items: std::iter::once(TransactWrite::Put(mark)).chain(counters).collect(),
            client_request_token: None,
        };
        match self.db().transact_write_items(&request).await {
            Ok(()) => Ok(true),
            Err(AwsError::TransactionCancelled { .. }) => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }
}
