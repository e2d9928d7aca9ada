//! One message: sent, and received.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{SERVICE, Sqs};
use crate::{client::AwsEnvironment, error::AwsError, retry::Repeat};

/// Sends one message (SQS API reference, `SendMessage`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendMessage {
    /// The queue.
    pub queue_url: String,
    /// The text, at most 256 KiB.
    pub message_body: String,
    /// How long nobody sees it, at most 900. Not for FIFO queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u32>,
    /// FIFO: messages of one group keep their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<String>,
    /// FIFO: the same within five minutes is the same message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_deduplication_id: Option<String>,
    /// Whether a second message does no harm, so that one whose answer is lost is sent again. Not sent. It is also
    /// assumed with a `message_deduplication_id`.
    #[serde(skip)]
    pub repeatable: bool,
}

/// Takes messages from a queue; they are hidden from others until the visibility timeout (SQS API reference,
/// `ReceiveMessage`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiveMessage {
    /// The queue.
    pub queue_url: String,
    /// At most this many, 1 to 10.
    pub max_number_of_messages: usize,
    /// How long to wait for the first, at most 20.
    pub wait_time_seconds: u32,
    /// How long they stay hidden; the queue's own timeout where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility_timeout: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Receive<'a> {
    #[serde(flatten)]
    request: &'a ReceiveMessage,
    message_system_attribute_names: [&'static str; 2],
}

/// A message as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// SQS's id.
    pub message_id: String,
    /// What deletes it, or changes its visibility. New with each receipt.
    pub receipt_handle: String,
    /// The text.
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

impl Message {
    /// How often it was received, this time included. One where SQS does not say.
    pub fn receive_count(&self) -> u32 {
        self.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
    }

    /// Its group, on a FIFO queue.
    pub fn group(&self) -> Option<&str> {
        self.attributes.get("MessageGroupId").map(String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    message_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    messages: Option<Vec<Message>>,
}

impl<E: AwsEnvironment> Sqs<E> {
    /// Sends a message. SQS's id of it.
    ///
    /// # Errors
    /// [`AwsError`]; after an unknown outcome it may have been sent.
    pub async fn send_message(&self, request: &SendMessage) -> Result<String, AwsError> {
        let safe = request.repeatable || request.message_deduplication_id.is_some();
        let repeat = if safe { Repeat::Safe } else { Repeat::Unsafe };
        self.call::<_, Sent>("SendMessage", request, repeat).await.map(|sent| sent.message_id)
    }

    /// Takes messages, in order within each group. Where the answer is lost they are hidden all the same, until their
    /// timeout.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn receive_message(&self, request: &ReceiveMessage) -> Result<Vec<Message>, AwsError> {
        let wait = Duration::from_secs(request.wait_time_seconds.into());
        let request =
            Receive { request, message_system_attribute_names: ["ApproximateReceiveCount", "MessageGroupId"] };
        let received: Received =
            self.client.call_waiting(wait, SERVICE, "ReceiveMessage", &request, Repeat::Safe).await?;
        Ok(received.messages.unwrap_or_default())
    }
}
