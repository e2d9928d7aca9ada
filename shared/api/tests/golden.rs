//! The reference's cart bodies and its 500, to the letter: members, their order, and every digit.
//!
//! `UPDATE_GOLDEN=1` writes the files anew.

use std::{fs, path::Path};

use commerce_api::{
    Problem, ProblemContext,
    cart::{CartChangedResponse, CartResponse},
};
use commerce_domain::{Cart, CartLine, Currency, Money, PricingRules, Quantity};
use jiff::Timestamp;
use serde::Serialize;

fn time() -> Timestamp {
    "2024-01-21T10:00:00Z".parse().expect("should be a time")
}

/// Two headphones, as in the reference.
fn cart() -> CartResponse {
    let line = CartLine {
        variant_id: "var_01h4vjdvzefw18zfwz5dxw5y8g".parse().expect("should be an id"),
        product_id: "prod_01h4vjdvzefw18zfwz5dxw5y8g".parse().expect("should be an id"),
        quantity: Quantity::new(2).expect("should be a quantity"),
        name: "Wireless Headphones".to_owned(),
        options: Vec::new(),
        unit_price: Money::from_minor(9_999, Currency::USD).expect("should be money"),
        product_version: 1,
        image_url: Some("https://cdn.cloudcommerce.com/products/123.jpg".to_owned()),
        added_at: time(),
    };
    let cart = Cart {
        id: "cart_01h4vjdvzefw18zfwz5dxw5y8g".parse().expect("should be an id"),
        owner: "user_789".to_owned(),
        version: 1,
        lines: vec![line],
        updated_at: time(),
    };
    CartResponse::of(&cart, &PricingRules::default()).expect("should be priced")
}

fn assert_golden(name: &str, body: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, body).expect("should write the golden file");
    }
    let golden = fs::read_to_string(&path).expect("should read the golden file");
    assert_eq!(body, golden, "{name}");
}

fn pretty(body: &impl Serialize) -> String {
    serde_json::to_string_pretty(body).expect("should be JSON") + "\n"
}

#[test]
fn the_cart() {
    assert_golden("cart.json", &pretty(&cart()));
}

#[test]
fn the_cart_after_adding() {
    let body = CartChangedResponse { cart: cart(), message: "Item added to cart".to_owned() };
    assert_golden("cart_changed_by_adding.json", &pretty(&body));
}

#[test]
fn an_empty_cart() {
    assert_golden("cart_empty.json", &pretty(&CartResponse::empty("user_789", Currency::USD)));
}

#[test]
fn an_internal_error() {
    let context = ProblemContext { request_id: "req_abc123", instance: "/v1/products" };
    let response = Problem::internal("only for the log").into_response(context);
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_golden("internal_error.json", &(text + "\n"));
}
