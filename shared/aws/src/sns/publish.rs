//! Messages to a topic, up to ten at once.

use super::{Sns, incomplete, parameter};
use crate::{client::AwsEnvironment, error::AwsError, query, retry::Repeat};

/// The most entries of one batch (SNS API reference, `PublishBatch`).
pub const MAX_BATCH: usize = 10;
/// The most bytes of all messages of a batch together, with their attributes.
pub const MAX_BATCH_BYTES: usize = 256 * 1024;

/// Publishes messages to one topic (SNS API reference, `PublishBatch`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishBatch {
    /// The topic.
    pub topic_arn: String,
    /// The messages, 1 to 10.
    pub entries: Vec<PublishEntry>,
}

/// One message of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishEntry {
    /// The text.
    pub message: String,
    /// FIFO: messages of one group keep their order.
    pub group_id: Option<String>,
    /// FIFO: the same within five minutes is the same message.
    pub deduplication_id: Option<String>,
    /// Texts that subscriptions filter by, name and value.
    pub attributes: Vec<(String, String)>,
}

/// A message of a batch that was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPublish {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// AWS's code.
    pub code: String,
    /// AWS's text.
    pub message: String,
    /// Whether it will fail again, because the request is at fault.
    pub sender_fault: bool,
}

impl PublishEntry {
    /// What it counts towards [`MAX_BATCH_BYTES`]: the message, and of each attribute name, type and value.
    pub fn size(&self) -> usize {
        let attribute = |(name, value): &(String, String)| name.len() + "String".len() + value.len();
        self.message.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

impl PublishBatch {
    fn parameters(&self) -> Vec<(String, String)> {
        let mut all = vec![parameter("TopicArn", &self.topic_arn)];
        for (index, entry) in self.entries.iter().enumerate() {
            let prefix = format!("PublishBatchRequestEntries.member.{}", index + 1);
            all.push(parameter(format!("{prefix}.Id"), index.to_string()));
            all.push(parameter(format!("{prefix}.Message"), &entry.message));
            if let Some(group) = &entry.group_id {
                all.push(parameter(format!("{prefix}.MessageGroupId"), group));
            }
            if let Some(id) = &entry.deduplication_id {
                all.push(parameter(format!("{prefix}.MessageDeduplicationId"), id));
            }
            for (number, (name, value)) in entry.attributes.iter().enumerate() {
                let attribute = format!("{prefix}.MessageAttributes.entry.{}", number + 1);
                all.push(parameter(format!("{attribute}.Name"), name));
                all.push(parameter(format!("{attribute}.Value.DataType"), "String"));
                all.push(parameter(format!("{attribute}.Value.StringValue"), value));
            }
        }
        all
    }
}

impl<E: AwsEnvironment> Sns<E> {
    /// Publishes a batch. The messages that were not published; any other was. Sent again on an unknown outcome only where
    /// every message has a deduplication id.
    ///
    /// # Errors
    /// [`AwsError`] where the whole batch failed; after an unknown outcome each message may have been published.
    pub async fn publish_batch(&self, request: &PublishBatch) -> Result<Vec<FailedPublish>, AwsError> {
        let safe = request.entries.iter().all(|entry| entry.deduplication_id.is_some());
        let repeat = if safe { Repeat::Safe } else { Repeat::Unsafe };
        let answer = self.call("PublishBatch", &request.parameters(), repeat).await?;
        query::read(&answer, |root| {
            query::descendant(root, "PublishBatchResult").ok_or_else(|| incomplete("PublishBatchResult"))?;
            let failed = query::descendant(root, "Failed");
            let members = failed.iter().flat_map(roxmltree::Node::children).filter(roxmltree::Node::is_element);
            members.map(failed_publish).collect()
        })?
    }
}

fn failed_publish(member: roxmltree::Node<'_, '_>) -> Result<FailedPublish, AwsError> {
    Ok(FailedPublish {
        index: query::text(member, "Id").parse().map_err(|_| incomplete("Id of a failed entry"))?,
        code: query::text(member, "Code"),
        message: query::text(member, "Message"),
        sender_fault: query::text(member, "SenderFault") == "true",
    })
}
