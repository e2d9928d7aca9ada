//! Placing and reading orders.

use serde_json::{Value, json};
use test_support::DynamoSwitches;

use crate::shop::{Shop, address};

fn order() -> Value {
    json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"})
}

/// An order with one more field.
fn with(field: &str, value: &str) -> Value {
    let mut body = order();
    body[field] = serde_json::from_str(value).unwrap();
    body
}

fn in_oakland() -> Value {
    let mut body = order();
    body["shippingAddress"]["city"] = json!("Oakland");
    body
}

#[tokio::test]
async fn a_cart_becomes_an_order_that_only_its_owner_sees() {
    let shop = Shop::open().await;
    let item = shop.item("Wireless Headphones", "99.99", 10).await;
    shop.fill_cart("ada", &[(&item, 2)]).await;

    let placed = shop.shopper("ada").post("/v1/orders", &order()).await;
    assert_eq!((placed.status.as_u16(), placed.text("/status")), (201, "PENDING".to_owned()), "{placed:?}");
    assert_eq!(placed.json()["total"].to_string(), "215.98");
    let id = placed.text("/orderId");
    assert_eq!(placed.header("location"), Some(format!("/v1/orders/{id}").as_str()));

    let read = shop.shopper("ada").get(&format!("/v1/orders/{id}")).await;
    assert_eq!(read.status, 200, "{read:?}");
    assert_eq!(read.json()["items"][0]["quantity"], 2);
    assert_eq!(read.json()["tax"].to_string(), "16.00");
    let listed = shop.shopper("ada").get("/v1/orders?page=1&limit=10&status=PENDING").await;
    assert_eq!(listed.json()["pagination"]["total"], 1, "{listed:?}");
    assert_eq!(shop.shopper("ada").get("/v1/orders?status=SHIPPED").await.json()["data"], json!([]));

    for foreign in [format!("/v1/orders/{id}"), "/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g".to_owned()] {
        assert_eq!(shop.shopper("bob").get(&foreign).await.code(), "NOT_FOUND", "{foreign}");
    }
    for page in ["/v1/orders", "/v1/orders?page=2"] {
        assert_eq!(shop.shopper("bob").get(page).await.json()["pagination"]["total"], 0, "{page}");
    }
    assert_eq!(shop.shopper("ada").get("/v1/orders/order_1").await.status, 404);
}

#[tokio::test]
async fn ordering_holds_the_stock_empties_the_cart_and_tells_of_it() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 5).await;
    shop.fill_cart("ada", &[(&item, 2)]).await;
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.status, 201);
    let level = shop.level(&item).await;
    assert_eq!((level.on_hand, level.reserved, level.available()), (5, 2, 3));
    assert!(shop.cart("ada").await.unwrap().lines.is_empty());
    assert_eq!(shop.count("select count(*) from outbox where event = 'OrderCreated' and sequence = 1").await, 1);
    assert_eq!(
        shop.count("select count(*) from checkouts where state = 'PLACED' and cart_taken_at is not null").await,
        1
    );
}

#[tokio::test]
async fn lines_added_while_an_order_was_placed_stay_in_the_cart() {
    let shop = Shop::open().await;
    let (lamp, chair) = (shop.item("Lamp", "60.00", 5).await, shop.item("Chair", "70.00", 5).await);
    let mut cart = shop.fill_cart("ada", &[(&lamp, 2)]).await;
    shop.stops.stop_once_at(origin_core::hooks::HookPoint::AfterOrder);
    let key = shop.shopper("ada").with("idempotency-key", "k1");
    assert_eq!(key.post("/v1/orders", &order()).await.status, 503);
    cart.quantities.insert(chair.variant.to_string(), 1);
    cart.quantities.insert(lamp.variant.to_string(), 3);
    cart.lines.insert(chair.variant.to_string(), cart.lines[&lamp.variant.to_string()].clone());
    cart.added_at.insert(chair.variant.to_string(), 5);
    cart.version += 2;
    shop.put_cart(&cart).await;

    for _ in 0..2 {
        let replay = key.post("/v1/orders", &order()).await;
        assert_eq!((replay.status.as_u16(), replay.header("idempotent-replayed")), (201, Some("true")), "{replay:?}");
    }
    let left = shop.cart("ada").await.unwrap();
    assert_eq!(left.quantities, [(chair.variant.to_string(), 1), (lamp.variant.to_string(), 1)].into());
    assert_eq!((left.cart_id, left.version), (cart.cart_id, cart.version + 1));
}

