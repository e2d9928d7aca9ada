//! Taxes and shipping by the order's address: decided once, kept with the order.

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};

use crate::shop::{Answer, Item, Shop};

const RULES: &str = r#"{
    "currency": "USD",
    "default_destination": {"country": "US"},
    "tax_zones": [
        {"name": "CA sales tax", "country": "US", "state": "CA", "rate": 0.0725},
        {"name": "WA sales tax", "country": "US", "state": "WA", "rate": 0.065, "shipping_taxed": true},
        {"name": "USt", "country": "DE", "inclusive": true, "rate": 0.19, "categories": {"food": 0.07}, "shipping_taxed": true}
    ],
    "shipping_zones": [
        {"country": "US", "fee": 5.00, "free_from": 100.00},
        {"country": "DE", "fee": 9.90}
    ]
}"#;

fn to(country: &str, state: Option<&str>) -> Value {
    let mut address = json!({"street": "Main St 1", "city": "Springfield", "zipCode": "98101", "country": country});
    if let Some(state) = state {
        address["state"] = json!(state);
    }
    json!({"shippingAddress": address, "paymentMethodId": "pm_card_visa"})
}

/// A lamp for 60 in Ada's cart.
async fn shop_with_lamp() -> (Shop, Item) {
    let shop = Shop::pricing_by(RULES).await;
    let lamp = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&lamp, 1)]).await;
    (shop, lamp)
}

async fn read(shop: &Shop, placed: &Answer) -> Value {
    assert_eq!(placed.status, 201, "{placed:?}");
    shop.shopper("ada").get(&format!("/v1/orders/{}", placed.text("/orderId"))).await.json()
}

/// The members that say what an order costs, as they are written.
fn cost(order: &Value) -> [String; 6] {
    ["subtotal", "tax", "taxIncluded", "shipping", "shippingTax", "total"].map(|member| order[member].to_string())
}

#[tokio::test]
async fn an_order_is_taxed_and_shipped_by_the_rules_for_its_address() {
    let (shop, lamp) = shop_with_lamp().await;
    for (state, costs, taxes) in [
        (
            "CA",
            ["60.00", "4.35", "false", "5.00", "0.00", "69.35"],
            r#"[{"amount":4.35,"base":60.00,"name":"CA sales tax","rate":0.0725}]"#,
        ),
        (
            "WA",
            ["60.00", "4.23", "false", "5.00", "0.33", "69.23"],
            r#"[{"amount":4.23,"base":65.00,"name":"WA sales tax","rate":0.065}]"#,
        ),
        ("OR", ["60.00", "0.00", "false", "5.00", "0.00", "65.00"], "[]"),
    ] {
        shop.fill_cart("ada", &[(&lamp, 1)]).await;
        let placed = shop.shopper("ada").post("/v1/orders", &to("US", Some(state))).await;
        let order = read(&shop, &placed).await;
        assert_eq!(cost(&order), costs.map(str::to_owned), "{state}");
        assert_eq!(order["taxes"].to_string(), taxes, "{state}");
    }
}

