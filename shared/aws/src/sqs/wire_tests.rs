//! The JSON that goes over the wire, against the API reference.

use std::time::Duration;

use bytes::Bytes;
use futures_executor::block_on;
use http::Response;
use serde_json::{Value, json};

use super::*;
use crate::{
    credentials::Credentials,
    ports::TransportError,
    scripted::{Answer, Scripted, answer, internal},
};

const URL: &str = "https://sqs.eu-central-1.amazonaws.com/0/q";

fn sqs(env: &Scripted) -> Sqs<&Scripted> {
    Sqs::new(AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", None))
}

fn asked(env: &Scripted) -> Vec<(String, Value)> {
    let script = env.script();
    let asked = script.requests.iter().map(|request| {
        let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
        (target, serde_json::from_slice(request.body()).unwrap())
    });
    asked.collect()
}

#[expect(clippy::unnecessary_wraps, reason = "what a script holds")]
fn empty() -> Answer {
    Ok(Response::new(Bytes::new()))
}

fn send(deduplication: Option<&str>) -> SendMessage {
    SendMessage {
        queue_url: URL.to_owned(),
        message_body: "{}".to_owned(),
        message_deduplication_id: deduplication.map(str::to_owned),
        ..SendMessage::default()
    }
}

#[test]
fn a_message_names_its_group_or_its_delay() {
    let env = Scripted::new([answer(200, &json!({"MessageId": "m1"})), answer(200, &json!({"MessageId": "m2"}))]);
    let fifo = SendMessage { message_group_id: Some("g".to_owned()), ..send(Some("d")) };
    assert_eq!(block_on(sqs(&env).send_message(&fifo)).unwrap(), "m1");
    let delayed = SendMessage { delay_seconds: Some(900), repeatable: true, ..send(None) };
    assert_eq!(block_on(sqs(&env).send_message(&delayed)).unwrap(), "m2");
    let target = "AmazonSQS.SendMessage".to_owned();
    let fifo = json!({"QueueUrl": URL, "MessageBody": "{}", "MessageGroupId": "g", "MessageDeduplicationId": "d"});
    let delayed = json!({"QueueUrl": URL, "MessageBody": "{}", "DelaySeconds": 900});
    assert_eq!(asked(&env), [(target.clone(), fifo), (target, delayed)]);
    assert_eq!(env.script().requests[0].headers()["content-type"], "application/x-amz-json-1.0");
}

#[test]
fn a_send_without_an_answer_is_repeated_only_where_a_second_message_does_no_harm() {
    for (request, attempts) in
        [(send(None), 1), (send(Some("d")), 2), (SendMessage { repeatable: true, ..send(None) }, 2)]
    {
        let env = Scripted::new([internal(), answer(200, &json!({"MessageId": "m"}))]);
        assert_eq!(block_on(sqs(&env).send_message(&request)).is_ok(), attempts == 2);
        assert_eq!(asked(&env).len(), attempts);
    }
}

#[test]
fn messages_come_with_their_group_and_how_often_they_were_received() {
    let message = json!({"MessageId": "m", "ReceiptHandle": "r", "Body": "b", "MD5OfBody": "x",
        "Attributes": {"ApproximateReceiveCount": "3", "MessageGroupId": "g"}});
    let env = Scripted::new([answer(200, &json!({"Messages": [message]})), answer(200, &json!({}))]);
    let request = ReceiveMessage { queue_url: URL.to_owned(), max_number_of_messages: 10, ..ReceiveMessage::default() };
    let messages = block_on(sqs(&env).receive_message(&request)).unwrap();
    assert_eq!((messages[0].group(), messages[0].receive_count()), (Some("g"), 3));
    assert_eq!((messages[0].body.as_str(), messages[0].receipt_handle.as_str()), ("b", "r"));
    assert_eq!(block_on(sqs(&env).receive_message(&request)).unwrap(), []);
    let expected = json!({"QueueUrl": URL, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
        "MessageSystemAttributeNames": ["ApproximateReceiveCount", "MessageGroupId"]});
    assert_eq!(asked(&env)[0], ("AmazonSQS.ReceiveMessage".to_owned(), expected));
}

#[test]
fn a_long_poll_is_given_its_time() {
    let env = Scripted::new([answer(200, &json!({}))]).after_a_stall();
    let request = ReceiveMessage {
        queue_url: URL.to_owned(),
        max_number_of_messages: 1,
        wait_time_seconds: 20,
        visibility_timeout: Some(60),
    };
    assert!(block_on(sqs(&env).receive_message(&request)).is_ok());
    assert_eq!(env.script().pauses[0], Duration::from_secs(21), "the stalled attempt");
    assert_eq!(asked(&env)[1].1["VisibilityTimeout"], 60);
}

#[test]
fn batches_number_their_entries_and_tell_which_failed() {
    let failed = json!({"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "ReceiptHandleIsInvalid", "SenderFault": true}]});
    let env = Scripted::new([answer(200, &failed), answer(200, &json!({"Successful": [{"Id": "0"}]}))]);
    let receipts = ["r0".to_owned(), "r1".to_owned()];
    let failed = block_on(sqs(&env).delete_message_batch(URL, &receipts)).unwrap();
    assert_eq!((failed[0].index, failed[0].code.as_str(), failed[0].sender_fault), (1, "ReceiptHandleIsInvalid", true));
    let change = ChangeVisibility { receipt_handle: "r0".to_owned(), visibility_timeout: 0 };
    assert_eq!(block_on(sqs(&env).change_message_visibility_batch(URL, &[change])).unwrap(), []);
    let deleted = json!({"QueueUrl": URL,
        "Entries": [{"Id": "0", "ReceiptHandle": "r0"}, {"Id": "1", "ReceiptHandle": "r1"}]});
    let changed = json!({"QueueUrl": URL, "Entries": [{"Id": "0", "ReceiptHandle": "r0", "VisibilityTimeout": 0}]});
    let expected = [("AmazonSQS.DeleteMessageBatch", deleted), ("AmazonSQS.ChangeMessageVisibilityBatch", changed)];
    assert_eq!(asked(&env), expected.map(|(target, body)| (target.to_owned(), body)));
}

#[test]
fn an_empty_batch_asks_nothing() {
    let env = Scripted::new([]);
    assert_eq!(block_on(sqs(&env).delete_message_batch(URL, &[])).unwrap(), []);
}

#[test]
fn answers_without_a_body_are_success() {
    let env = Scripted::new([empty(), empty()]);
    let change = ChangeVisibility { receipt_handle: "r".to_owned(), visibility_timeout: 9 };
    block_on(sqs(&env).change_message_visibility(URL, &change)).unwrap();
    let attributes = [("VisibilityTimeout".to_owned(), "30".to_owned())].into();
    block_on(sqs(&env).set_queue_attributes(URL, &attributes)).unwrap();
    assert_eq!(asked(&env)[0].1, json!({"QueueUrl": URL, "ReceiptHandle": "r", "VisibilityTimeout": 9}));
    assert_eq!(asked(&env)[1].1, json!({"QueueUrl": URL, "Attributes": {"VisibilityTimeout": "30"}}));
}

#[test]
fn queues_are_made_with_a_redrive_policy_and_found_by_name() {
    let url = || answer(200, &json!({"QueueUrl": URL}));
    let env = Scripted::new([url(), url(), answer(200, &json!({"Attributes": {"QueueArn": "arn"}}))]);
    let policy = redrive_policy("arn:dead", 5);
    assert_eq!(policy, r#"{"deadLetterTargetArn":"arn:dead","maxReceiveCount":5}"#);
    let create = CreateQueue { queue_name: "q".to_owned(), attributes: [("RedrivePolicy".to_owned(), policy)].into() };
    assert_eq!(block_on(sqs(&env).create_queue(&create)).unwrap(), URL);
    assert_eq!(block_on(sqs(&env).get_queue_url("q")).unwrap(), URL);
    assert_eq!(block_on(sqs(&env).get_queue_attributes(URL, &["QueueArn"])).unwrap()["QueueArn"], "arn");
    assert_eq!(asked(&env)[1], ("AmazonSQS.GetQueueUrl".to_owned(), json!({"QueueName": "q"})));
    assert_eq!(asked(&env)[2].1, json!({"QueueUrl": URL, "AttributeNames": ["QueueArn"]}));
}

#[test]
fn errors_of_sqs_have_their_meaning() {
    let error = |status, code: &str| {
        let refusal = || answer(status, &json!({"__type": format!("com.amazonaws.sqs#{code}")}));
        let env = Scripted::new([refusal(), refusal(), refusal()]);
        block_on(sqs(&env).delete_message_batch(URL, &["r".to_owned()])).unwrap_err()
    };
    assert!(matches!(error(400, "QueueDoesNotExist"), AwsError::ResourceNotFound { .. }));
    assert!(matches!(error(403, "OverLimit"), AwsError::Throttled { .. }));
    assert!(matches!(error(400, "RequestThrottled"), AwsError::Throttled { .. }));
    assert!(matches!(error(400, "InvalidParameterValue"), AwsError::Validation { .. }));
    let env = Scripted::new([Err(TransportError::Refused("no".to_owned()))]);
    let refused = block_on(sqs(&env).get_queue_url("q")).unwrap_err();
    assert!(!refused.outcome_is_unknown());
}
