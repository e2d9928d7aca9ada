//! Changes whose answer is lost: the edge cannot know whether they were made, and others may have changed the cart since.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::{
    cart::add,
    fake::{Fake, answer},
    shop::{self, PRODUCT, VARIANT, header, json_of, refusal, send, with},
    tokens,
};

const KEY: [(&str, &str); 1] = [("idempotency-key", "key-1")];

fn one() -> Value {
    json!({"productId": PRODUCT, "quantity": 1})
}

fn quantity(fake: &Fake, token: &str) -> Value {
    json_of(&fake.ask(send(token, "GET", "/v1/cart", &Value::Null)))["items"][0]["quantity"].clone()
}

/// A shop and a shopper with one piece in the cart.
fn begun() -> (Fake, String) {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    assert_eq!(add(&fake, &token, &one()).status(), 200);
    fake.operations();
    (fake, token)
}

/// The next update finds no cart, whether there is one or not.
fn no_cart_is_found(fake: &Fake) {
    let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    fake.dynamodb_answers(Ok(answer(400, &json!({"__type": code, "message": "no"}))));
}

fn assert_unknown(refused: &Response<Bytes>) {
    assert_eq!(refusal(refused), (504, "OUTCOME_UNKNOWN".to_owned()));
    assert!(!refused.headers().contains_key("retry-after"), "a client that tries again by itself would do it twice");
    assert!(json_of(refused)["detail"].as_str().unwrap().contains("may have changed"));
}

#[test]
fn a_line_that_was_set_is_not_set_again_over_what_another_device_added() {
    let (fake, token) = begun();
    fake.dynamodb_answer_is_lost_while(|fake| fake.another_device_adds("user_1", VARIANT, 2));
    let set = fake.ask(send(&token, "PUT", &format!("/v1/cart/items/{VARIANT}"), &json!({"quantity": 5})));
    assert_unknown(&set);
    assert_eq!(fake.operations(), ["UpdateItem"]);
    assert_eq!(quantity(&fake, &token), 7, "the other device was told 7");
}

#[test]
fn a_line_that_was_taken_out_is_not_taken_out_again() {
    let (fake, token) = begun();
    fake.dynamodb_answer_is_lost();
    assert_unknown(&fake.ask(send(&token, "DELETE", &format!("/v1/cart/items/{VARIANT}"), &Value::Null)));
    assert_eq!(fake.operations(), ["UpdateItem"]);
}

#[test]
fn a_cart_that_was_ended_is_not_ended_again_after_another_device_began_one() {
    let (fake, token) = begun();
    let next = fake.cart_item("user_1").unwrap();
    fake.dynamodb_answer_is_lost_while(move |fake| fake.another_device_begins(&next));
    assert_unknown(&fake.ask(send(&token, "DELETE", "/v1/cart", &Value::Null)));
    assert_eq!(fake.operations(), ["DeleteItem"]);
    assert_eq!(quantity(&fake, &token), 1, "the other device's cart is still there");
}

#[test]
fn an_addition_without_a_key_is_not_made_again() {
    let (fake, token) = begun();
    fake.dynamodb_answer_is_lost();
    assert_unknown(&add(&fake, &token, &one()));
    assert_eq!(quantity(&fake, &token), 2);
}

#[test]
fn an_addition_with_a_key_is_tried_again_and_made_once() {
    let (fake, token) = begun();
    fake.dynamodb_answer_is_lost_while(|fake| fake.another_device_adds("user_1", VARIANT, 2));
    let added = fake.ask(with(&token, "POST", "/v1/cart/items", &one(), &KEY));
    assert_eq!(added.status(), 200);
    assert_eq!(json_of(&added)["cart"]["items"][0]["quantity"], 4, "one, one of ours, two of the other device");
    assert!(!added.headers().contains_key("idempotent-replayed"), "no earlier request was answered");
    assert_eq!(fake.operations(), ["UpdateItem", "UpdateItem"]);
    let replay = fake.ask(with(&token, "POST", "/v1/cart/items", &one(), &KEY));
    assert_eq!((header(&replay, "idempotent-replayed"), quantity(&fake, &token)), ("true", json!(4)));
}

