//! What happens to messages that were received, up to ten at once.

use serde::{Deserialize, Serialize};

use super::Sqs;
use crate::{client::AwsEnvironment, error::AwsError, retry::Repeat};

/// The most entries of one batch.
pub const MAX_BATCH: usize = 10;

/// A message to be shown again later, or earlier, than its queue's timeout says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeVisibility {
    /// The receipt handle.
    pub receipt_handle: String,
    /// In how many seconds it can be received again, from now; at most 43,200.
    pub visibility_timeout: u32,
}

/// An entry of a batch that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedEntry {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// AWS's code.
    pub code: String,
    /// AWS's text.
    pub message: String,
    /// Whether it will fail again, because the request is at fault.
    pub sender_fault: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<'a> {
    queue_url: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    id: String,
    receipt_handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Done {
    #[serde(default)]
    failed: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    id: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    sender_fault: bool,
}

impl<E: AwsEnvironment> Sqs<E> {
    /// Deletes up to ten messages (`DeleteMessageBatch`). Those that were not deleted.
    ///
    /// # Errors
    /// [`AwsError`] where the whole batch failed.
    pub async fn delete_message_batch(
        &self,
        queue_url: &str,
        receipts: &[String],
    ) -> Result<Vec<FailedEntry>, AwsError> {
        let entries = receipts.iter().enumerate().map(|(index, receipt)| Entry {
            id: index.to_string(),
            receipt_handle: receipt,
            visibility_timeout: None,
        });
        self.batch("DeleteMessageBatch", queue_url, entries.collect()).await
    }

    /// Changes when up to ten messages are shown again (`ChangeMessageVisibilityBatch`). Those that stay as they were.
    ///
    /// # Errors
    /// [`AwsError`] where the whole batch failed.
    pub async fn change_message_visibility_batch(
        &self,
        queue_url: &str,
        changes: &[ChangeVisibility],
    ) -> Result<Vec<FailedEntry>, AwsError> {
        let entries = changes.iter().enumerate().map(|(index, change)| Entry {
            id: index.to_string(),
            receipt_handle: &change.receipt_handle,
            visibility_timeout: Some(change.visibility_timeout),
        });
        self.batch("ChangeMessageVisibilityBatch", queue_url, entries.collect()).await
    }

    /// Changes when a message is shown again (`ChangeMessageVisibility`).
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn change_message_visibility(&self, queue_url: &str, change: &ChangeVisibility) -> Result<(), AwsError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Request<'a> {
            queue_url: &'a str,
            receipt_handle: &'a str,
            visibility_timeout: u32,
        }
        let request = Request {
            queue_url,
            receipt_handle: &change.receipt_handle,
            visibility_timeout: change.visibility_timeout,
        };
        self.tell("ChangeMessageVisibility", &request).await
    }

    async fn batch(
        &self,
        operation: &str,
        queue_url: &str,
        entries: Vec<Entry<'_>>,
    ) -> Result<Vec<FailedEntry>, AwsError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let done: Done = self.call(operation, &Batch { queue_url, entries }, Repeat::Safe).await?;
        done.failed.into_iter().map(failed_entry).collect()
    }
}

fn failed_entry(failure: Failure) -> Result<FailedEntry, AwsError> {
    let unknown = |_| AwsError::UnreadableResponse { message: "a batch entry that was not sent".to_owned() };
    Ok(FailedEntry {
        index: failure.id.parse().map_err(unknown)?,
        code: failure.code,
        message: failure.message.unwrap_or_default(),
        sender_fault: failure.sender_fault,
    })
}
