//! The one signed AWS client, used by the edge and by the origin, and the verifier of incoming signed requests.
//!
//! Requests are signed with AWS's own `aws-sigv4` and sent through the [`HttpClient`] port, so the same code runs in a
//! Cloudflare Worker, in a Spin component and in a Lambda function. [`AwsClient`] calls any service of the AWS JSON
//! protocol, and with the feature `messaging` of the Query protocol; [`DynamoDb`], with that feature `Sqs` and `Sns`, and with the
//! feature `objects` `S3` speak through it. [`verify_request`] is the other side of [`sign_request`].
//!
//! Invariants: time and randomness come from the ports; a call is repeated only where that is safe; no secret appears in
//! an error or in debug output. Depends only on `commerce-domain`, and on no runtime.

pub mod cart_table;
mod client;
mod credentials;
pub mod dynamodb;
mod error;
pub mod ports;
#[cfg(feature = "messaging")]
mod query;
mod retry;
#[cfg(feature = "objects")]
pub mod s3;
#[cfg(test)]
mod scripted;
mod sigv4;
#[cfg(feature = "messaging")]
pub mod sns;
#[cfg(feature = "messaging")]
pub mod sqs;

#[cfg(feature = "messaging")]
pub use client::QueryService;
pub use client::{AwsClient, AwsEnvironment, JsonService};
pub use credentials::{Credentials, MissingCredentials};
pub use dynamodb::DynamoDb;
pub use error::{AwsError, CancellationReason};
pub use ports::{HttpClient, MaybeSend, MaybeSync, Timer, TransportError};
pub use retry::{Repeat, RetryPolicy};
#[cfg(feature = "objects")]
pub use s3::S3;
pub use serde_dynamo::{AttributeValue, Item};
pub use sigv4::{
    CallerKeys, MAX_SKEW_SECONDS, SignError, SigningScope, VerifiedCaller, VerifyError, VerifyPolicy, sign_request,
    verify_request,
};
#[cfg(feature = "messaging")]
pub use sns::Sns;
#[cfg(feature = "messaging")]
pub use sqs::Sqs;
