//! The functions that no edge calls, as Lambda runs them: `origin-sweeper` and `origin-reconciler` by schedules, `origin-consumer` by
//! its queue, `origin-streams` by the streams of the tables.

use std::{collections::HashMap, time::Duration};

use commerce_aws::{
    AwsClient, Credentials, DynamoDb,
    dynamodb::{GetItem, item, number, text},
};
use commerce_domain::{Clock as _, EventId, OrderId, PaymentId, ProductId, VariantId};
use origin_core::events::{Envelope, EventQueue as _};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE, PAYMENTS_TABLE, create_payments_table, create_tables};
use origin_gateways::{ReqwestClient, System};
use origin_postgres::{Database, DatabaseSettings};
use serde_json::{Value, json};
use test_support::{
    DynamoServer, DynamoStore, EventBus, LocalQueue, QueueConfig, SnsEndpoint, SystemClock, SystemEntropy,
};

use crate::function::{Function, database_url};

/// DynamoDB with its tables, and a client of it.
async fn dynamo() -> (DynamoServer, DynamoDb<System>) {
    let server = DynamoServer::start(0, &DynamoStore::Memory).await.unwrap();
    let system = System::new(ReqwestClient::new(Duration::from_secs(20)).unwrap());
    let endpoint = Some(server.url().parse().unwrap());
    let db = DynamoDb::new(AwsClient::new(system, Credentials::new("test", "test"), "eu-central-1", endpoint));
    create_tables(&db, CARTS_TABLE, INVENTORY_TABLE).await.unwrap();
    create_payments_table(&db, PAYMENTS_TABLE).await.unwrap();
    (server, db)
}

fn event(kind: &str, subject: &str, sequence: u64, data: Value) -> Envelope {
    let id = EventId::generate(&SystemClock, &SystemEntropy);
    Envelope::new(id, kind, subject, sequence, SystemClock.now(), data)
}

async fn write(database: &Database, event: &Envelope) {
    let sql =
        "insert into outbox (id, aggregate_id, sequence, event, payload, created_at) values ($1, $2, $3, $4, $5, $6)";
    let (id, sequence) = (event.id.as_uuid(), i64::try_from(event.sequence).unwrap());
    let client = database.client().await.unwrap();
    client.execute(sql, &[&id, &event.subject, &sequence, &event.kind, &event.data, &event.time]).await.unwrap();
}

const PRODUCT: &str = "prod_01h4vjdvzefw18zfwz5dxw5y8g";

const VARIANT: &str = "var_01h4vjdvzefw18zfwz5dxw5y8g";

/// A variant, older than what is being made, that is low below three pieces, and has no counters.
async fn watched_variant(database: &Database) {
    let (product, variant): (ProductId, VariantId) = (PRODUCT.parse().unwrap(), VARIANT.parse().unwrap());
    let client = database.client().await.unwrap();
    let rows = "with shelf as (insert into categories (slug, name) values ('things', 'Things') returning id),
        lamp as (insert into products (id, handle, name, category_id, price, currency, stock, created_at, updated_at)
            select $1, 'lamp', 'Lamp', id, 1, 'USD', 4, '2026-01-01', '2026-01-01' from shelf),
        black as (insert into variants (id, product_id, position, options, price, currency, stock, low_stock_threshold)
            values ($2, $1, 0, '[]', 1, 'USD', 4, 3))
        insert into stock_ledger (variant_id, kind, quantity, reference, created_at) values ($2, 'receipt', 4, 'creation', now())";
    client.execute(rows, &[&product.as_uuid(), &variant.as_uuid()]).await.unwrap();
}

async fn delivered(queue: &LocalQueue) -> Vec<u64> {
    let events = queue.receive(10).await.unwrap();
    events.iter().map(|delivery| delivery.event.as_ref().unwrap().sequence).collect()
}

