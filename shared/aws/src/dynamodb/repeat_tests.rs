//! Which operations are sent again.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{
    credentials::Credentials,
    retry::RetryPolicy,
    scripted::{Answer, Scripted, answer, internal, throttled},
};

fn db(env: &Scripted) -> DynamoDb<&Scripted> {
    DynamoDb::new(AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", None))
}

fn done() -> Answer {
    answer(200, &json!({}))
}

fn key(id: &str) -> Item {
    item([("id", text(id))])
}

fn wanted(ids: &[&str]) -> BatchGetItem {
    let keys = KeysAndAttributes { keys: ids.iter().map(|id| key(id)).collect(), ..KeysAndAttributes::default() };
    BatchGetItem { request_items: [("stock".to_owned(), keys)].into() }
}

fn batch(found: &[&str], unprocessed: &[&str]) -> Answer {
    let items = |ids: &[&str]| ids.iter().map(|id| json!({"id": {"S": id}})).collect::<Vec<Value>>();
    let left = if unprocessed.is_empty() { json!({}) } else { json!({"stock": {"Keys": items(unprocessed)}}) };
    answer(200, &json!({"Responses": {"stock": items(found)}, "UnprocessedKeys": left}))
}

#[tokio::test]
async fn reads_are_repeated_after_an_unknown_outcome() {
    let env = Scripted::new([internal(), done(), internal(), done(), internal(), batch(&[], &[])]);
    assert_eq!(db(&env).get_item(&GetItem::default()).await.unwrap(), None);
    assert_eq!(db(&env).query(&Query::default()).await.unwrap(), QueryOutput::default());
    assert!(db(&env).batch_get_item(&wanted(&["a"])).await.unwrap()["stock"].is_empty());
}

#[tokio::test]
async fn writes_are_repeated_after_an_unknown_outcome_only_if_the_caller_says_so() {
    for repeatable in [false, true] {
        let put = PutItem { repeatable, ..PutItem::default() };
        let env = Scripted::new([internal(), done()]);
        assert_eq!(db(&env).put_item(&put).await.is_ok(), repeatable);
        let update = UpdateItem { repeatable, ..UpdateItem::default() };
        let env = Scripted::new([internal(), done()]);
        assert_eq!(db(&env).update_item(&update).await.is_ok(), repeatable);
        let delete = DeleteItem { repeatable, ..DeleteItem::default() };
        let env = Scripted::new([internal(), done()]);
        assert_eq!(db(&env).delete_item(&delete).await.is_ok(), repeatable);
    }
}

#[tokio::test]
async fn a_throttled_write_is_repeated_in_any_case() {
    let env = Scripted::new([throttled(), done()]);
    assert!(db(&env).put_item(&PutItem::default()).await.is_ok());
}

#[tokio::test]
async fn a_transaction_is_repeated_after_an_unknown_outcome_only_with_a_token() {
    let bare = TransactWriteItems::default();
    let env = Scripted::new([internal()]);
    assert!(db(&env).transact_write_items(&bare).await.unwrap_err().outcome_is_unknown());
    let with_token = TransactWriteItems { client_request_token: Some("order-1".into()), ..bare };
    let env = Scripted::new([internal(), done()]);
    assert!(db(&env).transact_write_items(&with_token).await.is_ok());
    let script = env.script();
    assert_eq!(script.requests[0].body(), script.requests[1].body(), "the token is the same");
}

#[tokio::test]
async fn a_conflict_is_repeated_and_then_reported_as_contention() {
    let conflict = || {
        let reasons = json!([{"Code": "None"}, {"Code": "TransactionConflict"}]);
        answer(400, &json!({"__type": "x#TransactionCanceledException", "CancellationReasons": reasons}))
    };
    let env = Scripted::new([conflict(), done()]);
    assert!(db(&env).transact_write_items(&TransactWriteItems::default()).await.is_ok());
    // Each attempt takes a second, and the default policy ends after three.
    let env = Scripted::new([conflict(), conflict()]);
    let refused = db(&env).transact_write_items(&TransactWriteItems::default()).await.unwrap_err();
    assert!(matches!(refused, AwsError::TransactionConflict { .. }) && refused.is_contention());
}

#[tokio::test]
async fn unprocessed_keys_are_asked_for_again() {
    let env = Scripted::new([batch(&["a"], &["b", "c"]), batch(&["c"], &[])]);
    let found = db(&env).batch_get_item(&wanted(&["a", "b", "c"])).await.unwrap();
    assert_eq!(found["stock"], [key("a"), key("c")]);
    let script = env.script();
    let second: Value = serde_json::from_slice(script.requests[1].body()).unwrap();
    assert_eq!(second, json!({"RequestItems": {"stock": {"Keys": [{"id": {"S": "b"}}, {"id": {"S": "c"}}]}}}));
    assert_eq!(script.pauses.len(), 1);
}

#[tokio::test]
async fn a_batch_has_one_budget_for_all_its_requests() {
    // Long enough that only the number of requests counts.
    fn patient(env: &Scripted) -> DynamoDb<&Scripted> {
        let retry = RetryPolicy { budget: Duration::from_mins(1), ..RetryPolicy::default() };
        let client = AwsClient::new(env, Credentials::new("AKID", "secret"), "eu-central-1", None);
        DynamoDb::new(client.with_retry(retry))
    }
    let env = Scripted::new([batch(&["a"], &["b", "c"]), throttled(), batch(&["b"], &["c"])]);
    let refused = patient(&env).batch_get_item(&wanted(&["a", "b", "c"])).await;
    assert!(matches!(refused, Err(AwsError::Throttled { .. })), "{refused:?}");
    assert_eq!(env.script().requests.len(), 3, "the three attempts of the policy, whatever they were for");
    let env = Scripted::new([batch(&["a"], &["b"]), throttled(), batch(&["b"], &[])]);
    assert_eq!(patient(&env).batch_get_item(&wanted(&["a", "b"])).await.unwrap()["stock"], [key("a"), key("b")]);
    // And in time: each request takes a second of the three.
    let env = Scripted::new([batch(&["a"], &["b"]), throttled()]);
    assert!(db(&env).batch_get_item(&wanted(&["a", "b"])).await.is_err());
    assert_eq!(env.script().requests.len(), 2);
}

#[tokio::test]
async fn keys_that_stay_unprocessed_are_an_error() {
    let env = Scripted::new([batch(&["a"], &["b"]), batch(&[], &["b"])]);
    assert!(matches!(db(&env).batch_get_item(&wanted(&["a", "b"])).await, Err(AwsError::Throttled { .. })));
}
