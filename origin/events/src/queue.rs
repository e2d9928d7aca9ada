//! The way in: one consumer's SQS FIFO queue.

use std::time::Duration;

use commerce_aws::{
    AwsClient, AwsEnvironment, Sqs,
    sqs::{ChangeVisibility, FailedEntry, MAX_BATCH, ReceiveMessage},
};
use origin_core::{
    StoreError,
    events::{Delivery, EventQueue},
};

use crate::error::store_error;

/// The longest that SQS hides a message (SQS API reference, `ChangeMessageVisibility`).
const MAX_VISIBILITY_SECONDS: u32 = 43_200;

/// A queue.
#[derive(Debug, Clone)]
pub struct SqsQueue<E> {
    sqs: Sqs<E>,
    queue_url: String,
    wait_seconds: u32,
}

impl<E: AwsEnvironment> SqsQueue<E> {
    /// The queue with this URL, reached by `client`. Receiving waits up to `wait_seconds`, at most 20, for a first event.
    pub fn new(client: AwsClient<E>, queue_url: impl Into<String>, wait_seconds: u32) -> Self {
        Self { sqs: Sqs::new(client), queue_url: queue_url.into(), wait_seconds: wait_seconds.min(20) }
    }
}

impl<E: AwsEnvironment> EventQueue for SqsQueue<E> {
    async fn receive(&self, max: usize) -> Result<Vec<Delivery>, StoreError> {
        let request = ReceiveMessage {
            queue_url: self.queue_url.clone(),
            max_number_of_messages: max.clamp(1, MAX_BATCH),
            wait_time_seconds: self.wait_seconds,
            visibility_timeout: None,
        };
        let messages = self.sqs.receive_message(&request).await.map_err(store_error)?;
        let deliveries = messages.into_iter().map(|message| {
            let (group, count) = (message.group().unwrap_or_default().to_owned(), message.receive_count());
            delivery(&message.body, group, message.receipt_handle, count)
        });
        Ok(deliveries.collect())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), StoreError> {
        for some in receipts.chunks(MAX_BATCH) {
            all_done(&self.sqs.delete_message_batch(&self.queue_url, some).await.map_err(store_error)?)?;
        }
        Ok(())
    }

    async fn release(&self, receipts: &[String], after: Duration) -> Result<(), StoreError> {
        let seconds = u32::try_from(after.as_secs()).unwrap_or(u32::MAX).min(MAX_VISIBILITY_SECONDS);
        for some in receipts.chunks(MAX_BATCH) {
            let change =
                |receipt: &String| ChangeVisibility { receipt_handle: receipt.clone(), visibility_timeout: seconds };
            let changes: Vec<_> = some.iter().map(change).collect();
            let failed = self.sqs.change_message_visibility_batch(&self.queue_url, &changes).await;
            all_done(&failed.map_err(store_error)?)?;
        }
        Ok(())
    }
}

/// A message as a delivery, from what a queue or a Lambda event says of it.
pub fn delivery(body: &str, group: String, receipt: String, receive_count: u32) -> Delivery {
    Delivery { event: serde_json::from_str(body).map_err(|error| error.to_string()), group, receipt, receive_count }
}

fn all_done(failed: &[FailedEntry]) -> Result<(), StoreError> {
    let Some(first) = failed.first() else { return Ok(()) };
    Err(StoreError::unavailable(format!("{} messages stay: {}: {}", failed.len(), first.code, first.message)))
}