#[tokio::test]
async fn an_order_with_tax_in_its_prices_is_charged_what_they_say() {
    let (shop, lamp) = shop_with_lamp().await;
    let bread = shop.item("Bread", "10.70", 5).await;
    shop.category("food", None).await;
    shop.category("bread", Some("food")).await;
    let moved = "update products set category_id = (select id from categories where slug = 'bread') where id = $1";
    shop.run(moved, &[&bread.product.as_uuid()]).await;
    shop.fill_cart("ada", &[(&lamp, 1), (&bread, 1)]).await;
    let ada = shop.shopper("ada");
    let placed = ada.post("/v1/orders", &to("DE", None)).await;
    let order = read(&shop, &placed).await;
    assert_eq!(cost(&order), ["70.70", "11.86", "true", "9.90", "1.58", "80.60"].map(str::to_owned));
    let taxes = r#"[{"amount":11.16,"base":58.74,"name":"USt","rate":0.19},{"amount":0.70,"base":10.00,"name":"USt","rate":0.07}]"#;
    assert_eq!(order["taxes"].to_string(), taxes);
    let mut items: Vec<_> = order["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["taxRate"].to_string(), item["tax"].to_string()))
        .collect();
    items.sort_unstable();
    assert_eq!(items, [("Bread", "0.07".into(), "0.70".into()), ("Lamp", "0.19".into(), "9.58".into())]);
    assert_eq!(shop.count("select count(*) from order_items where tax_name = 'USt'").await, 2);

    let mut payment: Value = serde_json::from_str(r#"{"amount": 80.60, "paymentMethodId": "pm_card_visa"}"#).unwrap();
    payment["orderId"] = json!(placed.text("/orderId"));
    assert_eq!(ada.post("/v1/payments", &payment).await.status, 200);
}

#[tokio::test]
async fn a_shopper_whose_address_makes_another_total_is_shown_it_and_can_confirm() {
    let (shop, _) = shop_with_lamp().await;
    let ada = shop.shopper("ada");
    let expecting = |total: &str| {
        let mut body = to("US", Some("WA"));
        body["expectedTotal"] = serde_json::from_str(total).unwrap();
        body
    };
    // What the edge estimates for the default destination.
    let refused = ada.post("/v1/orders", &expecting("65.00")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CART_CHANGED".to_owned()), "{refused:?}");
    assert_eq!(refused.json()["changes"], json!([]));
    let cart = &refused.json()["cart"];
    for (member, value) in
        [("subtotal", "60.00"), ("tax", "4.23"), ("taxIncluded", "false"), ("shipping", "5.00"), ("total", "69.23")]
    {
        assert_eq!(cart[member].to_string(), value, "{member}");
    }
    let placed = ada.post("/v1/orders", &expecting(&cart["total"].to_string())).await;
    assert_eq!(read(&shop, &placed).await["total"].to_string(), "69.23");
}

#[tokio::test]
async fn an_address_that_is_not_served_is_refused_before_anything_is_written() {
    let (shop, lamp) = shop_with_lamp().await;
    let key = shop.shopper("ada").with("idempotency-key", "k");
    let refused = key.post("/v1/orders", &to("FR", None)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "SHIPPING_NOT_AVAILABLE".to_owned()), "{refused:?}");
    assert_eq!(refused.json()["error"]["details"][0]["field"], "shippingAddress");
    assert_eq!(shop.level(&lamp).await.reserved, 0);
    for table in ["checkouts", "idempotency_keys", "orders", "outbox"] {
        assert_eq!(shop.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    let elsewhere = key.post("/v1/orders", &to("US", Some("OR"))).await;
    assert_eq!(elsewhere.status, 201, "the key is free for another address");
}

#[tokio::test]
async fn a_shopper_does_not_choose_the_tax_by_the_spelling_of_the_state() {
    let (shop, lamp) = shop_with_lamp().await;
    let ada = shop.shopper("ada");
    for state in [None, Some("Kalifornien"), Some("C."), Some("XX"), Some("CA, USA")] {
        let refused = ada.post("/v1/orders", &to("US", state)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "VALIDATION_ERROR".to_owned()), "{state:?}");
        assert_eq!(refused.fields(), ["shippingAddress.state"], "{state:?}");
    }
    assert_eq!((shop.level(&lamp).await.reserved, shop.count("select count(*) from checkouts").await), (0, 0));
    for state in ["California", "us-ca", "ca"] {
        shop.fill_cart("ada", &[(&lamp, 1)]).await;
        let order = read(&shop, &ada.post("/v1/orders", &to("US", Some(state))).await).await;
        assert_eq!((order["tax"].to_string(), &order["shippingAddress"]["state"]), ("4.35".to_owned(), &json!(state)));
    }
}

#[tokio::test]
async fn a_checkout_that_is_taken_over_is_taxed_as_it_was_decided() {
    let (shop, lamp) = shop_with_lamp().await;
    let ada = shop.shopper("ada").with("idempotency-key", "k");
    shop.stops.stop_once_at(HookPoint::AfterClaim);
    assert_eq!(ada.post("/v1/orders", &to("DE", None)).await.status, 503);
    shop.category("food", None).await;
    let moved = "update products set category_id = (select id from categories where slug = 'food') where id = $1";
    shop.run(moved, &[&lamp.product.as_uuid()]).await;
    shop.clock.advance(SignedDuration::from_secs(31));
    let order = read(&shop, &ada.post("/v1/orders", &to("DE", None)).await).await;
    assert_eq!(order["items"][0]["taxRate"].to_string(), "0.19");
    let taxes = r#"[{"amount":11.16,"base":58.74,"name":"USt","rate":0.19}]"#;
    assert_eq!((order["taxes"].to_string(), order["taxIncluded"].clone()), (taxes.to_owned(), json!(true)));
}

#[tokio::test]
async fn orders_from_before_rates_were_kept_are_read() {
    let (shop, _) = shop_with_lamp().await;
    let placed = shop.shopper("ada").post("/v1/orders", &to("US", Some("CA"))).await;
    shop.run("update orders set taxes = null", &[]).await;
    shop.run("update order_items set tax_rate = null, tax_name = null", &[]).await;
    let order = read(&shop, &placed).await;
    assert_eq!((order["taxes"].clone(), order["items"][0].get("taxRate")), (json!([]), None));
    assert_eq!(cost(&order), ["60.00", "4.35", "false", "5.00", "0.00", "69.35"].map(str::to_owned));
}
