//! SQS, API version 2012-11-05, in the AWS JSON 1.0 protocol.
//!
//! Requests are plain structs with the names of the API reference; fields left at their default are not sent.

mod batch;
mod message;
mod queue;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    client::{AwsClient, AwsEnvironment, JsonService},
    error::AwsError,
    retry::Repeat,
};

pub use batch::{ChangeVisibility, FailedEntry, MAX_BATCH};
pub use message::{Message, ReceiveMessage, SendMessage};
pub use queue::{CreateQueue, QueueAttributes, redrive_policy};

/// SQS as a service of the JSON protocol.
pub const SERVICE: JsonService =
    JsonService { name: "sqs", target_prefix: "AmazonSQS", content_type: "application/x-amz-json-1.0" };

/// SQS through the signed client.
#[derive(Debug, Clone)]
pub struct Sqs<E> {
    client: AwsClient<E>,
}

impl<E: AwsEnvironment> Sqs<E> {
    /// SQS as reached by `client`.
    pub const fn new(client: AwsClient<E>) -> Self {
        Self { client }
    }

    /// The client underneath.
    pub const fn client(&self) -> &AwsClient<E> {
        &self.client
    }

    async fn call<Req: Serialize, Res: DeserializeOwned>(
        &self,
        operation: &str,
        request: &Req,
        repeat: Repeat,
    ) -> Result<Res, AwsError> {
        self.client.call(SERVICE, operation, request, repeat).await
    }

    /// A call that can be repeated and whose answer, often an empty body, holds nothing.
    async fn tell<Req: Serialize>(&self, operation: &str, request: &Req) -> Result<(), AwsError> {
        self.client.tell(SERVICE, operation, request, Repeat::Safe).await
    }
}

#[cfg(test)]
mod wire_tests;