#[tokio::test]
async fn what_is_sold_out_is_named_and_holds_nothing() {
    let shop = Shop::open().await;
    let (lamp, chair) = (shop.item("Lamp", "10.00", 5).await, shop.item("Chair", "20.00", 1).await);
    shop.fill_cart("ada", &[(&lamp, 1), (&chair, 2)]).await;
    let key = shop.shopper("ada").with("idempotency-key", "\"k1\"");
    let refused = key.post("/v1/orders", &order()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "OUT_OF_STOCK".to_owned()), "{refused:?}");
    let changes = &refused.json()["changes"];
    assert_eq!(changes.as_array().map(Vec::len), Some(1));
    assert_eq!(changes[0]["variantId"], chair.variant.to_string());
    assert_eq!((&changes[0]["requested"], &changes[0]["available"]), (&json!(2), &json!(1)));
    assert_eq!((shop.level(&lamp).await.reserved, shop.level(&chair).await.reserved), (0, 0));
    assert_eq!(shop.count("select count(*) from orders").await, 0);

    let again = key.post("/v1/orders", &order()).await;
    assert_eq!((&again.body, again.header("idempotent-replayed")), (&refused.body, Some("true")));
    // Another request for the same cart may try anew.
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.code(), "OUT_OF_STOCK");
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.code(), "OUT_OF_STOCK");
    let told = shop.bus.delivered().await;
    assert_eq!(told.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["InventoryReservationFailed"; 3]);
    let short = json!([{"variantId": chair.variant.to_string(), "requested": 2, "sellable": 1}]);
    assert_eq!(told[0].data["shortages"], short);
    shop.assert_events_are_right().await;
}

#[tokio::test]
async fn a_cart_that_is_not_as_it_was_shown_is_not_ordered() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.code(), "CART_EMPTY");
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let ada = shop.shopper("ada");
    for (field, value) in [("cartVersion", "2"), ("expectedTotal", "64.81"), ("expectedTotal", "-64.80")] {
        let changed = ada.post("/v1/orders", &with(field, value)).await;
        assert_eq!((changed.code(), &changed.json()["changes"]), ("CART_CHANGED".into(), &json!([])), "{field}");
        let cart = &changed.json()["cart"];
        assert_eq!((&cart["version"], cart["total"].to_string()), (&json!(3), "64.80".to_owned()), "{field}");
        assert_eq!(cart["items"][0]["variantId"], item.variant.to_string());
        assert_eq!(cart["items"][0]["quantity"], 1);
    }
    shop.reprice(&item, "70.00").await;
    let changed = ada.post("/v1/orders", &order()).await;
    assert_eq!(changed.code(), "CART_CHANGED");
    let change = &changed.json()["changes"][0];
    assert_eq!(change["reason"], "price_changed");
    assert_eq!((change["oldPrice"].to_string(), change["newPrice"].to_string()), ("60.00".into(), "70.00".into()));
    assert_eq!(changed.json()["cart"], Value::Null, "the request named nothing that could differ");
    let dearer = ada.post("/v1/orders", &with("expectedTotal", "64.80")).await.json();
    assert_eq!((&dearer["changes"][0], dearer["cart"]["total"].to_string()), (change, "75.60".into()), "{dearer}");
    shop.run("update variants set deleted_at = now() where id = $1", &[&item.variant.as_uuid()]).await;
    let gone = ada.post("/v1/orders", &order()).await;
    assert_eq!((gone.code(), gone.json()["changes"][0]["reason"].clone()), ("CART_CHANGED".into(), json!("gone")));
    shop.run("update variants set deleted_at = null where id = $1", &[&item.variant.as_uuid()]).await;
    // Who has seen the new total may have it.
    assert_eq!(ada.post("/v1/orders", &with("expectedTotal", "75.60")).await.status, 201);
}

