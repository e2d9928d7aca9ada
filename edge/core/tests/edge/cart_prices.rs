//! What a cart is estimated to cost, by the shop's pricing rules.

use serde_json::{Value, json};

use crate::{
    cart::add,
    fake::Fake,
    shop::{self, PRODUCT, get, json_of, refusal, send},
    tokens,
};

/// The headphones of the tests are in the category `electronics`.
const RULES: &str = r#"{
    "currency": "USD",
    "default_destination": {"country": "DE"},
    "tax_zones": [
        {"name": "Tax", "rate": 0.5},
        {"name": "USt", "country": "DE", "inclusive": true, "rate": 0.19, "categories": {"electronics": 0.07}, "shipping_taxed": true}
    ],
    "shipping_zones": [
        {"country": "DE", "fee": 4.90, "free_from": 300},
        {"country": "DE", "zip_prefix": "27498", "fee": 9.90},
        {"country": "US", "state": "CA", "fee": 20}
    ]
}"#;

fn with_rules(rules: &str) -> Fake {
    let fake = shop::open();
    fake.set("pricing_rules", rules);
    fake
}

fn assert_costs(cart: &Value, costs: [(&str, &str); 5]) {
    for (member, value) in costs {
        assert_eq!(cart[member].to_string(), value, "{member}");
    }
}

#[test]
fn a_cart_is_estimated_for_the_default_destination_and_its_products_categories() {
    let fake = with_rules(RULES);
    let token = tokens::shopper("user_1");
    let empty = json_of(&fake.ask(send(&token, "GET", "/v1/cart", &Value::Null)));
    assert_eq!((&empty["taxIncluded"], empty["total"].to_string()), (&json!(true), "0.00".to_owned()));
    // 13.08 are within 199.98 at 7 %, and 0.78 within 4.90 at 19 %.
    let costs =
        [("subtotal", "199.98"), ("tax", "13.86"), ("taxIncluded", "true"), ("shipping", "4.90"), ("total", "204.88")];
    let added = json_of(&add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 2})));
    assert_costs(&added["cart"], costs);
    assert_costs(&json_of(&fake.ask(send(&token, "GET", "/v1/cart", &Value::Null))), costs);
    let more = json_of(&add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 2})));
    let free =
        [("subtotal", "399.96"), ("tax", "26.17"), ("taxIncluded", "true"), ("shipping", "0.00"), ("total", "399.96")];
    assert_costs(&more["cart"], free);
}

#[test]
fn an_edge_with_rules_of_no_use_is_not_ready_and_its_log_names_the_place() {
    let fake = with_rules(&RULES.replace("0.19", "19"));
    let ready = fake.ask(get("/readyz"));
    assert_eq!(refusal(&ready), (503, "UNAVAILABLE".to_owned()));
    let details = json_of(&ready)["error"]["details"].clone();
    assert_eq!(details, json!([{"field": "pricing_rules", "message": "is not valid"}]));
    fake.ask(get("/v1/products"));
    let line = fake.log().pop().unwrap().to_string();
    assert!(line.contains("pricing_rules is not valid: tax_zones[1].rate: the tax rate must be"), "{line}");
}
