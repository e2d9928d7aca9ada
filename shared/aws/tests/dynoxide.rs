//! The client against DynamoDB's stand-in: every operation over real HTTP.
#![expect(clippy::unwrap_used, reason = "a test's own set-up may fail the test")]

use std::time::Duration;

use bytes::Bytes;
use commerce_aws::{
    AwsClient, AwsError, CancellationReason, Credentials, DynamoDb, HttpClient, Item, RetryPolicy, Timer,
    TransportError,
    dynamodb::{
        BatchGetItem, ConditionCheck, CreateTable, DeleteItem, GetItem, KeyAttribute, KeysAndAttributes, PutItem,
        Query, ReturnValues, TransactWrite, TransactWriteItems, UpdateItem, item, number, text,
    },
};
use commerce_domain::{Clock, Entropy};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::Timestamp;

/// The ports over tokio, with a clock that stands still.
struct Environment(Client<HttpConnector, Full<Bytes>>);

impl HttpClient for Environment {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let broken = |error: &dyn std::error::Error| TransportError::Connection(error.to_string());
        let response = self.0.request(request.map(Full::new)).await.map_err(|error| broken(&error))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| broken(&error))?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

impl Timer for Environment {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Clock for Environment {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }
}

impl Entropy for Environment {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

type Db = DynamoDb<Environment>;

/// A fresh server with the table `stock` (partition key `pk`, sort key `sk`).
async fn stock_table() -> Db {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let env = Environment(Client::builder(TokioExecutor::new()).build_http());
    let client = AwsClient::new(env, Credentials::new("local", "local"), "eu-central-1", Some(endpoint));
    let db = DynamoDb::new(client.with_retry(RetryPolicy::NONE));
    assert!(db.create_table(&table()).await.unwrap());
    db
}

fn table() -> CreateTable {
    CreateTable {
        sort_key: Some(KeyAttribute::number("sk")),
        ttl_attribute: Some("ttl".into()),
        ..CreateTable::new("stock", KeyAttribute::text("pk"))
    }
}

fn key(pk: &str, sk: i64) -> Item {
    item([("pk", text(pk)), ("sk", number(sk))])
}

fn stock(pk: &str, sk: i64, sellable: i64) -> Item {
    item([("pk", text(pk)), ("sk", number(sk)), ("sellable", number(sellable))])
}

fn put(stock: Item) -> PutItem {
    PutItem { table_name: "stock".into(), item: stock, ..PutItem::default() }
}

/// Takes `quantity`, if there is as much.
fn take(pk: &str, quantity: i64) -> UpdateItem {
    UpdateItem {
        table_name: "stock".into(),
        key: key(pk, 1),
        update_expression: "SET sellable = sellable - :q".into(),
        condition_expression: Some("sellable >= :q".into()),
        expression_attribute_values: [(":q".to_owned(), number(quantity))].into(),
        return_old_on_failure: true,
        ..UpdateItem::default()
    }
}

async fn get(db: &Db, pk: &str) -> Option<Item> {
    let request = GetItem { table_name: "stock".into(), key: key(pk, 1), consistent_read: true, ..GetItem::default() };
    db.get_item(&request).await.unwrap()
}

#[tokio::test]
async fn a_table_is_made_once() {
    let db = stock_table().await;
    db.put_item(&put(stock("a", 1, 5))).await.unwrap();
    assert!(!db.create_table(&table()).await.unwrap());
    assert_eq!(get(&db, "a").await, Some(stock("a", 1, 5)));
}

#[tokio::test]
async fn items_are_put_read_and_deleted() {
    let db = stock_table().await;
    assert_eq!(get(&db, "a").await, None);
    assert_eq!(db.put_item(&put(stock("a", 1, 5))).await.unwrap(), None);
    assert_eq!(get(&db, "a").await, Some(stock("a", 1, 5)));
    let again = PutItem { return_values: Some(ReturnValues::AllOld), ..put(stock("a", 1, 6)) };
    assert_eq!(db.put_item(&again).await.unwrap(), Some(stock("a", 1, 5)));
    let delete = DeleteItem {
        table_name: "stock".into(),
        key: key("a", 1),
        return_values: Some(ReturnValues::AllOld),
        ..DeleteItem::default()
    };
    assert_eq!(db.delete_item(&delete).await.unwrap(), Some(stock("a", 1, 6)));
    assert_eq!(db.delete_item(&delete).await.unwrap(), None);
}

#[tokio::test]
async fn a_condition_that_fails_returns_the_item() {
    let db = stock_table().await;
    db.put_item(&put(stock("a", 1, 5))).await.unwrap();
    let taken = db.update_item(&UpdateItem { return_values: Some(ReturnValues::AllNew), ..take("a", 3) }).await;
    assert_eq!(taken.unwrap(), Some(stock("a", 1, 2)));
    let Err(AwsError::ConditionalCheckFailed { item }) = db.update_item(&take("a", 3)).await else {
        panic!("sold what is not there")
    };
    assert_eq!(item, Some(stock("a", 1, 2)));
    let Err(AwsError::ConditionalCheckFailed { item }) = db.update_item(&take("b", 1)).await else {
        panic!("sold what never was")
    };
    assert_eq!(item, None);
}

#[tokio::test]
async fn a_query_pages_through_a_partition() {
    let db = stock_table().await;
    for sk in 1..=5 {
        db.put_item(&put(stock("a", sk, sk * 10))).await.unwrap();
    }
    let mut query = Query {
        table_name: "stock".into(),
        key_condition_expression: "pk = :pk AND sk > :sk".into(),
        expression_attribute_values: [(":pk".to_owned(), text("a")), (":sk".to_owned(), number(1))].into(),
        limit: Some(3),
        descending: true,
        ..Query::default()
    };
    let first = db.query(&query).await.unwrap();
    assert_eq!(first.items, [stock("a", 5, 50), stock("a", 4, 40), stock("a", 3, 30)]);
    query.exclusive_start_key = first.last_evaluated_key;
    let second = db.query(&query).await.unwrap();
    assert_eq!(second.items, [stock("a", 2, 20)]);
    assert_eq!(second.last_evaluated_key, None);
}

#[tokio::test]
async fn a_batch_finds_what_exists() {
    let db = stock_table().await;
    for pk in ["a", "b"] {
        db.put_item(&put(stock(pk, 1, 5))).await.unwrap();
    }
    let keys = ["a", "b", "c"].map(|pk| key(pk, 1)).to_vec();
    let wanted = KeysAndAttributes { keys, consistent_read: true, ..KeysAndAttributes::default() };
    let found =
        db.batch_get_item(&BatchGetItem { request_items: [("stock".to_owned(), wanted)].into() }).await.unwrap();
    let items = &found["stock"];
    assert!(items.len() == 2 && items.contains(&stock("a", 1, 5)) && items.contains(&stock("b", 1, 5)), "{items:?}");
}

fn reserve(token: &str, quantity: i64) -> TransactWriteItems {
    TransactWriteItems {
        transact_items: vec![
            TransactWrite::Put(PutItem {
                condition_expression: Some("attribute_not_exists(pk)".into()),
                ..put(stock(token, 1, quantity))
            }),
            TransactWrite::Update(take("a", quantity)),
            TransactWrite::ConditionCheck(ConditionCheck {
                table_name: "stock".into(),
                key: key("open", 1),
                condition_expression: "attribute_exists(pk)".into(),
                ..ConditionCheck::default()
            }),
        ],
        client_request_token: Some(token.to_owned()),
    }
}

#[tokio::test]
async fn a_transaction_happens_once_and_whole() {
    let db = stock_table().await;
    for (pk, sellable) in [("a", 5), ("open", 0)] {
        db.put_item(&put(stock(pk, 1, sellable))).await.unwrap();
    }
    db.transact_write_items(&reserve("order-1", 3)).await.unwrap();
    db.transact_write_items(&reserve("order-1", 3)).await.unwrap();
    assert_eq!(get(&db, "a").await, Some(stock("a", 1, 2)), "the token makes the second one a repetition");
    let changed = db.transact_write_items(&reserve("order-1", 2)).await;
    assert!(matches!(changed, Err(AwsError::IdempotentParameterMismatch)), "{changed:?}");

    let Err(AwsError::TransactionCancelled { reasons }) = db.transact_write_items(&reserve("order-2", 3)).await else {
        panic!("sold what is not there")
    };
    assert_eq!(reasons.iter().map(CancellationReason::is_failed_condition).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(reasons[1].item, Some(stock("a", 1, 2)), "how many are left comes with the refusal");
    assert_eq!(get(&db, "order-2").await, None);
}

#[tokio::test]
async fn an_invalid_request_is_told_as_such() {
    let db = stock_table().await;
    let invalid = UpdateItem { update_expression: "SOLD OUT".into(), ..take("a", 1) };
    assert!(matches!(db.update_item(&invalid).await, Err(AwsError::Validation { .. })));
    let elsewhere = PutItem { table_name: "elsewhere".into(), ..put(stock("a", 1, 1)) };
    assert!(matches!(db.put_item(&elsewhere).await, Err(AwsError::ResourceNotFound { .. })));
}
