//! Products are created, changed and deleted once under a key, wherever a process dies.

use http::Method;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Answer, Shop};

async fn open() -> Shop {
    let shop = Shop::open().await;
    shop.category("electronics", None).await;
    shop
}

async fn create(shop: &Shop, key: &str, name: &str) -> Answer {
    let body = json!({"name": name, "description": "Tells the time", "price": 199.99, "categoryId": "cat_electronics", "stock": 7});
    shop.admin().with("idempotency-key", key).post("/v1/products", &body).await
}

async fn rename(shop: &Shop, key: &str, id: &str, version: &str) -> Answer {
    let admin = shop.admin().with("idempotency-key", key).with("if-match", version);
    admin.send(Method::PUT, &format!("/v1/products/{id}"), &json!({"name": "Renamed"}).to_string()).await
}

async fn delete(shop: &Shop, key: &str, id: &str) -> Answer {
    shop.admin().with("idempotency-key", key).send(Method::DELETE, &format!("/v1/products/{id}"), "").await
}

async fn products(shop: &Shop) -> i64 {
    shop.count("select count(*) from products where deleted_at is null").await
}

async fn told(shop: &Shop, event: &str) -> i64 {
    shop.count(&format!("select count(*) from outbox where event = '{event}'")).await
}

async fn on_hand(shop: &Shop, made: &Answer) -> Value {
    let variant = made.text("/variants/0/id");
    shop.admin().get(&format!("/v1/inventory/{variant}")).await.json()["onHand"].clone()
}

#[tokio::test]
async fn a_repetition_is_answered_as_the_first_was() {
    let shop = open().await;
    let made = create(&shop, "k", "Watch").await;
    let again = create(&shop, "k", "Watch").await;
    assert_eq!((made.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!((&again.body, again.header("idempotent-replayed")), (&made.body, Some("true")));
    assert_eq!((again.header("location"), again.header("etag")), (made.header("location"), Some("\"1\"")));
    assert_eq!(products(&shop).await, 1);
    assert_eq!(create(&shop, "k", "Clock").await.code(), "IDEMPOTENCY_KEY_REUSED");

    let id = made.text("/id");
    let renamed = rename(&shop, "k", &id, "\"1\"").await;
    assert_eq!((renamed.status.as_u16(), renamed.header("etag")), (200, Some("\"2\"")), "keys are scoped by route");
    assert_eq!(rename(&shop, "k", &id, "\"1\"").await.body, renamed.body, "not a version that is too old");
    assert_eq!(delete(&shop, "k", &id).await.status, 204);
    assert_eq!(delete(&shop, "k", &id).await.status, 204, "not a product that is gone");
    assert_eq!(delete(&shop, "another", &id).await.status, 404);
    let events = ["ProductCreated", "ProductUpdated", "ProductDeleted"];
    for event in events {
        assert_eq!(told(&shop, event).await, 1, "{event}");
    }
}

#[tokio::test]
async fn what_is_refused_leaves_the_key_free() {
    let shop = open().await;
    let elsewhere = json!({"name": "Watch", "description": "", "price": 1, "categoryId": "cat_none", "stock": 1});
    let admin = shop.admin().with("idempotency-key", "k");
    assert_eq!(admin.post("/v1/products", &elsewhere).await.fields(), vec!["categoryId".to_owned()]);
    let made = create(&shop, "k", "Watch").await;
    assert_eq!(made.status, 201);
    assert_eq!(rename(&shop, "k", &made.text("/id"), "\"9\"").await.status, 412);
    assert_eq!(rename(&shop, "k", &made.text("/id"), "\"1\"").await.status, 200);
}

#[tokio::test]
async fn a_process_that_dies_after_its_effect_is_resumed_without_a_second_one() {
    let shop = open().await;
    shop.stops.stop_once_at(HookPoint::AfterProduct);
    assert_eq!(create(&shop, "k", "Watch").await.status, 503);
    assert_eq!(create(&shop, "k", "Watch").await.code(), "REQUEST_IN_PROGRESS");
    shop.clock.advance(SignedDuration::from_secs(31));
    let made = create(&shop, "k", "Watch").await;
    assert_eq!((made.status.as_u16(), made.header("idempotent-replayed")), (201, None), "{made:?}");
    assert_eq!((products(&shop).await, told(&shop, "ProductCreated").await), (1, 1));
    assert_eq!(on_hand(&shop, &made).await, json!(7), "the counters were put by the second");

    let id = made.text("/id");
    shop.stops.stop_once_at(HookPoint::AfterProduct);
    assert_eq!(rename(&shop, "k", &id, "\"1\"").await.status, 503);
    shop.clock.advance(SignedDuration::from_secs(31));
    let renamed = rename(&shop, "k", &id, "\"1\"").await;
    assert_eq!((renamed.status.as_u16(), renamed.header("etag")), (200, Some("\"2\"")), "{renamed:?}");
    assert_eq!(told(&shop, "ProductUpdated").await, 1);

    shop.stops.stop_once_at(HookPoint::AfterProduct);
    assert_eq!(delete(&shop, "k", &id).await.status, 503);
    shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(delete(&shop, "k", &id).await.status, 204);
    assert_eq!((products(&shop).await, told(&shop, "ProductDeleted").await), (0, 1));
}

#[tokio::test]
async fn an_owner_that_has_lost_its_claim_makes_no_second_product() {
    let shop = open().await;
    let pause = shop.stops.pause_once_at(HookPoint::BeforeProduct);
    let second = async {
        pause.reached().await;
        shop.clock.advance(SignedDuration::from_secs(31));
        let second = create(&shop, "k", "Watch").await;
        pause.release();
        second
    };
    let (first, second) = futures_util::future::join(create(&shop, "k", "Watch"), second).await;
    assert_eq!((first.code(), second.status.as_u16()), ("REQUEST_IN_PROGRESS".to_owned(), 201), "{first:?}");
    assert_eq!((products(&shop).await, told(&shop, "ProductCreated").await), (1, 1));
    assert_eq!(create(&shop, "k", "Watch").await.body, second.body);
}

#[tokio::test]
async fn a_product_whose_counters_could_not_be_written_is_made_again_under_its_key() {
    let shop = open().await;
    shop.timer.hurry(true);
    shop.dynamo_faults.set(DynamoSwitches { throttle: 1000, ..DynamoSwitches::default() });
    assert_eq!(create(&shop, "k", "Watch").await.status, 503);
    shop.dynamo_faults.set(DynamoSwitches::default());
    let made = create(&shop, "k", "Watch").await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!((products(&shop).await, on_hand(&shop, &made).await), (1, json!(7)));
}
