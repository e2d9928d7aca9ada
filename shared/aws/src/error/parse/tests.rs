use http::HeaderValue;
use serde_json::{Value, json};

use super::*;
use crate::dynamodb::{item, number, text};

fn parsed(status: u16, body: &Value) -> AwsError {
    let response = Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap();
    from_response(&response)
}

fn of(kind: &str) -> AwsError {
    parsed(400, &json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "why"}))
}

fn cancelled_for(codes: &[&str]) -> AwsError {
    let reasons: Vec<Value> = codes.iter().map(|code| json!({"Code": code})).collect();
    parsed(400, &json!({"__type": "x#TransactionCanceledException", "CancellationReasons": reasons, "message": "why"}))
}

#[test]
fn a_failed_condition_brings_the_item_along() {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "Item": {"id": {"S": "var_1"}, "sellable": {"N": "3"}},
        "message": "The conditional request failed",
    });
    let AwsError::ConditionalCheckFailed { item: Some(found) } = parsed(400, &body) else { panic!("no item") };
    assert_eq!(found, item([("id", text("var_1")), ("sellable", number(3))]));
    assert!(matches!(of("ConditionalCheckFailedException"), AwsError::ConditionalCheckFailed { item: None }));
}

#[test]
fn a_cancelled_transaction_has_a_reason_per_write() {
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": [
            {"Code": "None"},
            {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": {"id": {"S": "v"}}},
            {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
        ],
    });
    let AwsError::TransactionCancelled { reasons } = parsed(400, &body) else { panic!("not cancelled") };
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "TransactionConflict"]);
    assert_eq!(reasons[1].item, Some(item([("id", text("v"))])));
    assert_eq!(reasons.iter().position(CancellationReason::is_failed_condition), Some(1));
}

#[test]
fn a_transaction_that_lost_only_to_others_is_a_conflict() {
    assert!(matches!(cancelled_for(&["None", "TransactionConflict"]), AwsError::TransactionConflict { .. }));
    assert!(matches!(
        cancelled_for(&["TransactionConflict", "ProvisionedThroughputExceeded"]),
        AwsError::TransactionConflict { .. }
    ));
    assert!(matches!(cancelled_for(&["ThrottlingError", "None"]), AwsError::Throttled { .. }));
    for other in ["ConditionalCheckFailed", "ValidationError", "ItemCollectionSizeLimitExceeded"] {
        assert!(
            matches!(cancelled_for(&["TransactionConflict", other]), AwsError::TransactionCancelled { .. }),
            "{other}"
        );
    }
    assert!(matches!(cancelled_for(&["None"]), AwsError::TransactionCancelled { .. }));
    assert!(matches!(cancelled_for(&[]), AwsError::TransactionCancelled { .. }));
}

#[test]
fn codes_have_their_types() {
    assert!(matches!(of("TransactionConflictException"), AwsError::TransactionConflict { .. }));
    assert!(matches!(of("TransactionInProgressException"), AwsError::TransactionInProgress));
    assert!(matches!(of("IdempotentParameterMismatchException"), AwsError::IdempotentParameterMismatch));
    assert!(matches!(of("ResourceNotFoundException"), AwsError::ResourceNotFound { .. }));
    assert!(matches!(of("ValidationException"), AwsError::Validation { message } if message == "why"));
    assert!(matches!(of("ExpiredTokenException"), AwsError::ExpiredCredentials));
    for throttled in ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"] {
        assert!(matches!(of(throttled), AwsError::Throttled { .. }), "{throttled}");
    }
    for denied in ["AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"] {
        assert!(matches!(of(denied), AwsError::AccessDenied { code, .. } if code == denied), "{denied}");
    }
    assert!(of("ResourceInUseException").has_code("ResourceInUseException"));
}

#[test]
fn a_wrong_clock_is_told_from_a_wrong_secret() {
    let with_text = |text: &str| parsed(400, &json!({"__type": "InvalidSignatureException", "message": text}));
    for text in ["Signature expired: 20260301T120000Z is now earlier than …", "Signature not yet current: …"] {
        assert!(matches!(with_text(text), AwsError::ClockSkew { .. }), "{text}");
    }
    assert!(matches!(with_text("The request signature we calculated does not match"), AwsError::AccessDenied { .. }));
    assert!(matches!(of("RequestTimeTooSkewed"), AwsError::ClockSkew { .. }));
}

#[test]
fn the_code_may_stand_in_a_header() {
    let mut response = Response::builder().status(400).body(Bytes::from_static(b"{}")).unwrap();
    let value =
        HeaderValue::from_static("ThrottlingException:http://internal.amazon.com/coral/com.amazon.coral.service/");
    response.headers_mut().insert("x-amzn-errortype", value);
    assert!(matches!(from_response(&response), AwsError::Throttled { .. }));
}

#[test]
fn a_response_without_a_code_is_judged_by_its_status() {
    let of =
        |status: u16| from_response(&Response::builder().status(status).body(Bytes::from_static(b"<html>")).unwrap());
    assert!(matches!(of(429), AwsError::Throttled { .. }));
    assert!(matches!(of(403), AwsError::AccessDenied { .. }));
    assert!(matches!(of(503), AwsError::Other { status: 503, .. }));
    assert!(of(503).outcome_is_unknown() && !of(404).outcome_is_unknown());
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let long = "é".repeat(MAX_MESSAGE_LENGTH);
    let AwsError::Validation { message } = parsed(400, &json!({"__type": "ValidationException", "message": long}))
    else {
        panic!("not a validation error")
    };
    assert_eq!(message.len(), MAX_MESSAGE_LENGTH);
}
