//! SNS, API version 2010-03-31, in the AWS Query protocol.

mod publish;
mod topic;

use bytes::Bytes;

use crate::{
    client::{AwsClient, AwsEnvironment, QueryService},
    error::AwsError,
    retry::Repeat,
};

pub use publish::{FailedPublish, MAX_BATCH, MAX_BATCH_BYTES, PublishBatch, PublishEntry};
pub use topic::Subscribe;

/// SNS as a service of the Query protocol.
pub const SERVICE: QueryService = QueryService { name: "sns", version: "2010-03-31" };

/// SNS through the signed client.
#[derive(Debug, Clone)]
pub struct Sns<E> {
    client: AwsClient<E>,
}

impl<E: AwsEnvironment> Sns<E> {
    /// SNS as reached by `client`.
    pub const fn new(client: AwsClient<E>) -> Self {
        Self { client }
    }

    /// The client underneath.
    pub const fn client(&self) -> &AwsClient<E> {
        &self.client
    }

    async fn call(&self, operation: &str, parameters: &[(String, String)], repeat: Repeat) -> Result<Bytes, AwsError> {
        self.client.call_query(SERVICE, operation, parameters, repeat).await
    }
}

/// A parameter of a form.
fn parameter(name: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

/// An answer without what it must hold.
fn incomplete(what: &str) -> AwsError {
    AwsError::UnreadableResponse { message: format!("no {what}") }
}

#[cfg(test)]
mod wire_tests;
