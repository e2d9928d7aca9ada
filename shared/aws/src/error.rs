//! What can go wrong with an AWS call.

mod parse;

use serde_dynamo::Item;

use crate::ports::TransportError;

pub(crate) use parse::from_response;

/// Why a call failed. The text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AwsError {
    /// Refused for being too many; nothing was done. Outlived the retries.
    #[error("throttled: {message}")]
    Throttled {
        /// AWS's text.
        message: String,
    },
    /// The condition of a single write does not hold; nothing was written.
    #[error("condition does not hold")]
    ConditionalCheckFailed {
        /// The item as it stands, where the request asked for it and there is one.
        item: Option<Item>,
    },
    /// A transaction was refused for what it contains; nothing was written.
    #[error("transaction cancelled: {}", codes(reasons))]
    TransactionCancelled {
        /// One for each write of the transaction, in its order.
        reasons: Vec<CancellationReason>,
    },
    /// Another transaction held one of the items: contention, not a failed condition. Nothing was written. Outlived the
    /// retries.
    #[error("transaction conflict: {message}")]
    TransactionConflict {
        /// AWS's text.
        message: String,
    },
    /// A transaction with the same token is still running. Outlived the retries.
    #[error("transaction with this token is in progress")]
    TransactionInProgress,
    /// The token was used before, with another transaction.
    #[error("transaction token was used with other content")]
    IdempotentParameterMismatch,
    /// AWS finds our signature too old or too new.
    #[error("clock skew: {message}")]
    ClockSkew {
        /// AWS's text.
        message: String,
    },
    /// The session's credentials have expired.
    #[error("credentials have expired")]
    ExpiredCredentials,
    /// The credentials are unknown, wrong, or do not allow this.
    #[error("access denied ({code}): {message}")]
    AccessDenied {
        /// AWS's error code.
        code: String,
        /// AWS's text.
        message: String,
    },
    /// The table, index or other resource does not exist.
    #[error("resource not found: {message}")]
    ResourceNotFound {
        /// AWS's text.
        message: String,
    },
    /// The request is not valid.
    #[error("invalid request: {message}")]
    Validation {
        /// AWS's text, or ours where the request could not even be built.
        message: String,
    },
    /// No complete response arrived.
    #[error("transport: {0}")]
    Transport(#[from] TransportError),
    /// A successful response that cannot be read.
    #[error("unreadable response: {message}")]
    UnreadableResponse {
        /// What the parser says.
        message: String,
    },
    /// Anything else.
    #[error("{code} ({status}): {message}")]
    Other {
        /// The HTTP status.
        status: u16,
        /// AWS's error code, empty where the response names none.
        code: String,
        /// AWS's text.
        message: String,
    },
}

/// Why one write of a transaction did not happen
/// (DynamoDB API reference, `CancellationReason`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancellationReason {
    /// `None` where this write was not the cause, else `ConditionalCheckFailed`, `TransactionConflict`, …
    pub code: String,
    /// AWS's text.
    pub message: Option<String>,
    /// The item as it stands, where the write asked for it and there is one.
    pub item: Option<Item>,
}

impl CancellationReason {
    /// Whether this write's condition does not hold.
    pub fn is_failed_condition(&self) -> bool {
        self.code == "ConditionalCheckFailed"
    }
}

impl AwsError {
    /// Whether the server may have acted on the request although no success was reported: after it, read before deciding
    /// anything.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Transport(error) => !matches!(error, TransportError::Refused(_)),
            Self::UnreadableResponse { .. } => true,
            Self::Other { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// Whether the cause is load or contention, so that the same call may succeed shortly: a 503 with `Retry-After`.
    pub fn is_contention(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::TransactionConflict { .. } | Self::TransactionInProgress)
    }

    /// Whether this is an [`Self::Other`] with the given code.
    pub fn has_code(&self, expected: &str) -> bool {
        matches!(self, Self::Other { code, .. } if code == expected)
    }
}

fn codes(reasons: &[CancellationReason]) -> String {
    reasons.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>().join(", ")
}
