use std::time::Duration;

use http::Response;
use serde_json::{Value, json};

use super::*;
use crate::{
    ports::TransportError,
    scripted::{Scripted, answer, internal, throttled},
};

const SERVICE: JsonService =
    JsonService { name: "dynamodb", target_prefix: "DynamoDB_20120810", content_type: "application/x-amz-json-1.0" };

async fn call(env: &Scripted, repeat: Repeat) -> Result<Value, AwsError> {
    let retry = RetryPolicy {
        max_attempts: 4,
        budget: Duration::from_secs(10),
        attempt_timeout: Duration::from_secs(1),
        base: Duration::from_millis(100),
        cap: Duration::from_secs(1),
    };
    let client = AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", None).with_retry(retry);
    client.call(SERVICE, "GetItem", &json!({"TableName": "carts"}), repeat).await
}

#[tokio::test]
async fn a_call_is_one_signed_post() {
    let env = Scripted::new([answer(200, &json!({"Item": {}}))]);
    assert_eq!(call(&env, Repeat::Unsafe).await.unwrap(), json!({"Item": {}}));
    let request = env.script().requests.pop().unwrap();
    assert_eq!(
        (request.method(), request.uri().to_string().as_str()),
        (&Method::POST, "https://dynamodb.eu-central-1.amazonaws.com/")
    );
    assert_eq!(request.headers()["content-type"], "application/x-amz-json-1.0");
    assert_eq!(request.headers()["x-amz-target"], "DynamoDB_20120810.GetItem");
    assert_eq!(request.headers()["x-amz-date"], "20260301T120000Z");
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let expected = "AWS4-HMAC-SHA256 Credential=AKID/20260301/eu-central-1/dynamodb/aws4_request, \
                    SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target, Signature=";
    assert!(authorization.starts_with(expected), "{authorization}");
    assert_eq!(request.body().as_ref(), br#"{"TableName":"carts"}"#);
    assert!(!format!("{request:?}").contains(expected), "the signature is marked as sensitive");
}

#[tokio::test]
async fn an_endpoint_stands_in_for_every_service() {
    let env = Scripted::new([answer(200, &json!({}))]);
    let endpoint = Some("http://127.0.0.1:8000/".parse().unwrap());
    let client = AwsClient::new(&env, Credentials::new("AKID", "secret").with_session_token("token"), "eu", endpoint);
    let _: Value = client.call(SERVICE, "GetItem", &json!({}), Repeat::Safe).await.unwrap();
    let request = &env.script().requests[0];
    assert_eq!(request.uri().to_string(), "http://127.0.0.1:8000/");
    assert_eq!(request.headers()["x-amz-security-token"], "token");
}

#[tokio::test]
async fn a_throttled_call_is_repeated_with_growing_pauses_and_a_fresh_signature() {
    let env = Scripted::new([throttled(), throttled(), answer(200, &json!({"done": true}))]);
    assert_eq!(call(&env, Repeat::Unsafe).await.unwrap(), json!({"done": true}));
    let script = env.script();
    let pauses: Vec<u128> = script.pauses.iter().map(Duration::as_millis).collect();
    assert_eq!(pauses, [50, 100], "half of 100 and of 200, as the entropy says");
    let dates: Vec<&HeaderValue> = script.requests.iter().map(|request| &request.headers()["x-amz-date"]).collect();
    assert_eq!(dates, ["20260301T120000Z", "20260301T120001Z", "20260301T120002Z"]);
    assert_eq!(script.requests[0].body(), script.requests[2].body());
}

#[tokio::test]
async fn attempts_end_with_the_last_error() {
    let env = Scripted::new([throttled(), throttled(), throttled(), throttled()]);
    assert!(matches!(call(&env, Repeat::Unsafe).await, Err(AwsError::Throttled { .. })));
    assert_eq!(env.script().requests.len(), 4);
}

#[tokio::test]
async fn attempts_end_with_the_budget() {
    let env = Scripted::new([throttled(), throttled()]);
    let retry = RetryPolicy { max_attempts: 9, ..RetryPolicy::default() };
    let client = AwsClient::new(&env, Credentials::new("AKID", "secret"), "eu", None).with_retry(retry);
    let refused = client.call::<_, Value>(SERVICE, "GetItem", &json!({}), Repeat::Safe).await;
    assert!(matches!(refused, Err(AwsError::Throttled { .. })));
    assert_eq!(env.script().requests.len(), 2, "each attempt takes a second, and a third would not fit into three");
}

#[tokio::test]
async fn a_stalled_call_is_repeated_within_the_budget_where_that_is_safe() {
    let get = async |env: &Scripted, repeat| {
        let begun = env.script().now;
        let client = AwsClient::new(env, Credentials::new("AKID", "secret"), "eu", None);
        let outcome = client.call::<_, Value>(SERVICE, "GetItem", &json!({}), repeat).await;
        (outcome, Duration::try_from(env.script().now.duration_since(begun)).unwrap())
    };
    let budget = RetryPolicy::default().budget;
    let env = Scripted::new([answer(200, &json!({"done": true}))]).after_a_stall();
    let (outcome, time) = get(&env, Repeat::Safe).await;
    assert_eq!(outcome.unwrap(), json!({"done": true}));
    assert!(time < budget, "{time:?}");

    let env = Scripted::new([]).after_a_stall().after_a_stall();
    let (outcome, time) = get(&env, Repeat::Safe).await;
    assert!(matches!(outcome, Err(AwsError::Transport(TransportError::TimedOut))));
    assert!(time < budget, "{time:?}");

    let env = Scripted::new([]).after_a_stall();
    let (outcome, time) = get(&env, Repeat::Unsafe).await;
    assert!(outcome.unwrap_err().outcome_is_unknown());
    assert_eq!(time, budget, "what cannot be repeated may take all of it");
}

#[tokio::test]
async fn an_unknown_outcome_is_repeated_only_where_that_is_safe() {
    for lost in [internal(), Err(TransportError::TimedOut), Err(TransportError::Connection("reset".into()))] {
        let env = Scripted::new([lost.clone(), answer(200, &json!({}))]);
        assert!(call(&env, Repeat::Safe).await.is_ok());
        let env = Scripted::new([lost]);
        assert!(call(&env, Repeat::Unsafe).await.unwrap_err().outcome_is_unknown());
    }
}

#[tokio::test]
async fn what_cannot_succeed_is_not_repeated() {
    let refused = [
        Err(TransportError::Refused("not allowed".into())),
        answer(400, &json!({"__type": "x#ValidationException"})),
        answer(400, &json!({"__type": "x#ConditionalCheckFailedException"})),
        answer(400, &json!({"__type": "x#ExpiredTokenException"})),
        answer(403, &json!({})),
    ];
    for answer in refused {
        let env = Scripted::new([answer]);
        assert!(call(&env, Repeat::Safe).await.is_err());
        assert!(env.script().pauses.is_empty());
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_not_a_success() {
    let env = Scripted::new([Ok(Response::new(Bytes::from_static(b"<html>")))]);
    assert!(matches!(call(&env, Repeat::Safe).await, Err(AwsError::UnreadableResponse { .. })));
}

#[tokio::test]
async fn a_region_that_is_no_host_is_an_error() {
    let env = Scripted::new([]);
    let client = AwsClient::new(&env, Credentials::new("AKID", "secret"), "not a region", None);
    let refused = client.call::<_, Value>(SERVICE, "GetItem", &json!({}), Repeat::Safe).await;
    assert!(matches!(refused, Err(AwsError::Validation { .. })));
}

#[test]
fn futures_can_move_between_threads() {
    fn movable(_: impl Send) {}
    let env = Scripted::new([]);
    movable(call(&env, Repeat::Safe));
}
