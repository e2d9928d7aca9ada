use commerce_aws::{Credentials, SigningScope, sign_request};
use http::{HeaderName, Request};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::{ManualClock, net::client_builder};

const REGION: &str = "eu-central-1";
const NOW: i64 = 1_800_000_000;

fn credentials() -> Credentials {
    Credentials::new("AKIDLOCAL", "local-secret")
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// A signed call, `None` where the connection closed without an answer.
async fn call_at(url: &str, key: &Credentials, at: Timestamp, operation: &str, body: &Value) -> Option<(u16, Value)> {
    let request = Request::post(format!("{url}/"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(body.to_string().into())
        .unwrap();
    let covered = [HeaderName::from_static("content-type"), HeaderName::from_static("x-amz-target")];
    let scope = SigningScope { region: REGION, service: "dynamodb" };
    let (parts, body) = sign_request(request, key, scope, at, &covered).unwrap().into_parts();
    let client = client_builder().build().unwrap();
    let response = client.post(parts.uri.to_string()).headers(parts.headers).body(body).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, serde_json::from_slice(&response.bytes().await.ok()?).unwrap()))
}

async fn call(url: &str, operation: &str, body: Value) -> Option<(u16, Value)> {
    call_at(url, &credentials(), now(), operation, &body).await
}

async fn create_table(url: &str) {
    let body = json!({
        "TableName": "stock",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    assert_eq!(call(url, "CreateTable", body).await.unwrap().0, 200);
}

fn add(id: &str) -> Value {
    json!({
        "TableName": "stock",
        "Key": {"id": {"S": id}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    })
}

async fn count(url: &str, id: &str) -> String {
    let body = json!({"TableName": "stock", "Key": {"id": {"S": id}}, "ConsistentRead": true});
    let (_, answer) = call(url, "GetItem", body).await.unwrap();
    answer["Item"]["n"]["N"].as_str().unwrap_or("0").to_owned()
}

fn error_type(answer: &Value) -> &str {
    answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default()
}

/// A server with a table, and a signing proxy before it.
async fn pair() -> (DynamoServer, DynamoFaults) {
    let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
    create_table(server.url()).await;
    let clock = ManualClock::new(now()).shared();
    let config = DynamoFaultsConfig { clock, ..DynamoFaultsConfig::new(server.url()).signed_by(credentials(), REGION) };
    (server, DynamoFaults::start(config).await.unwrap())
}

#[tokio::test]
async fn a_file_keeps_its_tables_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = DynamoStore::File(folder.path().join("state/dynamo.db"));
    let server = DynamoServer::start(0, &store).await.unwrap();
    create_table(server.url()).await;
    call(server.url(), "UpdateItem", add("a")).await.unwrap();
    server.stop().await;
    let again = DynamoServer::start(0, &store).await.unwrap();
    assert_eq!(count(again.url(), "a").await, "1");
    again.stop().await;

    let damaged = folder.path().join("damaged.db");
    fs::write(&damaged, "this is no database, and it is long enough to be one, were it one".repeat(20)).unwrap();
    let Err(error) = DynamoServer::start(0, &DynamoStore::File(damaged)).await else { panic!("it must be refused") };
    assert!(error.to_string().contains("damaged.db"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_answers_no_more() {
    let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
    let url = server.url().to_owned();
    server.stop().await;
    assert!(reqwest::get(url).await.unwrap_err().is_connect());
}

#[tokio::test]
async fn expired_items_go_when_they_are_swept() {
    let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
    create_table(server.url()).await;
    let ttl = json!({"TableName": "stock", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
    assert_eq!(call(server.url(), "UpdateTimeToLive", ttl).await.unwrap().0, 200);
    let put = json!({"TableName": "stock", "Item": {"id": {"S": "a"}, "n": {"N": "5"}, "ttl": {"N": "1700000000"}}});
    call(server.url(), "PutItem", put).await.unwrap();
    assert_eq!(count(server.url(), "a").await, "5");
    assert_eq!(server.sweep_expired().await.unwrap(), 1);
    assert_eq!(count(server.url(), "a").await, "0");
}

#[tokio::test]
async fn the_proxy_passes_what_is_signed_and_refuses_the_rest_without_an_effect() {
    let (server, proxy) = pair().await;
    assert_eq!(call(proxy.url(), "UpdateItem", add("a")).await.unwrap().0, 200);
    let wrong = Credentials::new("AKIDLOCAL", "other-secret");
    let stranger = Credentials::new("AKIDOTHER", "local-secret");
    let late = now().checked_sub(SignedDuration::from_mins(10)).unwrap();
    for (key, at, expected) in [
        (&wrong, now(), "InvalidSignatureException"),
        (&stranger, now(), "UnrecognizedClientException"),
        (&credentials(), late, "InvalidSignatureException"),
    ] {
        let (status, answer) = call_at(proxy.url(), key, at, "UpdateItem", &add("a")).await.unwrap();
        assert_eq!((status, error_type(&answer)), (400, expected));
    }
    let unsigned = client_builder().build().unwrap().post(proxy.url()).body("{}").send().await.unwrap();
    let answer: Value = serde_json::from_slice(&unsigned.bytes().await.unwrap()).unwrap();
    assert_eq!(error_type(&answer), "MissingAuthenticationTokenException");
    assert_eq!(count(server.url(), "a").await, "1");
}

#[tokio::test]
async fn throttling_errors_and_switched_conflicts_have_no_effect() {
    let (server, proxy) = pair().await;
    let switches =
        json!({"throttle": 1, "internal_error": 1, "conflict": 2, "only": ["UpdateItem", "TransactWriteItems"]});
    let set = client_builder().build().unwrap().put(format!("{}/test/faults", proxy.url())).body(switches.to_string());
    assert_eq!(set.send().await.unwrap().status(), 200);
    assert_eq!(count(proxy.url(), "a").await, "0");
    for expected in ["ProvisionedThroughputExceededException", "InternalServerError", "TransactionConflictException"] {
        let (_, answer) = call(proxy.url(), "UpdateItem", add("a")).await.unwrap();
        assert_eq!(error_type(&answer), expected);
    }
    let both = json!({"TransactItems": [{"Update": add("a")}, {"Update": add("b")}]});
    let (_, answer) = call(proxy.url(), "TransactWriteItems", both.clone()).await.unwrap();
    assert_eq!(error_type(&answer), "TransactionCanceledException");
    assert_eq!(answer["CancellationReasons"][0]["Code"], "TransactionConflict");
    assert_eq!(answer["CancellationReasons"][1], json!({"Code": "None"}));
    assert_eq!(count(server.url(), "a").await, "0");
    assert_eq!(call(proxy.url(), "TransactWriteItems", both).await.unwrap().0, 200);
    assert_eq!(count(server.url(), "a").await, "1");
}

#[tokio::test]
async fn a_lost_reply_has_its_effect_at_once_and_a_late_one_afterwards() {
    let (server, proxy) = pair().await;
    proxy.set(DynamoSwitches { lose_reply: 1, late: 1, late_ms: 300, ..DynamoSwitches::default() });
    assert_eq!(call(proxy.url(), "UpdateItem", add("a")).await, None);
    assert_eq!(count(server.url(), "a").await, "1");
    assert_eq!(call(proxy.url(), "UpdateItem", add("a")).await, None);
    assert_eq!(count(server.url(), "a").await, "1");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(count(server.url(), "a").await, "2");
}

#[tokio::test]
async fn of_two_transactions_on_one_item_the_later_is_cancelled() {
    let (server, proxy) = pair().await;
    proxy.set(DynamoSwitches { detect_conflicts: true, delay_ms: 300, ..DynamoSwitches::default() });
    let put = json!({"Put": {"TableName": "stock", "Item": {"id": {"S": "b"}, "n": {"N": "1"}}}});
    let first = json!({"TransactItems": [{"Update": add("a")}, put]});
    let second = json!({"TransactItems": [{"Update": add("c")}, {"Update": add("b")}]});
    let later = |operation: &'static str, body: Value| {
        let url = proxy.url().to_owned();
        async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            call(&url, operation, body).await.unwrap()
        }
    };
    let (first, second, write, other) = tokio::join!(
        call(proxy.url(), "TransactWriteItems", first),
        later("TransactWriteItems", second.clone()),
        later("UpdateItem", add("a")),
        later("UpdateItem", add("d")),
    );
    assert_eq!(first.unwrap().0, 200);
    assert_eq!(error_type(&second.1), "TransactionCanceledException");
    assert_eq!(second.1["CancellationReasons"][1]["Code"], "TransactionConflict");
    assert_eq!(error_type(&write.1), "TransactionConflictException");
    assert_eq!(other.0, 200);
    assert_eq!(proxy.conflicts(), 2);
    assert!((2..=4).contains(&proxy.most_at_once()), "{}", proxy.most_at_once());
    proxy.set(DynamoSwitches::strict());
    assert_eq!(proxy.most_at_once(), 0);
    assert_eq!((count(server.url(), "a").await, count(server.url(), "c").await), ("1".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn a_proxy_without_a_server_behind_says_so() {
    let (server, proxy) = pair().await;
    server.stop().await;
    let (status, answer) = call(proxy.url(), "UpdateItem", add("a")).await.unwrap();
    assert_eq!((status, error_type(&answer)), (503, "ServiceUnavailable"));
}
