//! A store is down, too busy, or its answer is lost, while an order is placed.

use std::time::Duration;

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Answer, Caller, Item, Line, Shop, address};

fn order() -> Value {
    json!({"shippingAddress": address()})
}

/// Switches that hit transactions alone.
fn transactions() -> DynamoSwitches {
    DynamoSwitches { only: vec!["TransactWriteItems".to_owned()], ..DynamoSwitches::default() }
}

async fn with_cart(shop: &Shop, stock: u32) -> Item {
    let item = shop.item("Lamp", "60.00", stock).await;
    shop.fill_cart("ada", &[(&item, 2)]).await;
    item
}

fn assert_comes_back(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "UNAVAILABLE".to_owned()), "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

async fn assert_one_order(shop: &Shop, item: &Item) {
    assert_eq!(shop.count("select count(*) from orders").await, 1);
    assert_eq!(shop.count("select count(*) from outbox").await, 2);
    assert_eq!(shop.level(item).await.reserved, 2);
}

/// The claim stands, and nothing else does.
async fn assert_only_claimed(shop: &Shop, item: &Item) {
    assert_eq!(shop.level(item).await.reserved, 0);
    assert_eq!(shop.count("select count(*) from orders").await, 0);
    assert_eq!(shop.count("select count(*) from checkouts where state = 'OPEN'").await, 1);
    assert_eq!(shop.count("select count(*) from idempotency_keys where state = 'IN_FLIGHT'").await, 1);
}

async fn assert_resumed(shop: &Shop, ada: &Caller<'_>, item: &Item) {
    shop.dynamo_faults.set(DynamoSwitches::default());
    let client = shop.database.client().await.unwrap();
    let row = client.query_one("select order_id from checkouts", &[]).await.unwrap();
    let decided = commerce_domain::OrderId::from_uuid(row.get(0)).unwrap().to_string();
    let placed = ada.post("/v1/orders", &order()).await;
    assert_eq!((placed.status.as_u16(), placed.text("/orderId")), (201, decided), "{placed:?}");
    assert_one_order(shop, item).await;
}

