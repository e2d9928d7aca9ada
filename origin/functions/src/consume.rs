//! A consumer of events behind its SQS queue.

use std::{convert::Infallible, process::ExitCode};

use lambda_http::{LambdaEvent, lambda_runtime, service_fn};
use origin_core::{
    consumers::Consumer,
    events::{self, Delivery, Envelope},
    hooks::NoHooks,
    invoices::{Desk, Seller},
};
use origin_dynamo::{DynamoPayments, DynamoStock, INVENTORY_TABLE, PAYMENTS_TABLE};
use origin_events::delivery;
use origin_gateways::{SystemClock, SystemEntropy};
use origin_postgres::{Database, DatabaseSettings};
use serde::{Deserialize, Serialize};

use crate::{
    AwsConfig, ConfigError,
    aws::http,
    config::{SELLER, given},
    run::{RunError, run, variable},
};

/// What the queue's event source hands over (AWS Lambda developer guide, "Using Lambda with Amazon SQS").
#[derive(Deserialize)]
struct SqsEvent {
    #[serde(rename = "Records")]
    records: Vec<SqsRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SqsRecord {
    message_id: String,
    body: String,
    attributes: SqsAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SqsAttributes {
    message_group_id: String,
    approximate_receive_count: String,
}

/// What is to be delivered again (the same guide, "Reporting batch item failures").
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResponse {
    batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchItemFailure {
    item_identifier: String,
}

/// Consumes what the Lambda runtime brings, until that ends: as the consumer that `CONSUMER` names. The one for invoices alone knows
/// the database.
pub async fn consume() -> ExitCode {
    run(start()).await
}

async fn start() -> Result<(), RunError> {
    let lookup = given(variable);
    let consumer = lookup("CONSUMER").ok_or(ConfigError::Missing("CONSUMER"))?;
    let consumer: Consumer = consumer.parse().map_err(|_| ConfigError::Invalid("CONSUMER"))?;
    let max_receive_count = max_receive_count(&lookup)?;
    let table = |name: &str, default: &str| lookup(name).unwrap_or_else(|| default.to_owned());
    let client = AwsConfig::from_lookup(&lookup)?.dynamodb(&http()?);
    let stock = &DynamoStock::new(client.clone(), table("INVENTORY_TABLE", INVENTORY_TABLE));
    let history = &DynamoPayments::new(client, table("PAYMENTS_TABLE", PAYMENTS_TABLE));
    let issuer = (consumer == Consumer::Invoices).then(|| Issuer::from_lookup(&lookup)).transpose()?;
    let desk = issuer.as_ref().map(|Issuer { database, seller }| Desk {
        clock: &SystemClock,
        entropy: &SystemEntropy,
        hooks: &NoHooks,
        database,
        seller,
    });
    let papers = desk.as_ref();
    let consuming = service_fn(|event: LambdaEvent<SqsEvent>| async move {
        // On the heap: one state machine of all consumers is more than the compiler lays out.
        let handle = async |event| Box::pin(consumer.handle(stock, history, papers, &event)).await;
        Ok::<_, Infallible>(handle_batch(event.payload, max_receive_count, handle).await)
    });
    lambda_runtime::run(consuming).await.map_err(RunError::Runtime)
}

/// What the consumer for invoices needs beside its queue: `DATABASE_URL` and `INVOICE_SELLER`.
struct Issuer {
    database: Database,
    seller: Seller,
}

impl Issuer {
    fn from_lookup(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, RunError> {
        let required = |name: &'static str| lookup(name).ok_or(ConfigError::Missing(name));
        let seller = required(SELLER)?.parse().map_err(ConfigError::from)?;
        Ok(Self { database: Database::new(&DatabaseSettings::new(required("DATABASE_URL")?))?, seller })
    }
}

/// `MAX_RECEIVE_COUNT`, as the queue has it; 5 if absent.
fn max_receive_count(lookup: impl Fn(&str) -> Option<String>) -> Result<u32, ConfigError> {
    let Some(count) = lookup("MAX_RECEIVE_COUNT") else { return Ok(5) };
    count.parse().map_err(|_| ConfigError::Invalid("MAX_RECEIVE_COUNT"))
}

async fn handle_batch<E, F>(event: SqsEvent, max_receive_count: u32, handle: impl FnMut(Envelope) -> F) -> BatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let deliveries: Vec<Delivery> = event.records.into_iter().map(SqsRecord::into_delivery).collect();
    let handled = events::consume(&deliveries, max_receive_count, handle).await;
    let failures = handled.failed.into_iter().map(|item_identifier| BatchItemFailure { item_identifier });
    BatchResponse { batch_item_failures: failures.collect() }
}

impl SqsRecord {
    /// The message's id stands for its receipt: that is what failures are named by.
    fn into_delivery(self) -> Delivery {
        let receive_count = self.attributes.approximate_receive_count.parse().unwrap_or(1);
        delivery(&self.body, self.attributes.message_group_id, self.message_id, receive_count)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_was_not_handled_is_named_by_the_id_of_its_message() {
        let record = |id: &str, group: &str, body: &str| {
            json!({"messageId": id, "receiptHandle": "r", "body": body, "eventSource": "aws:sqs",
                "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": "1", "SentTimestamp": "1"}})
        };
        let event = json!({
            "specversion": "1.0", "id": "evt_01ktp6sn00e8m9wvpfqsmyrszv", "source": "/cloudcommerce/origin",
            "type": "OrderCreated", "subject": "b", "time": "2026-03-01T12:00:00Z",
            "datacontenttype": "application/json", "sequence": 1, "data": {},
        })
        .to_string();
        let records = [record("m1", "a", "no event"), record("m2", "b", &event), record("m3", "a", &event)];
        let batch = serde_json::from_value(json!({"Records": records})).unwrap();
        let response = handle_batch(batch, 5, async |_| Ok::<_, &str>(())).await;
        let expected = json!({"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]});
        assert_eq!(serde_json::to_value(response).unwrap(), expected);
    }

    #[test]
    fn deliveries_are_counted_as_the_queue_counts_them() {
        assert_eq!(max_receive_count(|_| None), Ok(5));
        assert_eq!(max_receive_count(|_| Some("8".to_owned())), Ok(8));
        assert!(max_receive_count(|_| Some("often".to_owned())).is_err());
    }
}
