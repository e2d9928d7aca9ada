//! Topics and subscriptions themselves, for development and tests. In AWS, Terraform makes them.

use super::{Sns, incomplete, parameter};
use crate::{client::AwsEnvironment, error::AwsError, query, retry::Repeat};

/// Lets a queue receive what is published to a topic (SNS API reference, `Subscribe`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscribe {
    /// The topic.
    pub topic_arn: String,
    /// The queue's ARN.
    pub queue_arn: String,
    /// Attributes: `RawMessageDelivery`, `FilterPolicy`, …
    pub attributes: Vec<(String, String)>,
}

impl<E: AwsEnvironment> Sns<E> {
    /// Makes a topic, or finds the one of that name. Its ARN. The name of a FIFO topic ends in `.fifo`, and it has the
    /// attribute `FifoTopic`.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn create_topic(&self, name: &str, attributes: &[(String, String)]) -> Result<String, AwsError> {
        let mut parameters = vec![parameter("Name", name)];
        parameters.extend(entries(attributes));
        self.arn("CreateTopic", &parameters, "TopicArn").await
    }

    /// Subscribes a queue to a topic. The subscription's ARN.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn subscribe(&self, request: &Subscribe) -> Result<String, AwsError> {
        let mut parameters = vec![
            parameter("TopicArn", &request.topic_arn),
            parameter("Protocol", "sqs"),
            parameter("Endpoint", &request.queue_arn),
            parameter("ReturnSubscriptionArn", "true"),
        ];
        parameters.extend(entries(&request.attributes));
        self.arn("Subscribe", &parameters, "SubscriptionArn").await
    }

    async fn arn(&self, operation: &str, parameters: &[(String, String)], name: &str) -> Result<String, AwsError> {
        let answer = self.call(operation, parameters, Repeat::Safe).await?;
        let arn = query::read(&answer, |root| query::descendant(root, name)?.text().map(str::to_owned))?;
        arn.ok_or_else(|| incomplete(name))
    }
}

fn entries(attributes: &[(String, String)]) -> impl Iterator<Item = (String, String)> {
    attributes.iter().enumerate().flat_map(|(index, (name, value))| {
        let prefix = format!("Attributes.entry.{}", index + 1);
        [parameter(format!("{prefix}.key"), name), parameter(format!("{prefix}.value"), value)]
    })
}
