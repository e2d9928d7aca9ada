//! The history of payments: one item for each event, by payment and sequence.

use commerce_aws::{
    AwsClient, AwsEnvironment, AwsError, DynamoDb, Item,
    dynamodb::{PutItem, item, number, text},
};
use origin_core::{
    StoreError,
    consumers::{KeepPaymentHistory, PaymentEntry},
};

use crate::{
    error::store_error,
    tables::{PAYMENT_ID, SEQUENCE},
};

/// The history in one table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DynamoPayments<E> {
    db: DynamoDb<E>,
    table: String,
}

impl<E: AwsEnvironment> DynamoPayments<E> {
    /// The history in `table`, reached by `client`.
    pub fn new(client: AwsClient<E>, table: impl Into<String>) -> Self {
        Self { db: DynamoDb::new(client), table: table.into() }
    }
}

impl<E: AwsEnvironment> KeepPaymentHistory for DynamoPayments<E> {
    async fn keep_entry(&self, entry: &PaymentEntry) -> Result<(), StoreError> {
        let put = PutItem {
            table_name: self.table.clone(),
            item: attributes(entry),
            condition_expression: Some(format!("attribute_not_exists({PAYMENT_ID})")),
            repeatable: true,
            ..PutItem::default()
        };
        match self.db.put_item(&put).await {
            Ok(_) | Err(AwsError::ConditionalCheckFailed { .. }) => Ok(()),
            Err(error) => Err(store_error(error)),
        }
    }
}

fn attributes(entry: &PaymentEntry) -> Item {
    let mut all = vec![
        (PAYMENT_ID, text(entry.payment_id.to_string())),
        (SEQUENCE, number(entry.sequence)),
        ("orderId", text(entry.order_id.to_string())),
        ("eventId", text(entry.event_id.to_string())),
        ("event", text(&entry.kind)),
        ("status", text(entry.state.as_str())),
        ("createdAt", text(entry.time.to_string())),
    ];
    all.extend(entry.attempt_id.map(|attempt| ("attemptId", text(attempt.to_string()))));
    all.extend(entry.reason.as_deref().map(|reason| ("reason", text(reason))));
    all.extend(entry.refund_id.as_deref().map(|refund| ("refundId", text(refund))));
    all.extend(entry.dispute_id.as_deref().map(|dispute| ("disputeId", text(dispute))));
    all.extend(entry.outcome.as_deref().map(|outcome| ("outcome", text(outcome))));
    if let Some(told) = &entry.amount {
        all.push(("amount", number(&told.amount)));
        all.push(("currency", text(&told.currency)));
    }
    item(all)
}
