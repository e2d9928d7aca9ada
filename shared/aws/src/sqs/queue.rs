//! Queues themselves, for development and tests. In AWS, Terraform makes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sqs;
use crate::{client::AwsEnvironment, error::AwsError, retry::Repeat};

/// Attributes by name: `FifoQueue`, `VisibilityTimeout`, `RedrivePolicy`, `QueueArn`, …
pub type QueueAttributes = BTreeMap<String, String>;

/// Makes a queue, or finds the one of that name and those attributes (SQS API reference, `CreateQueue`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateQueue {
    /// Its name; that of a FIFO queue ends in `.fifo`.
    pub queue_name: String,
    /// Its attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: QueueAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Url {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default)]
    attributes: QueueAttributes,
}

/// The value of `RedrivePolicy`: what was received more often than this goes to the other queue.
pub fn redrive_policy(dead_letter_queue_arn: &str, max_receive_count: u32) -> String {
    serde_json::json!({"deadLetterTargetArn": dead_letter_queue_arn, "maxReceiveCount": max_receive_count}).to_string()
}

impl<E: AwsEnvironment> Sqs<E> {
    /// Makes a queue. Its URL.
    ///
    /// # Errors
    /// [`AwsError`], also where one of that name has other attributes.
    pub async fn create_queue(&self, request: &CreateQueue) -> Result<String, AwsError> {
        self.call::<_, Url>("CreateQueue", request, Repeat::Safe).await.map(|url| url.queue_url)
    }

    /// The URL of a queue.
    ///
    /// # Errors
    /// [`AwsError::ResourceNotFound`] where there is none of that name, or another [`AwsError`].
    pub async fn get_queue_url(&self, queue_name: &str) -> Result<String, AwsError> {
        let request = CreateQueue { queue_name: queue_name.to_owned(), ..CreateQueue::default() };
        self.call::<_, Url>("GetQueueUrl", &request, Repeat::Safe).await.map(|url| url.queue_url)
    }

    /// These attributes of a queue, of those that it has; `All` names every one.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn get_queue_attributes(&self, queue_url: &str, names: &[&str]) -> Result<QueueAttributes, AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Request<'a> {
            queue_url: &'a str,
            attribute_names: &'a [&'a str],
        }
        let request = Request { queue_url, attribute_names: names };
        self.call::<_, Attributes>("GetQueueAttributes", &request, Repeat::Safe).await.map(|found| found.attributes)
    }

    /// Sets attributes of a queue; the others stay.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn set_queue_attributes(&self, queue_url: &str, attributes: &QueueAttributes) -> Result<(), AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Request<'a> {
            queue_url: &'a str,
            attributes: &'a QueueAttributes,
        }
        self.tell("SetQueueAttributes", &Request { queue_url, attributes }).await
    }
}
