//! The reference's cart bodies and its 500, to the letter: members, their order, and every digit.

use commerce_api::{
    Problem, ProblemContext,
    cart::{CartChangedResponse, CartResponse},
};
use commerce_domain::{Cart, CartLine, Currency, Destination, Money, PricingRules, Quantity};
use golden::assert_text;
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
        category: Some("electronics".parse().expect("should be a category")),
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
    CartResponse::estimate(&cart, &Destination::default(), &PricingRules::default()).expect("should be priced")
}

fn pretty(body: &impl Serialize) -> String {
    serde_json::to_string_pretty(body).expect("should be JSON") + "\n"
}

#[test]
fn the_cart() {
    assert_text("cart", &pretty(&cart()));
}

#[test]
fn the_cart_after_adding() {
    let body = CartChangedResponse { cart: cart(), message: "Item added to cart".to_owned() };
    assert_text("cart_changed_by_adding", &pretty(&body));
}

#[test]
fn an_empty_cart() {
    assert_text(
        "cart_empty",
        &pretty(&CartResponse::empty("user_789", &Destination::default(), &PricingRules::default())),
    );
}

#[test]
fn an_internal_error() {
    let context = ProblemContext { request_id: "req_abc123", instance: "/v1/products" };
    let response = Problem::internal("only for the log").into_response(context);
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_text("internal_error", &(text + "\n"));
}