#[tokio::test]
async fn a_total_that_is_no_amount_of_the_currency_is_a_bad_request() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    for total in ["64.801", "64.800", "1000000000000.00", "6.48e1", "\"64.80\""] {
        let refused = shop.shopper("ada").post("/v1/orders", &with("expectedTotal", total)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "VALIDATION_ERROR".to_owned()), "{total}");
        assert_eq!(refused.json()["error"]["details"][0]["field"], "expectedTotal", "{total}");
    }
    assert_eq!(shop.count("select count(*) from checkouts").await, 0);
}

#[tokio::test]
async fn a_total_that_the_provider_would_not_take_is_refused_before_anything_is_written() {
    // More than Stripe takes, less than it charges, and a currency that it does not know.
    for (price, currency) in [("1000000.00", "USD"), ("1.00", "HUF"), ("60.00", "KPW")] {
        let shop = Shop::selling_in(currency).await;
        let item = shop.item("Thing", price, 5).await;
        let currencies = "update variants set currency = $1::text where id = $2";
        shop.run(currencies, &[&currency, &item.variant.as_uuid()]).await;
        let mut cart = shop.fill_cart("ada", &[(&item, 1)]).await;
        cart.lines.values_mut().for_each(|line| line.currency = currency.to_owned());
        shop.put_cart(&cart).await;
        let refused = shop.shopper("ada").post("/v1/orders", &order()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (422, "CURRENCY_NOT_SUPPORTED".to_owned()),
            "{refused:?}"
        );
        assert_eq!(shop.level(&item).await.reserved, 0);
        for table in ["checkouts", "idempotency_keys", "orders", "outbox"] {
            assert_eq!(shop.count(&format!("select count(*) from {table}")).await, 0, "{table}");
        }
    }
    let shop = Shop::open().await;
    // Shipping alone can be paid.
    let item = shop.item("Sticker", "0.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.status, 201);
}

#[tokio::test]
async fn a_repeat_without_a_key_that_names_the_carts_version_answers_the_same_order() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let body = with("cartVersion", "3");
    let first = shop.shopper("ada").post("/v1/orders", &body).await;
    assert_eq!(first.status, 201);
    let again = shop.shopper("ada").post("/v1/orders", &body).await;
    assert_eq!((&again.body, again.header("idempotent-replayed")), (&first.body, Some("true")));
    let mut other = body.clone();
    other["shippingAddress"]["city"] = json!("Oakland");
    assert_eq!(shop.shopper("ada").post("/v1/orders", &other).await.code(), "CART_EMPTY");
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.code(), "CART_EMPTY");
    assert_eq!(shop.count("select count(*) from orders").await, 1);
    // A day later the answer is no longer kept.
    shop.clock.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(shop.shopper("ada").post("/v1/orders", &body).await.code(), "CART_EMPTY");
}

/// Leaves an order without a key behind, not yet placed, as a failure does.
async fn left_behind(shop: &Shop) {
    let only = vec!["TransactWriteItems".to_owned()];
    shop.dynamo_faults.set(DynamoSwitches { throttle: 1_000, only, ..DynamoSwitches::default() });
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.code(), "UNAVAILABLE");
    shop.dynamo_faults.set(DynamoSwitches::default());
}