/// The environment of a function that works on the shop.
fn variables<'a>(database: &'a str, dynamo: &'a DynamoServer, sns: &'a SnsEndpoint) -> [(&'a str, &'a str); 11] {
    [
        ("DATABASE_URL", database),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("DYNAMODB_ENDPOINT", dynamo.url()),
        ("SNS_ENDPOINT", sns.url()),
        ("EVENTS_TOPIC_ARN", "arn:aws:sns:eu-central-1:000000000000:events.fifo"),
        ("TOKEN_ISSUER", "https://issuer.invalid/"),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("PAYMENT_RETURN_URL", "https://shop.invalid/"),
        ("TEND_PAUSE_SECONDS", "0"),
    ]
}

/// What a schedule sends.
fn tick() -> Value {
    json!({"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweeper_publishes_what_is_committed_each_time_it_is_called() {
    let (server, _) = dynamo().await;
    let bus = EventBus::new(SystemClock::shared());
    let queue = bus.subscribe(QueueConfig::default());
    let (sns, url) = (SnsEndpoint::start(bus).await.unwrap(), database_url().await);
    let database = Database::new(&DatabaseSettings::new(&url)).unwrap();
    let order = OrderId::generate(&SystemClock, &SystemEntropy).to_string();
    let data = json!({"orderId": order, "reason": "expired"});
    write(&database, &event("OrderFailed", &order, 1, data.clone())).await;
    write(&database, &event("OrderFailed", &order, 2, data.clone())).await;
    let variables = variables(&url, &server, &sns);
    let function = Function::start(env!("CARGO_BIN_EXE_origin-sweeper"), &variables).await;
    assert_eq!(function.runtime.invoke(tick()).await, Ok(Value::Null));
    assert_eq!(delivered(&queue).await, [1, 2]);
    write(&database, &event("OrderFailed", &order, 3, data)).await;
    function.runtime.invoke(tick()).await.unwrap();
    let client = database.client().await.unwrap();
    let left: i64 =
        client.query_one("select count(*) from outbox where published_at is null", &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_consumer_keeps_what_it_can_and_names_the_rest() {
    let (server, db) = dynamo().await;
    let variables = [
        ("CONSUMER", "payment-history"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("DYNAMODB_ENDPOINT", server.url()),
    ];
    let function = Function::start(env!("CARGO_BIN_EXE_origin-consumer"), &variables).await;
    let order = OrderId::generate(&SystemClock, &SystemEntropy).to_string();
    let payment = PaymentId::generate(&SystemClock, &SystemEntropy).to_string();
    let good = event("PaymentFailed", &order, 2, json!({"orderId": order, "paymentId": payment, "reason": "no"}));
    let record = |id: &str, group: &str, body: String| {
        json!({"messageId": id, "receiptHandle": id, "body": body, "eventSource": "aws:sqs",
            "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": "1"}})
    };
    let records = [record("m1", &order, json!(good).to_string()), record("m2", "other", "no event".to_owned())];
    let answer = function.runtime.invoke(json!({"Records": records})).await;
    assert_eq!(answer, Ok(json!({"batchItemFailures": [{"itemIdentifier": "m2"}]})));
    let key = item([("paymentId", text(payment)), ("sequence", number(2))]);
    let get = GetItem { table_name: PAYMENTS_TABLE.to_owned(), key, ..GetItem::default() };
    let kept: HashMap<_, _> = db.get_item(&get).await.unwrap().expect("an entry").into();
    assert_eq!((&kept["status"], &kept["reason"]), (&text("FAILED"), &text("no")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_streams_tell_of_carts_and_of_variants_that_run_low() {
    let (server, _) = dynamo().await;
    let bus = EventBus::new(SystemClock::shared());
    let queue = bus.subscribe(QueueConfig::default());
    let (sns, url) = (SnsEndpoint::start(bus).await.unwrap(), database_url().await);
    let database = Database::new(&DatabaseSettings::new(&url)).unwrap();
    watched_variant(&database).await;
    let function = Function::start(env!("CARGO_BIN_EXE_origin-streams"), &variables(&url, &server, &sns)).await;
    let cart = "cart_01h4vjdvzefw18zfwz5dxw5y8g";
    let written = |image: Value| json!({"eventName": "MODIFY", "dynamodb": {"NewImage": image}});
    let cart_at = |version: &str| {
        written(json!({"userId": {"S": "user_1"}, "cartId": {"S": cart}, "version": {"N": version},
            "updatedAt": {"N": "1767225600000"}}))
    };
    let gone = json!({"eventName": "REMOVE", "dynamodb": {"OldImage": {"cartId": {"S": cart}}}});
    let stock = written(json!({"pk": {"S": format!("stock#{VARIANT}")}, "variantId": {"S": VARIANT},
        "productId": {"S": PRODUCT}, "onHand": {"N": "4"}, "reserved": {"N": "2"}, "backorderLimit": {"N": "0"},
        "sellable": {"N": "2"}, "version": {"N": "7"}}));
    let records = json!({"Records": [cart_at("1"), stock, cart_at("2"), gone]});
    for _ in 0..2 {
        assert_eq!(function.runtime.invoke(records.clone()).await, Ok(Value::Null));
    }
    let told = queue.receive(10).await.unwrap();
    let told: Vec<Envelope> = told.into_iter().map(|delivery| delivery.event.unwrap()).collect();
    let of_cart: Vec<u64> = told.iter().map(|event| event.sequence).collect();
    assert_eq!((of_cart, told[0].kind.as_str(), told[0].subject.as_str()), (vec![1, 2], "CartUpdated", cart));
    for event in &told {
        event_schemas::assert_published(&event.kind, &event.data);
    }
    let client = database.client().await.unwrap();
    let low = "select count(*) from outbox where event = 'LowStock'";
    assert_eq!(client.query_one(low, &[]).await.unwrap().get::<_, i64>(0), 1, "once, though it came twice");
    let broken = json!({"Records": [written(json!({"cartId": {"S": "none"}}))]});
    assert!(function.runtime.invoke(broken).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reconciler_says_how_much_it_has_found() {
    let (server, _) = dynamo().await;
    let bus = EventBus::new(SystemClock::shared());
    let (sns, url) = (SnsEndpoint::start(bus).await.unwrap(), database_url().await);
    let database = Database::new(&DatabaseSettings::new(&url)).unwrap();
    watched_variant(&database).await;
    let function = Function::start(env!("CARGO_BIN_EXE_origin-reconciler"), &variables(&url, &server, &sns)).await;
    let report = |repaired: Value| Ok(json!({"checked": 1, "unsettled": 0, "repaired": repaired, "open": {}}));
    assert_eq!(function.runtime.invoke(tick()).await, report(json!({"missing_counters": 1})));
    assert_eq!(function.runtime.invoke(tick()).await, report(json!({})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_consumer_for_invoices_asks_the_database_what_there_is_to_issue() {
    let url = database_url().await;
    let seller = include_str!("../../../../docs/invoice-seller.example.json");
    let variables = [
        ("CONSUMER", "invoices"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("DATABASE_URL", url.as_str()),
        ("INVOICE_SELLER", seller),
    ];
    let function = Function::start(env!("CARGO_BIN_EXE_origin-consumer"), &variables).await;
    let nobodys = OrderId::generate(&SystemClock, &SystemEntropy).to_string();
    let record = |id: &str, data: Value| {
        let body = json!(event("PaymentSucceeded", &nobodys, 1, data)).to_string();
        json!({"messageId": id, "receiptHandle": id, "body": body, "eventSource": "aws:sqs",
            "attributes": {"MessageGroupId": id, "ApproximateReceiveCount": "1"}})
    };
    let records = [record("m1", json!({"orderId": nobodys})), record("m2", json!({"orderId": "none"}))];
    let answer = function.runtime.invoke(json!({"Records": records})).await;
    assert_eq!(answer, Ok(json!({"batchItemFailures": [{"itemIdentifier": "m2"}]})));
}
