//! The form that goes over the wire, against the API reference, and the XML that comes back.

use bytes::Bytes;
use futures_executor::block_on;
use http::Response;

use super::*;
use crate::{
    credentials::Credentials,
    scripted::{Answer, Scripted},
};

const TOPIC: &str = "arn:aws:sns:eu-central-1:000000000000:order-events.fifo";

#[expect(clippy::unnecessary_wraps, reason = "what a script holds")]
fn xml(status: u16, body: &str) -> Answer {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap())
}

fn all_done() -> Answer {
    xml(200, "<PublishBatchResponse><PublishBatchResult><Failed/></PublishBatchResult></PublishBatchResponse>")
}

fn sns(env: &Scripted) -> Sns<&Scripted> {
    Sns::new(AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", None))
}

fn entry(id: Option<&str>) -> PublishEntry {
    PublishEntry {
        message: "{\"a\":1}".to_owned(),
        group_id: Some("order_1".to_owned()),
        deduplication_id: id.map(str::to_owned),
        attributes: vec![("type".to_owned(), "OrderCreated".to_owned())],
    }
}

fn batch(entries: impl Into<Vec<PublishEntry>>) -> PublishBatch {
    PublishBatch { topic_arn: TOPIC.to_owned(), entries: entries.into() }
}

#[test]
fn a_batch_is_a_form_with_numbered_entries() {
    let env = Scripted::new([all_done()]);
    assert_eq!(block_on(sns(&env).publish_batch(&batch([entry(Some("evt_1"))]))).unwrap(), []);
    let script = env.script();
    let request = &script.requests[0];
    assert_eq!(request.uri(), "https://sns.eu-central-1.amazonaws.com/");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded; charset=utf-8");
    assert!(request.headers()["authorization"].to_str().unwrap().contains("/eu-central-1/sns/aws4_request"));
    assert!(!request.headers().contains_key("x-amz-target"));
    let form = std::str::from_utf8(request.body()).unwrap();
    let expected = "Action=PublishBatch&Version=2010-03-31\
        &TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A000000000000%3Aorder-events.fifo\
        &PublishBatchRequestEntries.member.1.Id=0\
        &PublishBatchRequestEntries.member.1.Message=%7B%22a%22%3A1%7D\
        &PublishBatchRequestEntries.member.1.MessageGroupId=order_1\
        &PublishBatchRequestEntries.member.1.MessageDeduplicationId=evt_1\
        &PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=type\
        &PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.DataType=String\
        &PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.StringValue=OrderCreated";
    assert_eq!(form, expected);
}

#[test]
fn entries_that_failed_are_told_by_their_place() {
    let answer = xml(
        200,
        r#"<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>
            <Failed><member><Id>1</Id><Code>InternalError</Code><Message>try &amp; again</Message>
                <SenderFault>false</SenderFault></member></Failed>
            <Successful><member><Id>0</Id><MessageId>m</MessageId></member></Successful>
        </PublishBatchResult></PublishBatchResponse>"#,
    );
    let env = Scripted::new([answer]);
    let failed = block_on(sns(&env).publish_batch(&batch([entry(Some("1")), entry(Some("2"))]))).unwrap();
    let expected = FailedPublish {
        index: 1,
        code: "InternalError".to_owned(),
        message: "try & again".to_owned(),
        sender_fault: false,
    };
    assert_eq!(failed, [expected]);
}

#[test]
fn a_lost_reply_is_asked_for_again_only_with_deduplication_ids() {
    let broken = || xml(500, "<ErrorResponse><Error><Code>InternalError</Code></Error></ErrorResponse>");
    let env = Scripted::new([broken(), all_done()]);
    assert!(block_on(sns(&env).publish_batch(&batch([entry(Some("1"))]))).is_ok());
    let env = Scripted::new([broken()]);
    let error = block_on(sns(&env).publish_batch(&batch([entry(Some("1")), entry(None)]))).unwrap_err();
    assert!(error.outcome_is_unknown() && error.has_code("InternalError"), "{error}");
}

#[test]
fn errors_in_xml_mean_what_they_mean_in_json() {
    let error = |status, code: &str| {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
        );
        let env = Scripted::new([xml(status, &body), xml(status, &body), xml(status, &body)]);
        block_on(sns(&env).publish_batch(&batch([entry(Some("1"))]))).unwrap_err()
    };
    assert!(matches!(error(404, "NotFound"), AwsError::ResourceNotFound { .. }));
    assert!(matches!(error(400, "InvalidParameter"), AwsError::Validation { .. }));
    assert!(matches!(error(403, "AuthorizationError"), AwsError::AccessDenied { .. }));
    assert!(matches!(error(403, "ExpiredToken"), AwsError::ExpiredCredentials));
    assert!(matches!(error(400, "Throttling"), AwsError::Throttled { .. }));
    assert!(matches!(error(429, "Throttled"), AwsError::Throttled { .. }));
}

#[test]
fn an_answer_without_a_result_is_not_taken_for_success() {
    let env = Scripted::new([xml(200, "<Html/>"), xml(200, "<Html/>"), xml(200, "<Html/>")]);
    let error = block_on(sns(&env).publish_batch(&batch([entry(Some("1"))]))).unwrap_err();
    assert!(matches!(error, AwsError::UnreadableResponse { .. }), "{error}");
}

#[test]
fn topics_and_subscriptions_take_numbered_attributes() {
    let created =
        "<CreateTopicResponse><CreateTopicResult><TopicArn>a</TopicArn></CreateTopicResult></CreateTopicResponse>";
    let subscribed = "<R><SubscribeResult><SubscriptionArn>b</SubscriptionArn></SubscribeResult></R>";
    let env = Scripted::new([xml(200, created), xml(200, subscribed)]);
    let fifo = [("FifoTopic".to_owned(), "true".to_owned())];
    assert_eq!(block_on(sns(&env).create_topic("t.fifo", &fifo)).unwrap(), "a");
    let request = Subscribe {
        topic_arn: "a".to_owned(),
        queue_arn: "q".to_owned(),
        attributes: vec![("RawMessageDelivery".to_owned(), "true".to_owned())],
    };
    assert_eq!(block_on(sns(&env).subscribe(&request)).unwrap(), "b");
    let script = env.script();
    let form = |index: usize| std::str::from_utf8(script.requests[index].body()).unwrap();
    assert_eq!(
        form(0),
        "Action=CreateTopic&Version=2010-03-31&Name=t.fifo&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true"
    );
    assert!(form(1).ends_with(
        "&Protocol=sqs&Endpoint=q&ReturnSubscriptionArn=true&Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true"
    ));
}

#[test]
fn the_size_of_an_entry_counts_its_attributes() {
    assert_eq!(entry(None).size(), 7 + "type".len() + "String".len() + "OrderCreated".len());
}