#[tokio::test]
async fn a_corrected_order_without_a_key_learns_which_order_a_failure_left_behind() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    left_behind(&shop).await;
    let corrected = shop.shopper("ada").post("/v1/orders", &in_oakland()).await;
    assert_eq!((corrected.status.as_u16(), corrected.code()), (409, "CONFLICT".to_owned()), "{corrected:?}");
    let id = corrected.text("/orderId");
    let placed = shop.shopper("ada").get(&format!("/v1/orders/{id}")).await;
    assert_eq!((placed.status.as_u16(), placed.text("/shippingAddress/city")), (200, "San Francisco".to_owned()));
    assert_eq!((shop.count("select count(*) from orders").await, shop.level(&item).await.reserved), (1, 1));
    assert!(shop.cart("ada").await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_corrected_order_without_a_key_waits_for_the_one_that_is_being_placed() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    shop.stops.stop_once_at(origin_core::hooks::HookPoint::AfterClaim);
    assert_eq!(shop.shopper("ada").post("/v1/orders", &order()).await.status, 503);
    let early = shop.shopper("ada").post("/v1/orders", &in_oakland()).await;
    assert_eq!((early.status.as_u16(), early.code()), (409, "REQUEST_IN_PROGRESS".to_owned()), "{early:?}");
    assert!(early.header("retry-after").is_some());
}

#[tokio::test]
async fn an_order_outlives_its_product() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let id = shop.shopper("ada").post("/v1/orders", &order()).await.text("/orderId");
    let product = format!("/v1/products/{}", item.product);
    assert_eq!(shop.admin().send(http::Method::DELETE, &product, "").await.status, 204);
    assert_eq!(shop.shopper("ada").get(&product).await.status, 404);
    let read = shop.shopper("ada").get(&format!("/v1/orders/{id}")).await;
    let line = &read.json()["items"][0];
    assert_eq!((&line["name"], line["price"].to_string()), (&json!("Lamp"), "60.00".to_owned()), "{read:?}");
    assert_eq!(shop.shopper("ada").get("/v1/orders").await.json()["data"][0]["items"][0]["sku"], "SKU-1");
}

#[tokio::test]
async fn a_key_is_replayed_to_the_byte_and_refused_for_anything_else() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let bare = shop.shopper("ada").with("idempotency-key", "k-1");
    let first = bare.post("/v1/orders", &order()).await;
    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (201, None));
    let quoted = shop.shopper("ada").with("idempotency-key", "\"k-1\"");
    let again = quoted.post("/v1/orders", &order()).await;
    assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));

    let reused = bare.post("/v1/orders", &in_oakland()).await;
    assert_eq!((reused.status.as_u16(), reused.code()), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    // Another customer's key of the same name is another key.
    assert_eq!(
        shop.shopper("bob").with("idempotency-key", "k-1").post("/v1/orders", &order()).await.code(),
        "CART_EMPTY"
    );
    for bad in ["", "a b", "\"open", &"x".repeat(256)] {
        let answer = shop.shopper("ada").with("idempotency-key", bad).post("/v1/orders", &order()).await;
        assert_eq!(answer.code(), "VALIDATION_ERROR", "{bad}");
    }
    // A day later the key is free again.
    shop.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(bare.post("/v1/orders", &order()).await.code(), "CART_EMPTY");
}

#[tokio::test]
async fn bad_bodies_are_refused_with_every_field_named() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    let mut body = order();
    body["shippingAddress"] = json!({"street": "", "city": "x".repeat(201), "zipCode": " ", "country": "usa"});
    let refused = ada.post("/v1/orders", &body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "VALIDATION_ERROR".to_owned()));
    let fields: Vec<String> = refused.json()["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["field"].as_str().unwrap().to_owned())
        .collect();
    let expected = ["street", "city", "zipCode", "country"].map(|field| format!("shippingAddress.{field}"));
    assert_eq!(fields, expected);
    let mut unknown = order();
    unknown["coupon"] = json!("SAVE10");
    assert_eq!(ada.post("/v1/orders", &unknown).await.code(), "VALIDATION_ERROR");
    assert_eq!(ada.send(http::Method::POST, "/v1/orders", "{").await.code(), "MALFORMED_JSON");
    for query in ["page=0", "limit=101", "status=GONE", "sort=asc", "page=1&page=2", "cursor=x"] {
        assert_eq!(ada.get(&format!("/v1/orders?{query}")).await.code(), "VALIDATION_ERROR", "{query}");
    }
}
