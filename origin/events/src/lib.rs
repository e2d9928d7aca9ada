//! The bus in AWS: events go out through an SNS FIFO topic and come in through SQS FIFO queues.
//!
//! The group is the event's subject, the deduplication id its id, and the message attribute `type` is what subscriptions
//! filter by. Queues subscribe with `RawMessageDelivery`, so that a message's body is the event itself. Depends on
//! `origin-core` and `commerce-aws`.

mod error;
mod queue;
mod topic;

pub use queue::{SqsQueue, delivery};
pub use topic::SnsTopic;
