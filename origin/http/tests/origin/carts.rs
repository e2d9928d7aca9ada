//! What an order takes out of the cart, and what it leaves.

use futures_util::future::join;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Edge, Item, Shop, address, stored_line};

fn order() -> Value {
    json!({"shippingAddress": address()})
}

/// A cart at version 3 with a lamp.
async fn shop_with_lamp() -> (Shop, Item, Item) {
    let shop = Shop::open().await;
    let (lamp, chair) = (shop.item("Lamp", "60.00", 5).await, shop.item("Chair", "70.00", 5).await);
    shop.fill_cart("ada", &[(&lamp, 1)]).await;
    (shop, lamp, chair)
}

/// One more piece of an item, as the edge would add it: the version grows by one.
async fn add(shop: &Shop, item: &Item) {
    let mut cart = shop.cart("ada").await.unwrap();
    let variant = item.variant.to_string();
    *cart.quantities.entry(variant.clone()).or_default() += 1;
    cart.lines.insert(variant.clone(), stored_line(item));
    cart.added_at.entry(variant).or_insert(cart.updated_at + 1);
    cart.version += 1;
    shop.put_cart(&cart).await;
}

/// The cart's changes do not arrive, and its reads do.
fn carts_are_down(shop: &Shop) {
    let only = vec!["UpdateItem".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { throttle: 1_000, only, ..DynamoSwitches::default() });
}

