//! What a sweep forgets: answers after a day, events after two weeks, nothing of an order's history.

use jiff::SignedDuration;
use serde_json::json;

use crate::shop::{Answer, Placed, Shop, address};

const ANSWERS: &str = "select count(*) from idempotency_keys";

async fn order(shop: &Shop) -> Answer {
    let body = json!({"shippingAddress": address()});
    shop.shopper("ada").with("idempotency-key", "k").post("/v1/orders", &body).await
}

#[tokio::test]
async fn an_answer_is_kept_for_as_long_as_it_is_replayed() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    assert_eq!(order(&shop).await.status, 201);
    shop.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_millis(1));
    shop.sweep().await.unwrap();
    let replayed = order(&shop).await;
    assert_eq!((replayed.status.as_u16(), replayed.header("idempotent-replayed")), (201, Some("true")));
    shop.clock.advance(SignedDuration::from_millis(1));
    shop.sweep().await.unwrap();
    assert_eq!(shop.count(ANSWERS).await, 0);
    assert_eq!(order(&shop).await.code(), "CART_EMPTY", "a new request");
    assert_eq!(shop.count("select count(*) from orders").await, 1);
}

#[tokio::test]
async fn a_claim_without_an_answer_is_not_forgotten() {
    let placed = Placed::new().await;
    placed
        .shop
        .run(
            "update idempotency_keys set state = 'IN_FLIGHT', response_status = null, response_headers = null,
        response_body = null, route = 'RefundPayment'",
            &[],
        )
        .await;
    let claims = placed.shop.count(ANSWERS).await;
    assert!(claims > 0);
    placed.shop.clock.advance(SignedDuration::from_hours(48));
    placed.shop.sweep().await.unwrap();
    assert_eq!(placed.shop.count(ANSWERS).await, claims);
}

#[tokio::test]
async fn events_go_two_weeks_after_their_publication_and_an_order_keeps_its_history() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    shop.relay().await;
    shop.run(
        "insert into outbox (id, aggregate_id, sequence, event, payload, created_at, published_at)
            select gen_random_uuid(), 'prod_1', number, 'ProductUpdated', '{}', $1, $1 from generate_series(1, 3) as number",
        &[&commerce_domain::Clock::now(&shop.clock)],
    )
    .await;
    let timeline = format!("/v1/orders/{}/timeline", placed.order);
    let told = shop.shopper("ada").get(&timeline).await.json();
    assert_eq!(told["data"].as_array().map(Vec::len), Some(2), "{told}");
    let of_product = "select count(*) from outbox where aggregate_id = 'prod_1'";
    shop.clock.advance(SignedDuration::from_hours(14 * 24));
    shop.sweep().await.unwrap();
    assert_eq!(shop.count(of_product).await, 3);
    shop.clock.advance(SignedDuration::from_millis(1));
    shop.sweep().await.unwrap();
    assert_eq!(shop.count(of_product).await, 1, "the next one is numbered by the last");
    let later = shop.shopper("ada").get(&timeline).await.json();
    assert_eq!(later["data"].as_array().unwrap()[..2], told["data"].as_array().unwrap()[..]);
}