#[tokio::test]
async fn a_throttled_hold_asks_to_come_back_and_leaves_a_claim_to_resume() {
    let shop = Shop::open().await;
    let item = with_cart(&shop, 5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    shop.dynamo_faults.set(DynamoSwitches { throttle: 1_000, ..transactions() });
    assert_comes_back(&ada.post("/v1/orders", &order()).await);
    assert_only_claimed(&shop, &item).await;
    assert_resumed(&shop, &ada, &item).await;
}

#[tokio::test]
async fn contention_without_end_asks_to_come_back_and_is_not_sold_out() {
    let shop = Shop::open().await;
    let item = with_cart(&shop, 5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    shop.dynamo_faults.set(DynamoSwitches { conflict: 1_000, ..transactions() });
    assert_comes_back(&ada.post("/v1/orders", &order()).await);
    assert_only_claimed(&shop, &item).await;
    assert_resumed(&shop, &ada, &item).await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is late is late by the machine's clock")]
async fn a_hold_that_timed_out_and_is_delivered_late_meets_the_tombstone() {
    const LATE: Duration = Duration::from_secs(15);
    let shop = Shop::open().await;
    let item = with_cart(&shop, 2).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let late_ms = u64::try_from(LATE.as_millis()).unwrap();
    shop.dynamo_faults.set(DynamoSwitches { late: 1_000, late_ms, ..transactions() });
    let asked = tokio::time::Instant::now();
    let body = order();
    let sent = async {
        while shop.dynamo_faults.switches().late == 1_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // The process ends while it waits for the answer.
    tokio::select! {
        answer = ada.post("/v1/orders", &body) => panic!("{answer:?}"),
        () = sent => {}
    }
    let sent_until = tokio::time::Instant::now();
    shop.dynamo_faults.set(DynamoSwitches::default());
    assert_only_claimed(&shop, &item).await;
    shop.clock.advance(SignedDuration::from_secs(31));

    // Somebody else buys the last two, and the retry finds nothing: it leaves the tombstone.
    shop.fill_cart("bob", &[(&item, 2)]).await;
    assert_eq!(shop.shopper("bob").post("/v1/orders", &order()).await.status, 201);
    assert_eq!(ada.post("/v1/orders", &order()).await.code(), "OUT_OF_STOCK");
    shop.restock(&item, 10).await;
    assert!(asked.elapsed() < LATE, "the machine is too slow for this test: the hold has been delivered already");
    tokio::time::sleep_until(sent_until + LATE + Duration::from_millis(500)).await;
    let level = shop.level(&item).await;
    assert_eq!((level.on_hand, level.reserved, level.available()), (12, 2, 10));
    assert_eq!(shop.count("select count(*) from orders").await, 1);
}

#[tokio::test]
async fn an_order_whose_commit_was_not_confirmed_is_found_by_the_retry() {
    let (shop, line) = Shop::open_on_a_line().await;
    let item = with_cart(&shop, 5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    let pause = shop.stops.pause_once_at(HookPoint::BeforeOrder);
    let body = order();
    let losing = async {
        pause.reached().await;
        line.lose_next_commit();
        pause.release();
    };
    let (lost, ()) = futures_util::future::join(ada.post("/v1/orders", &body), losing).await;
    assert_comes_back(&lost);
    assert_eq!(shop.count("select count(*) from orders").await, 1, "the commit had its effect");

    let replay = ada.post("/v1/orders", &body).await;
    assert_eq!((replay.status.as_u16(), replay.header("idempotent-replayed")), (201, Some("true")), "{replay:?}");
    assert_one_order(&shop, &item).await;
    let read = shop.shopper("ada").get(&format!("/v1/orders/{}", replay.text("/orderId"))).await;
    assert_eq!(read.text("/status"), "PENDING");
    assert!(shop.cart("ada").await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_claim_whose_commit_was_not_confirmed_is_resumed_once_its_lease_is_over() {
    let (shop, line) = Shop::open_on_a_line().await;
    let item = with_cart(&shop, 5).await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    line.lose_next_commit();
    assert_comes_back(&ada.post("/v1/orders", &order()).await);
    assert_only_claimed(&shop, &item).await;
    assert_eq!(ada.post("/v1/orders", &order()).await.code(), "REQUEST_IN_PROGRESS");
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_resumed(&shop, &ada, &item).await;
}

/// The database goes while a request is at `point`, and comes back.
async fn gone_at(point: HookPoint) -> (Shop, Line, Item) {
    let (shop, line) = Shop::open_on_a_line().await;
    let item = with_cart(&shop, 5).await;
    let pause = shop.stops.pause_once_at(point);
    let (ada, body) = (shop.shopper("ada").with("idempotency-key", "k"), order());
    let cutting = async {
        pause.reached().await;
        line.cut();
        pause.release();
    };
    let (failed, ()) = futures_util::future::join(ada.post("/v1/orders", &body), cutting).await;
    assert_comes_back(&failed);
    assert_comes_back(&ada.post("/v1/orders", &body).await);
    line.mend();
    (shop, line, item)
}

#[tokio::test]
async fn a_database_that_goes_before_the_claim_leaves_nothing_and_comes_back() {
    let (shop, _line, item) = gone_at(HookPoint::BeforeClaim).await;
    assert_eq!(shop.count("select count(*) from checkouts").await, 0);
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    assert_eq!(ada.post("/v1/orders", &order()).await.status, 201);
    assert_one_order(&shop, &item).await;
}

#[tokio::test]
async fn a_database_that_goes_before_the_order_leaves_a_hold_that_the_retry_takes_up() {
    let (shop, _line, item) = gone_at(HookPoint::BeforeOrder).await;
    assert_eq!((shop.level(&item).await.reserved, shop.count("select count(*) from orders").await), (2, 0));
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    // The lease could not be ended either.
    assert_eq!(ada.post("/v1/orders", &order()).await.code(), "REQUEST_IN_PROGRESS");
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_resumed(&shop, &ada, &item).await;
}
