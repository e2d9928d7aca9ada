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
fn a_cart_is_shown_with_what_it_costs_at_a_place_that_the_query_names() {
    let fake = with_rules(RULES);
    let token = tokens::shopper("user_1");
    let show = |query: &str| fake.ask(send(&token, "GET", &format!("/v1/cart{query}"), &Value::Null));
    let empty = json_of(&show("?country=US&state=CA"));
    assert_eq!((&empty["taxIncluded"], empty["total"].to_string()), (&json!(false), "0.00".to_owned()));
    add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 1}));
    for (query, costs) in [
        ("", ["7.32", "true", "4.90", "104.89"]),
        ("?country=DE&zip=27498", ["8.12", "true", "9.90", "109.89"]),
        ("?country=US&state=ca&zip=94102", ["50.00", "false", "20.00", "169.99"]),
    ] {
        let cart = json_of(&show(query));
        let found = ["tax", "taxIncluded", "shipping", "total"].map(|member| cart[member].to_string());
        assert_eq!(found, costs.map(str::to_owned), "{query}");
    }
    assert_eq!(refusal(&show("?country=FR")), (422, "SHIPPING_NOT_AVAILABLE".to_owned()));
    for query in ["?country=de", "?country=", "?state=CA", "?zip=1", "?country=DE&country=US", "?country=%ff"] {
        assert_eq!(refusal(&show(query)), (400, "VALIDATION_ERROR".to_owned()), "{query}");
    }
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
