//! From an error response of the AWS JSON or Query protocol to an [`AwsError`].

use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use serde_dynamo::Item;

use super::{AwsError, CancellationReason};
#[cfg(feature = "messaging")]
use crate::query;

/// The longest text of AWS's that is kept, in bytes.
const MAX_MESSAGE_LENGTH: usize = 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "__type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    capital_message: Option<String>,
    #[serde(rename = "Item")]
    item: Option<Item>,
    #[serde(rename = "CancellationReasons")]
    reasons: Option<Vec<Reason>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    code: Option<String>,
    message: Option<String>,
    item: Option<Item>,
}

/// What a response with a status outside 2xx means. The code stands in `__type`, `code` or `x-amzn-errortype`, maybe
/// between a namespace and a URL (Smithy, "AWS JSON 1.0 protocol", operation error serialization).
pub(crate) fn from_response(response: &Response<Bytes>) -> AwsError {
    let body = read(response.body());
    let header = response.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = body.kind.as_deref().or(body.code.as_deref()).or(header).map(bare_code).unwrap_or_default().to_owned();
    let message = shortened(body.message.or(body.capital_message).unwrap_or_default());
    match code.as_str() {
        "ConditionalCheckFailedException" => AwsError::ConditionalCheckFailed { item: body.item },
        "TransactionCanceledException" => cancelled(body.reasons.unwrap_or_default(), message),
        "TransactionConflictException" => AwsError::TransactionConflict { message },
        "TransactionInProgressException" => AwsError::TransactionInProgress,
        "IdempotentParameterMismatchException" => AwsError::IdempotentParameterMismatch,
        "ResourceNotFoundException" | "NotFound" | "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            AwsError::ResourceNotFound { message }
        }
        code if is_invalid(code) => AwsError::Validation { message },
        "ExpiredToken" | "ExpiredTokenException" => AwsError::ExpiredCredentials,
        "RequestExpired" | "RequestTimeTooSkewed" => AwsError::ClockSkew { message },
        "InvalidSignatureException" | "SignatureDoesNotMatch" if is_about_time(&message) => {
            AwsError::ClockSkew { message }
        }
        code if is_throttling(code) => AwsError::Throttled { message },
        code if is_denial(code) => AwsError::AccessDenied { code: code.to_owned(), message },
        _ => by_status(response.status().as_u16(), code, message),
    }
}

/// The fields that tell what is wrong. In the Query protocol they stand in `<Error>` ("Common error responses", SNS API
/// reference).
fn read(body: &[u8]) -> Body {
    #[cfg(feature = "messaging")]
    if body.trim_ascii_start().starts_with(b"<") {
        let (code, message) = query::error(body).unwrap_or_default();
        return Body { code: Some(code), message: Some(message), ..Body::default() };
    }
    serde_json::from_slice(body).unwrap_or_default()
}

fn by_status(status: u16, code: String, message: String) -> AwsError {
    match status {
        429 => AwsError::Throttled { message },
        401 | 403 => AwsError::AccessDenied { code, message },
        _ => AwsError::Other { status, code, message },
    }
}

/// A transaction that lost only to others, or only to load, may simply be sent again; any other cause lies in what it says.
fn cancelled(reasons: Vec<Reason>, message: String) -> AwsError {
    let reasons: Vec<CancellationReason> = reasons
        .into_iter()
        .map(|reason| CancellationReason {
            code: reason.code.unwrap_or_else(|| "None".to_owned()),
            message: reason.message,
            item: reason.item,
        })
        .collect();
    let is_load = |code: &str| matches!(code, "ProvisionedThroughputExceeded" | "ThrottlingError");
    let mut causes = reasons.iter().map(|reason| reason.code.as_str()).filter(|code| *code != "None").peekable();
    if causes.peek().is_none() || causes.any(|code| code != "TransactionConflict" && !is_load(code)) {
        return AwsError::TransactionCancelled { reasons };
    }
    if reasons.iter().any(|reason| reason.code == "TransactionConflict") {
        AwsError::TransactionConflict { message }
    } else {
        AwsError::Throttled { message }
    }
}

/// `ThrottlingException` of `com.amazonaws.dynamodb.v20120810#ThrottlingException:http://…`
fn bare_code(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(before, _)| before);
    code.rsplit_once('#').map_or(code, |(_, after)| after)
}

/// AWS reports a wrong clock as a wrong signature, and tells it apart in the text only ("Troubleshooting Signature Version
/// 4": "Signature expired: … is now earlier than …", "Signature not yet current: …").
fn is_about_time(message: &str) -> bool {
    message.starts_with("Signature expired") || message.starts_with("Signature not yet current")
}

/// The names of SQS and SNS too (`SendMessage` and `PublishBatch` in their API references).
fn is_invalid(code: &str) -> bool {
    matches!(
        code,
        "ValidationException"
            | "ValidationError"
            | "SerializationException"
            | "InvalidParameter"
            | "InvalidParameterValue"
            | "InvalidAttributeName"
            | "InvalidAttributeValue"
            | "InvalidMessageContents"
            | "MissingParameter"
            | "BatchRequestTooLong"
            | "TooManyEntriesInBatchRequest"
            | "EmptyBatchRequest"
            | "BatchEntryIdsNotDistinct"
            | "InvalidBatchEntryId"
    )
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "Throttled"
            | "KMSThrottling"
            | "KmsThrottled"
            | "OverLimit"
    )
}

fn is_denial(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnrecognizedClientException"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "InvalidClientTokenId"
            | "NotAuthorized"
            | "AuthorizationError"
    )
}

fn shortened(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(MAX_MESSAGE_LENGTH));
    message
}

#[cfg(test)]
mod tests;
