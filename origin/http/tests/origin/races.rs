//! Many requests at once.

use futures_util::future::join_all;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Shop, address};

fn order() -> Value {
    json!({"shippingAddress": address()})
}

async fn fifty_for_twenty(shop: &Shop) {
    let item = shop.item("Last chance", "60.00", 20).await;
    let shoppers: Vec<String> = (0..50).map(|number| format!("shopper_{number}")).collect();
    for sub in &shoppers {
        shop.fill_cart(sub, &[(&item, 1)]).await;
    }
    let orders = shoppers.iter().map(|sub| async move {
        // As a client does: contention is not sold out.
        loop {
            let answer = shop.shopper(sub).post("/v1/orders", &order()).await;
            if answer.status != 503 {
                return answer;
            }
        }
    });
    let answers = join_all(orders).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    let sold_out = answers.iter().filter(|answer| answer.code() == "OUT_OF_STOCK").count();
    assert_eq!((placed, sold_out), (20, 30), "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    let level = shop.level(&item).await;
    assert_eq!((level.on_hand, level.reserved, level.available()), (20, 20, 0));
    assert_eq!(shop.count("select count(*) from orders").await, 20);
    assert_eq!(shop.count("select count(*) from checkouts where state = 'FAILED'").await, 30);
    assert_eq!(shop.count("select count(*) from checkouts where state = 'OPEN'").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_orders_for_a_stock_of_twenty_end_with_exactly_twenty() {
    fifty_for_twenty(&Shop::open().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contention_is_not_sold_out() {
    let shop = Shop::open().await;
    shop.dynamo_faults.set(DynamoSwitches { detect_conflicts: true, ..DynamoSwitches::default() });
    fifty_for_twenty(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_raced_twenty_times_makes_one_order() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 100).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let ada = shop.shopper("ada").with("idempotency-key", "one");
    let body = order();
    let answers = join_all((0..20).map(|_| ada.post("/v1/orders", &body))).await;
    for answer in &answers {
        assert!(answer.status == 201 || answer.code() == "REQUEST_IN_PROGRESS", "{answer:?}");
        assert!(answer.status == 201 || answer.header("retry-after").is_some());
    }
    let ids: std::collections::BTreeSet<String> =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.text("/orderId")).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ada.post("/v1/orders", &order()).await.text("/orderId"), *ids.first().unwrap());
    assert_eq!((shop.count("select count(*) from orders").await, shop.level(&item).await.reserved), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_claim_that_was_left_behind_is_taken_over_by_one_of_twenty() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 100).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let ada = shop.shopper("ada").with("idempotency-key", "one");
    let body = order();
    shop.stops.stop_once_at(HookPoint::AfterClaim);
    assert_eq!(ada.post("/v1/orders", &body).await.status, 503);
    shop.clock.advance(SignedDuration::from_secs(31));
    // Every connection is open by then, so that none of them is first because of that.
    join_all((0..20).map(|_| ada.get("/v1/orders"))).await;
    let answers = join_all((0..20).map(|_| ada.post("/v1/orders", &body))).await;
    for answer in &answers {
        assert!(answer.status == 201 || answer.code() == "REQUEST_IN_PROGRESS", "{answer:?}");
    }
    assert_eq!(shop.count("select fence from idempotency_keys").await, 2, "the first owner's was 1");
    assert_eq!((shop.count("select count(*) from orders").await, shop.level(&item).await.reserved), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_cart_ordered_under_twenty_keys_makes_one_order() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 100).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let answers = join_all((0..20).map(|number| {
        let caller = match number {
            0..5 => shop.shopper("ada"),
            _ => shop.shopper("ada").with("idempotency-key", &format!("key-{number}")),
        };
        async move { caller.post("/v1/orders", &order()).await }
    }))
    .await;
    for answer in &answers {
        let refused = ["REQUEST_IN_PROGRESS", "CART_EMPTY"].contains(&answer.code().as_str());
        assert!(answer.status == 201 || refused, "{answer:?}");
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!((shop.count("select count(*) from orders").await, shop.level(&item).await.reserved), (1, 1));
    assert_eq!(shop.count("select count(*) from checkouts").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_order_paid_twenty_times_at_once_is_charged_once() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 100).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let ada = shop.shopper("ada");
    let id = ada.post("/v1/orders", &order()).await.text("/orderId");
    let pay: Value =
        serde_json::from_str(&format!(r#"{{"orderId": "{id}", "amount": 64.80, "paymentMethodId": "pm_card_visa"}}"#))
            .unwrap();
    let answers = join_all((0..20).map(|_| ada.post("/v1/payments", &pay))).await;
    for answer in &answers {
        let refused = ["PAYMENT_IN_PROGRESS", "ORDER_ALREADY_PAID"].contains(&answer.code().as_str());
        assert!(answer.status == 200 || refused, "{answer:?}");
    }
    let charges = shop.provider.state()["charges"].as_array().map_or(0, Vec::len);
    assert_eq!(charges, 1, "{}", shop.provider.state());
    assert_eq!(shop.count("select count(*) from ledger_entries").await, 1);
    let level = shop.level(&item).await;
    assert_eq!((level.on_hand, level.reserved), (99, 0));
}