async fn ordered(shop: &Shop, item: &Item) -> i64 {
    let client = shop.database.client().await.unwrap();
    let sql = "select coalesce(sum(quantity), 0) from order_items where variant_id = $1";
    client.query_one(sql, &[&item.variant.as_uuid()]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_cart_that_an_order_left_lines_in_can_be_added_to() {
    let shop = Shop::open().await;
    let edge = Edge::before(&shop).await;
    let (lamp, chair) = (shop.item("Lamp", "60.00", 5).await, shop.item("Chair", "70.00", 5).await);
    assert_eq!(edge.add("ada", &lamp, 1).await.0, 200);
    let pause = shop.stops.pause_once_at(HookPoint::AfterOrder);
    let ada = shop.shopper("ada");
    let body = order();
    let meanwhile = async {
        pause.reached().await;
        let added = edge.add("ada", &chair, 1).await;
        pause.release();
        added
    };
    let (placed, added) = join(ada.post("/v1/orders", &body), meanwhile).await;
    assert_eq!((placed.status.as_u16(), added.0), (201, 200), "{placed:?} {added:?}");
    let left = shop.cart("ada").await.unwrap();
    assert_eq!(left.quantities, [(chair.variant.to_string(), 1)].into());

    for item in [&chair, &lamp] {
        let (status, body) = edge.add("ada", item, 1).await;
        assert_eq!(status, 200, "{body}");
    }
    let filled = shop.cart("ada").await.unwrap();
    assert_eq!(filled.quantities, [(chair.variant.to_string(), 2), (lamp.variant.to_string(), 1)].into());
    assert_eq!((filled.cart_id, filled.version), (left.cart_id, left.version + 2));
}

#[tokio::test]
async fn a_cart_that_was_ordered_whole_begins_a_new_life() {
    let shop = Shop::open().await;
    let edge = Edge::before(&shop).await;
    let lamp = shop.item("Lamp", "60.00", 5).await;
    assert_eq!(edge.add("ada", &lamp, 2).await.0, 200);
    let before = shop.cart("ada").await.unwrap();
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.status, 201);
    let (status, body) = edge.add("ada", &lamp, 1).await;
    assert_eq!((status, &body["cart"]["items"][0]["quantity"]), (200, &json!(1)), "{body}");
    assert_ne!(shop.cart("ada").await.unwrap().cart_id, before.cart_id);
}

#[tokio::test]
async fn what_was_ordered_and_is_still_in_the_cart_is_not_ordered_again() {
    let (shop, lamp, chair) = shop_with_lamp().await;
    carts_are_down(&shop);
    let ada = shop.shopper("ada");
    assert_eq!(ada.post("/v1/orders", &order()).await.status, 201, "the order stands without the cart");
    shop.dynamo_faults.set(DynamoSwitches::default());
    add(&shop, &chair).await;

    let second = ada.post("/v1/orders", &order()).await;
    assert_eq!(second.status, 201, "{second:?}");
    assert_eq!((ordered(&shop, &lamp).await, ordered(&shop, &chair).await), (1, 1));
    assert_eq!((shop.level(&lamp).await.reserved, shop.level(&chair).await.reserved), (1, 1));
    assert_eq!(shop.count("select count(*) from checkouts where cart_taken_at is not null").await, 2);
    assert!(shop.cart("ada").await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_cart_that_cannot_be_cleared_of_what_was_ordered_is_not_ordered() {
    let (shop, lamp, chair) = shop_with_lamp().await;
    carts_are_down(&shop);
    let ada = shop.shopper("ada");
    assert_eq!(ada.post("/v1/orders", &order()).await.status, 201);
    add(&shop, &chair).await;
    let refused = ada.post("/v1/orders", &order()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "UNAVAILABLE".to_owned()), "{refused:?}");
    assert!(refused.header("retry-after").is_some());
    assert_eq!((ordered(&shop, &lamp).await, ordered(&shop, &chair).await), (1, 0));
}

#[tokio::test]
async fn a_shopper_who_saw_what_was_ordered_in_the_cart_is_shown_what_is_left() {
    let (shop, _lamp, chair) = shop_with_lamp().await;
    carts_are_down(&shop);
    let ada = shop.shopper("ada");
    assert_eq!(ada.post("/v1/orders", &order()).await.status, 201);
    shop.dynamo_faults.set(DynamoSwitches::default());
    add(&shop, &chair).await;
    let mut body = order();
    body["cartVersion"] = json!(4);
    let refused = ada.post("/v1/orders", &body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CART_CHANGED".to_owned()), "{refused:?}");
    let cart = &refused.json()["cart"];
    assert_eq!((&cart["version"], cart["total"].to_string()), (&json!(5), "75.60".to_owned()), "{refused:?}");
    assert_eq!(cart["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(cart["items"][0]["variantId"], chair.variant.to_string());
}

#[tokio::test]
async fn a_cart_is_in_one_checkout_at_a_time() {
    let (shop, lamp, chair) = shop_with_lamp().await;
    let (first, second) = (shop.shopper("ada").with("idempotency-key", "1"), shop.shopper("ada"));
    let pause = shop.stops.pause_once_at(HookPoint::AfterClaim);
    let body = order();
    let meanwhile = async {
        pause.reached().await;
        add(&shop, &chair).await;
        let early = second.post("/v1/orders", &body).await;
        pause.release();
        early
    };
    let (placed, early) = join(first.post("/v1/orders", &body), meanwhile).await;
    assert_eq!((early.status.as_u16(), early.code()), (409, "REQUEST_IN_PROGRESS".to_owned()), "{early:?}");
    assert!(early.header("retry-after").is_some());
    assert_eq!(placed.status, 201, "{placed:?}");
    assert_eq!(second.post("/v1/orders", &body).await.status, 201);
    assert_eq!((ordered(&shop, &lamp).await, ordered(&shop, &chair).await), (1, 1));
}

#[tokio::test]
async fn a_cart_that_was_read_before_its_earlier_state_was_ordered_is_read_again() {
    let (shop, lamp, chair) = shop_with_lamp().await;
    let (first, second) = (shop.shopper("ada").with("idempotency-key", "1"), shop.shopper("ada"));
    let body = order();
    let claimed = shop.stops.pause_once_at(HookPoint::AfterClaim);
    let first = first.post("/v1/orders", &body);
    let second = async {
        claimed.reached().await;
        add(&shop, &chair).await;
        let drawn_up = shop.stops.pause_once_at(HookPoint::BeforeClaim);
        let release = async {
            drawn_up.reached().await;
            claimed.release();
            // The first order is there, and its lamp has left the cart.
            while shop.count("select count(*) from checkouts where cart_taken_at is not null").await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            drawn_up.release();
        };
        join(second.post("/v1/orders", &body), release).await.0
    };
    let (first, second) = join(first, second).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{first:?} {second:?}");
    assert_eq!((ordered(&shop, &lamp).await, ordered(&shop, &chair).await), (1, 1));
}

#[tokio::test]
async fn a_checkout_left_behind_is_finished_before_the_changed_cart_is_ordered() {
    let (shop, lamp, chair) = shop_with_lamp().await;
    shop.stops.stop_once_at(HookPoint::AfterHold);
    assert_eq!(shop.shopper("ada").with("idempotency-key", "1").post("/v1/orders", &order()).await.status, 503);
    add(&shop, &chair).await;
    shop.clock.advance(jiff::SignedDuration::from_secs(31));
    let second = shop.shopper("ada").post("/v1/orders", &order()).await;
    assert_eq!(second.status, 201, "{second:?}");
    assert_eq!((ordered(&shop, &lamp).await, ordered(&shop, &chair).await), (1, 1));
    assert_eq!(shop.count("select count(*) from checkouts where state = 'OPEN'").await, 0);
}