#[test]
fn an_addition_with_a_key_does_not_bring_back_a_cart_that_another_device_ended() {
    let (fake, token) = begun();
    fake.dynamodb_answer_is_lost_while(|fake| fake.another_device_deletes("user_1"));
    let refused = fake.ask(with(&token, "POST", "/v1/cart/items", &one(), &KEY));
    assert_eq!(
        (refusal(&refused).0, header(&refused, "retry-after")),
        (503, "1"),
        "with the key it is safe to try again"
    );
    assert!(fake.cart_item("user_1").is_none());
}

#[test]
fn a_first_cart_is_known_by_its_id_though_another_device_changed_it_since() {
    for headers in [&[][..], &KEY] {
        let fake = shop::open();
        let token = tokens::shopper("user_1");
        // The last one is the next: the update finds no cart, the put is made and its answer lost.
        fake.dynamodb_answer_is_lost_while(|fake| fake.another_device_adds("user_1", VARIANT, 2));
        no_cart_is_found(&fake);
        let added = fake.ask(with(&token, "POST", "/v1/cart/items", &one(), headers));
        assert_eq!(added.status(), 200);
        assert_eq!(fake.operations(), ["UpdateItem", "PutItem", "GetItem"]);
        let cart = &json_of(&added)["cart"];
        assert_eq!((&cart["items"][0]["quantity"], &cart["version"]), (&json!(3), &json!(2)), "as it is now");
        assert!(!added.headers().contains_key("idempotent-replayed"));
    }
}

#[test]
fn a_first_cart_is_not_put_again_after_another_device_ended_it() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    fake.dynamodb_answer_is_lost_while(|fake| fake.another_device_deletes("user_1"));
    no_cart_is_found(&fake);
    assert_unknown(&add(&fake, &token, &one()));
    assert_eq!(fake.operations(), ["UpdateItem", "PutItem", "GetItem"]);
    assert!(fake.cart_item("user_1").is_none());
}

#[test]
fn a_replay_is_answered_though_the_product_has_left_the_catalog_or_is_too_dear_by_now() {
    let (fake, token) = begun();
    let body = json!({"productId": PRODUCT, "quantity": 600});
    let post = |headers: &[(&str, &str)]| fake.ask(with(&token, "POST", "/v1/cart/items", &body, headers));
    assert_eq!(post(&KEY).status(), 200);
    let assert_replay = |why: &str| {
        let replay = post(&KEY);
        assert_eq!((replay.status().as_u16(), header(&replay, "idempotent-replayed")), (200, "true"), "{why}");
        assert_eq!(json_of(&replay)["cart"]["items"][0]["quantity"], 601, "{why}");
    };
    fake.forget_kv();
    fake.pass(1);
    fake.origin(|request| {
        let mut product = json_of(&shop::catalog(request));
        product["variants"][0]["price"] = json!(9_000_000);
        Ok(answer(200, &product))
    });
    assert_replay("600 of that price do not fit into a line");
    assert_eq!(refusal(&post(&[("idempotency-key", "key-2")])), (409, "CART_FULL".to_owned()));
    fake.forget_kv();
    fake.pass(1);
    fake.origin_is_down();
    assert_replay("the origin is down");
    assert_eq!(refusal(&post(&[("idempotency-key", "key-2")])), (502, "ORIGIN_UNREACHABLE".to_owned()));
    fake.origin(|_| Ok(crate::fake::problem(404, "NOT_FOUND")));
    assert_replay("there is no such product");
    assert_eq!(refusal(&post(&[("idempotency-key", "key-2")])), (404, "NOT_FOUND".to_owned()));
    assert_eq!(refusal(&post(&[])), (404, "NOT_FOUND".to_owned()));
    let other = fake.ask(with(&token, "POST", "/v1/cart/items", &one(), &KEY));
    assert_eq!(refusal(&other), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
}
