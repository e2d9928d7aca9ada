//! Messages that arrive later, through a standard queue: FIFO queues take no delay for a single message.

use commerce_aws::{AwsClient, AwsEnvironment, Sqs, sqs::SendMessage};
use origin_core::StoreError;

use crate::error::store_error;

/// The longest delay of a message (SQS API reference, `SendMessage`).
pub const MAX_DELAY_SECONDS: u32 = 900;

/// A standard queue.
#[derive(Debug, Clone)]
pub struct DelayedQueue<E> {
    sqs: Sqs<E>,
    queue_url: String,
}

impl<E: AwsEnvironment> DelayedQueue<E> {
    /// The queue with this URL, reached by `client`.
    pub fn new(client: AwsClient<E>, queue_url: impl Into<String>) -> Self {
        Self { sqs: Sqs::new(client), queue_url: queue_url.into() }
    }

    /// Sends a message that nobody sees for `delay_seconds`, at most 900. It may arrive twice.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been sent.
    pub async fn send(&self, body: String, delay_seconds: u32) -> Result<(), StoreError> {
        let request = SendMessage {
            queue_url: self.queue_url.clone(),
            message_body: body,
            delay_seconds: Some(delay_seconds.min(MAX_DELAY_SECONDS)),
            repeatable: true,
            ..SendMessage::default()
        };
        self.sqs.send_message(&request).await.map(drop).map_err(store_error)
    }
}
