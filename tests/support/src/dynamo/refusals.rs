//! DynamoDB's own words for what the proxy refuses.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>

use axum::body::Body;
use commerce_aws::VerifyError;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::conflicts::Conflict;
use crate::net::json_response;

const CONFLICT_MESSAGE: &str = "Transaction is ongoing for the item";

pub(super) fn throttled() -> Response<Body> {
    let message = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
                   provisioning level with the UpdateTable API.";
    refusal(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", message)
}

pub(super) fn internal() -> Response<Body> {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The request processing has failed")
}

pub(super) fn unreachable(error: &str) -> Response<Body> {
    refusal(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", error)
}

pub(super) fn conflict(conflict: &Conflict) -> Response<Body> {
    match conflict {
        Conflict::Item => refusal(StatusCode::BAD_REQUEST, "TransactionConflictException", CONFLICT_MESSAGE),
        Conflict::SameToken => refusal(
            StatusCode::BAD_REQUEST,
            "TransactionInProgressException",
            "The transaction with the given request token is already in progress.",
        ),
        Conflict::Transaction(held) => cancelled(held),
    }
}

/// A reason per item; the ones that are not held have `None`.
fn cancelled(held: &[bool]) -> Response<Body> {
    let code = |held: &bool| if *held { "TransactionConflict" } else { "None" };
    let codes: Vec<&str> = held.iter().map(code).collect();
    let reasons: Vec<Value> = held
        .iter()
        .map(|held| match held {
            true => json!({ "Code": code(held), "Message": CONFLICT_MESSAGE }),
            false => json!({ "Code": code(held) }),
        })
        .collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let body = json!({
        "__type": kind("TransactionCanceledException"),
        "Message": message,
        "CancellationReasons": reasons,
    });
    amz_json(StatusCode::BAD_REQUEST, &body)
}

pub(super) fn signature(error: &VerifyError) -> Response<Body> {
    let (code, message) = match error {
        VerifyError::MissingSignature => {
            ("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        }
        VerifyError::UnknownKey | VerifyError::WrongSessionToken => {
            ("UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        VerifyError::ClockSkew(ahead) if *ahead > 0 => {
            ("InvalidSignatureException", "Signature not yet current: the request was signed too far ahead")
        }
        VerifyError::ClockSkew(_) => {
            ("InvalidSignatureException", "Signature expired: the request was signed too long ago")
        }
        VerifyError::Malformed(_) | VerifyError::UnsignedHeader(_) => {
            ("IncompleteSignatureException", "The request signature does not conform to AWS standards.")
        }
        VerifyError::SignatureMismatch | VerifyError::BodyMismatch | VerifyError::WrongScope => (
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details.",
        ),
    };
    let body = json!({ "__type": format!("com.amazon.coral.service#{code}"), "message": message });
    amz_json(StatusCode::BAD_REQUEST, &body)
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    amz_json(status, &json!({ "__type": kind(code), "message": message }))
}

fn kind(code: &str) -> String {
    format!("com.amazonaws.dynamodb.v20120810#{code}")
}

fn amz_json(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = json_response(status, body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}
