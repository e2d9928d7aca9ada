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
async fn a_claim_that_nobody_comes_back_to_is_nobodys_after_a_day_and_forgotten() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    for key in ["k1", "k2"] {
        assert_eq!(placed.pay_under(key, "pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    }
    let open = "select count(*) from idempotency_keys where state = 'IN_FLIGHT'";
    shop.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    shop.sweep().await.unwrap();
    assert_eq!(shop.count(open).await, 2);
    assert_eq!(placed.pay_under("k1", "pm_card_visa").await.status, 422, "another request under its key");
    shop.clock.advance(SignedDuration::from_secs(1));
    let anew = placed.pay_under("k1", "pm_card_visa").await;
    assert_eq!(anew.status, 409, "a new request, about an order that has ended: {anew:?}");
    shop.sweep().await.unwrap();
    assert_eq!(shop.count(open).await, 0);
    let repeated = placed.pay_under("k1", "pm_card_visa").await;
    assert_eq!(repeated.body, anew.body, "its answer is kept for a day");
}

#[tokio::test]
async fn a_claim_that_somebody_holds_is_not_forgotten() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    placed.pay_under("k1", "pm_card_threeDSecure2Required").await;
    shop.clock.advance(SignedDuration::from_hours(24));
    let held = "update idempotency_keys set lease_until = $1 where state = 'IN_FLIGHT'";
    shop.run(held, &[&(commerce_domain::Clock::now(&shop.clock) + SignedDuration::from_secs(1))]).await;
    shop.sweep().await.unwrap();
    assert_eq!(shop.count("select count(*) from idempotency_keys where state = 'IN_FLIGHT'").await, 1);
    let refused = placed.pay_under("k1", "pm_card_threeDSecure2Required").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "REQUEST_IN_PROGRESS".to_owned()), "{refused:?}");
}

#[tokio::test]
async fn all_that_is_old_goes_in_one_sweep() {
    let shop = Shop::open().await;
    let now = commerce_domain::Clock::now(&shop.clock);
    for sql in [
        "insert into outbox (id, aggregate_id, sequence, event, payload, created_at, published_at)
            select gen_random_uuid(), 'prod_1', number, 'ProductUpdated', '{}', $1, $1 from generate_series(1, 2500) as number",
        "insert into webhook_events (provider, event_id, type, received_at)
            select 'stripe', 'evt_' || number, 'x', $1 from generate_series(1, 2500) as number",
        "insert into idempotency_keys
            (principal, route, key_hash, request_hash, state, lease_until, fence, created_at, expires_at)
            select gen_random_uuid(), 'CreatePayment', sha256('k'), sha256('r'), 'IN_FLIGHT', $1, 1, $1, $1
            from generate_series(1, 2500)",
    ] {
        shop.run(sql, &[&now]).await;
    }
    shop.clock.advance(SignedDuration::from_hours(32 * 24));
    assert_eq!(shop.sweep().await, Ok(origin_core::sweep::SweepReport::default()));
    for (table, left) in [("outbox", 1), ("webhook_events", 0), ("idempotency_keys", 0)] {
        assert_eq!(shop.count(&format!("select count(*) from {table}")).await, left, "{table}");
    }
}

#[tokio::test]
async fn what_is_told_of_an_order_that_was_never_made_goes_and_that_of_orders_stays() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    shop.fill_cart("bob", &[(&placed.item, 5)]).await;
    let refused = shop.shopper("bob").post("/v1/orders", &json!({"shippingAddress": address()})).await;
    assert_eq!(refused.code(), "OUT_OF_STOCK");
    shop.relay().await;
    assert_eq!(shop.events("InventoryReservationFailed").await, 1);
    shop.clock.advance(SignedDuration::from_hours(14 * 24));
    shop.sweep().await.unwrap();
    assert_eq!(shop.events("InventoryReservationFailed").await, 1);
    shop.clock.advance(SignedDuration::from_millis(1));
    shop.sweep().await.unwrap();
    assert_eq!(shop.events("InventoryReservationFailed").await, 0);
    assert_eq!((shop.events("OrderCreated").await, shop.events("OrderFailed").await), (1, 1));
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
