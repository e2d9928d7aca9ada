//! Conditions, keys and limits of a cart, and what happens when DynamoDB does not play along.

use bytes::Bytes;
use commerce_aws::TransportError;
use commerce_domain::Clock;
use futures_util::future::join_all;
use http::Response;
use serde_json::{Value, json};

use crate::{
    cart::add,
    fake::{Fake, answer},
    shop::{self, FOREIGN, PRODUCT, VARIANT, YACHT, header, json_of, refusal, send, with},
    tokens,
};

fn one() -> Value {
    json!({"productId": PRODUCT, "quantity": 1})
}

fn add_with(fake: &Fake, token: &str, body: &Value, headers: &[(&str, &str)]) -> Response<Bytes> {
    fake.ask(with(token, "POST", "/v1/cart/items", body, headers))
}

fn quantity(fake: &Fake, token: &str) -> Value {
    json_of(&fake.ask(send(token, "GET", "/v1/cart", &Value::Null)))["items"][0]["quantity"].clone()
}

#[test]
fn if_match_holds_a_mutation_to_the_state_that_was_read() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let stale = (412, "PRECONDITION_FAILED".to_owned());
    assert_eq!(refusal(&add_with(&fake, &token, &one(), &[("if-match", "*")])), stale, "there is no cart yet");
    let first = header(&add(&fake, &token, &one()), "etag").to_owned();
    let second = add_with(&fake, &token, &one(), &[("if-match", &first)]);
    assert_eq!(second.status(), 200);
    let tag = header(&second, "etag").to_owned();
    let item = format!("/v1/cart/items/{VARIANT}");
    for value in [first.as_str(), "\"other\"", &format!("W/{tag}")] {
        let headers = [("if-match", value)];
        assert_eq!(refusal(&add_with(&fake, &token, &one(), &headers)), stale, "{value}");
        let set = fake.ask(with(&token, "PUT", &item, &json!({"quantity": 9}), &headers));
        assert_eq!(refusal(&set), stale, "{value}");
        assert_eq!(refusal(&fake.ask(with(&token, "DELETE", &item, &Value::Null, &headers))), stale, "{value}");
        assert_eq!(refusal(&fake.ask(with(&token, "DELETE", "/v1/cart", &Value::Null, &headers))), stale, "{value}");
    }
    assert_eq!(quantity(&fake, &token), 2);
    let list = format!("{first}, {tag}");
    assert_eq!(fake.ask(with(&token, "PUT", &item, &json!({"quantity": 9}), &[("if-match", &list)])).status(), 200);
    assert_eq!(add_with(&fake, &token, &one(), &[("if-match", "*")]).status(), 200);
    let tag = header(&fake.ask(send(&token, "GET", "/v1/cart", &Value::Null)), "etag").to_owned();
    let headers = [("if-match", tag.as_str())];
    assert_eq!(fake.ask(with(&token, "DELETE", "/v1/cart", &Value::Null, &headers)).status(), 204);
    assert_eq!(refusal(&fake.ask(with(&token, "DELETE", "/v1/cart", &Value::Null, &headers))), stale);
}

#[test]
fn a_repeated_post_with_its_key_adds_once() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let key = [("idempotency-key", "key-1")];
    let first = add_with(&fake, &token, &one(), &key);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    add(&fake, &token, &one());
    let replay = add_with(&fake, &token, &one(), &[("idempotency-key", "\"key-1\"")]);
    assert_eq!((replay.status().as_u16(), header(&replay, "idempotent-replayed")), (200, "true"));
    assert_eq!(json_of(&replay)["cart"]["items"][0]["quantity"], 2, "the cart as it is now");
    let other = add_with(&fake, &token, &json!({"productId": PRODUCT, "quantity": 2}), &key);
    assert_eq!(refusal(&other), (422, "IDEMPOTENCY_KEY_REUSED".to_owned()));
    let stranger = add_with(&fake, &tokens::shopper("user_2"), &one(), &key);
    assert!(!stranger.headers().contains_key("idempotent-replayed"), "keys are the shopper's own");
    assert_eq!(quantity(&fake, &token), 2);
}

#[test]
fn a_replay_is_not_refused_for_what_it_did_itself() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let tag = header(&add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 998})), "etag").to_owned();
    let headers = [("idempotency-key", "k"), ("if-match", tag.as_str())];
    assert_eq!(add_with(&fake, &token, &one(), &headers).status(), 200);
    let replay = add_with(&fake, &token, &one(), &headers);
    assert_eq!((replay.status().as_u16(), header(&replay, "idempotent-replayed")), (200, "true"));
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    let fake = shop::open();
    let mut claims = tokens::claims("user_1");
    claims.insert("exp".into(), json!(crate::fake::NOW + 1_000_000));
    let token = tokens::sign(0, claims);
    let key = [("idempotency-key", "key-1")];
    add_with(&fake, &token, &one(), &key);
    fake.pass(86_399);
    assert_eq!(header(&add_with(&fake, &token, &one(), &key), "idempotent-replayed"), "true");
    fake.pass(1);
    add_with(&fake, &token, &one(), &key);
    assert_eq!(quantity(&fake, &token), 2);
}

#[test]
fn what_is_no_key_is_refused() {
    let fake = shop::open();
    for bad in ["", "a b", "\"\"", "é", "a, b", &"k".repeat(256)] {
        let answer = add_with(&fake, &tokens::shopper("user_1"), &one(), &[("idempotency-key", bad)]);
        assert_eq!(refusal(&answer), (400, "VALIDATION_ERROR".to_owned()), "{bad}");
    }
}

#[test]
fn keys_are_trimmed_behind_the_answer_and_the_version_stays() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let keys = |fake: &Fake| fake.cart_item("user_1").unwrap()["keys"]["M"].as_object().unwrap().len();
    for index in 0..41 {
        add_with(&fake, &token, &one(), &[("idempotency-key", &format!("key-{index}"))]);
        fake.pass(1);
    }
    assert_eq!(keys(&fake), 41);
    fake.operations();
    fake.run_behind();
    assert_eq!((keys(&fake), fake.operations()), (32, vec!["UpdateItem".to_owned()]));
    let old = add_with(&fake, &token, &one(), &[("idempotency-key", "key-20")]);
    assert_eq!(header(&old, "idempotent-replayed"), "true");
    assert_eq!(json_of(&old)["cart"]["version"], 41);
}

#[test]
fn the_key_just_used_is_not_trimmed_with_others_of_its_second() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let add_under = |index: usize| add_with(&fake, &token, &one(), &[("idempotency-key", &format!("key-{index}"))]);
    for index in 0..80 {
        add_under(index);
        fake.run_behind();
        assert_eq!(header(&add_under(index), "idempotent-replayed"), "true", "{index}");
    }
}

#[test]
fn a_cart_takes_99_variants_and_999_of_one() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let full = (409, "CART_FULL".to_owned());
    let alphabet: Vec<char> = "0123456789abcdefghjkmnpqrstvwxyz".chars().collect();
    let id = |index: usize| format!("prod_01h4vjdvzefw18zfwz5dxw6{}{}0", alphabet[index / 32], alphabet[index % 32]);
    for index in 0..99 {
        let added = add(&fake, &token, &json!({"productId": id(index), "quantity": 1}));
        assert_eq!(added.status(), 200, "{index}");
    }
    assert_eq!(refusal(&add(&fake, &token, &json!({"productId": id(99), "quantity": 1}))), full);
    assert_eq!(add(&fake, &token, &json!({"productId": id(7), "quantity": 998})).status(), 200);
    assert_eq!(refusal(&add(&fake, &token, &json!({"productId": id(7), "quantity": 1}))), full);
}

#[test]
fn a_cart_never_holds_more_than_can_be_added_up() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let full = (409, "CART_FULL".to_owned());
    // Nine million a piece: 555 of them are the most that fit.
    assert_eq!(refusal(&add(&fake, &token, &json!({"productId": YACHT, "quantity": 556}))), full);
    assert_eq!(add(&fake, &token, &json!({"productId": YACHT, "quantity": 555})).status(), 200);
    assert_eq!(refusal(&add(&fake, &token, &json!({"productId": YACHT, "quantity": 1}))), full);
    let set = fake.ask(send(&token, "PUT", &format!("/v1/cart/items/{YACHT}"), &json!({"quantity": 999})));
    assert_eq!(refusal(&set), full);
}

#[test]
fn what_is_not_in_the_shops_currency_cannot_be_added() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let refused = add(&fake, &token, &json!({"productId": FOREIGN, "quantity": 1}));
    assert_eq!(refusal(&refused), (422, "CURRENCY_NOT_SUPPORTED".to_owned()));
    assert_eq!(json_of(&refused)["detail"], "This shop sells in USD, and the product is priced in EUR");
    assert_eq!(fake.cart_item("user_1"), None);
}

#[test]
fn a_cart_is_of_one_currency() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    add(&fake, &token, &one());
    // The shop moves to the euro.
    fake.set("shop_currency", "EUR");
    let fake = fake.restarted();
    let get = |fake: &Fake| fake.ask(send(&token, "GET", "/v1/cart", &Value::Null));
    assert_eq!(refusal(&get(&fake)), (409, "CONFLICT".to_owned()));
    let foreign = json!({"productId": FOREIGN, "quantity": 1});
    assert_eq!(refusal(&add(&fake, &token, &foreign)), (409, "CONFLICT".to_owned()));
    fake.ask(send(&token, "DELETE", &format!("/v1/cart/items/{PRODUCT}"), &Value::Null));
    let euros = add(&fake, &token, &foreign);
    assert_eq!((euros.status().as_u16(), json_of(&euros)["cart"]["currency"].clone()), (200, json!("EUR")));
}

#[test]
fn throttling_is_tried_again_and_then_503_with_retry_after() {
    let throttled = || {
        let code = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
        Ok(answer(400, &json!({"__type": code, "message": "slow down"})))
    };
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    fake.dynamodb_answers(throttled());
    assert_eq!(add(&fake, &token, &one()).status(), 200);
    for _ in 0..3 {
        fake.dynamodb_answers(throttled());
    }
    let refused = add(&fake, &token, &one());
    assert_eq!((refusal(&refused), header(&refused, "retry-after")), ((503, "UNAVAILABLE".to_owned()), "1"));
    assert_eq!(quantity(&fake, &token), 1);
}

#[test]
fn a_stalled_read_is_tried_again_and_answered() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    add(&fake, &token, &one());
    fake.dynamodb_answers(Err(TransportError::TimedOut));
    let begun = fake.now();
    assert_eq!(quantity(&fake, &token), 1);
    let time = fake.now().duration_since(begun).as_secs();
    assert!((1..3).contains(&time), "{time} s: one attempt that was given up, within the budget");
    assert_eq!(fake.operations(), ["UpdateItem", "PutItem", "GetItem", "GetItem"]);
}

#[test]
fn a_dead_dynamodb_is_a_503_and_a_broken_item_a_500_without_details() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    for _ in 0..3 {
        fake.dynamodb_answers(Err(TransportError::Connection("refused by 10.0.0.1".to_owned())));
    }
    let dead = fake.ask(send(&token, "GET", "/v1/cart", &Value::Null));
    assert_eq!(refusal(&dead), (503, "UNAVAILABLE".to_owned()));
    assert!(!String::from_utf8_lossy(dead.body()).contains("10.0.0.1"));
    fake.dynamodb_answers(Ok(answer(200, &json!({"Item": {"userId": {"S": "user_1"}, "cartId": {"N": "1"}}}))));
    let broken = fake.ask(send(&token, "GET", "/v1/cart", &Value::Null));
    assert_eq!(refusal(&broken), (500, "INTERNAL_ERROR".to_owned()));
}

#[test]
fn two_customers_interleaved_on_one_instance_stay_apart() {
    let fake = shop::open();
    let tokens: Vec<_> = (0..2).map(|index| tokens::shopper(&format!("user_{index}"))).collect();
    let requests = (0..64).map(|index| {
        let body = json!({"productId": if index % 2 == 0 { PRODUCT } else { shop::SHIRT_S }, "quantity": 1});
        edge_core::handle(&fake, send(&tokens[index % 2], "POST", "/v1/cart/items", &body))
    });
    for (index, answer) in futures_executor::block_on(join_all(requests)).into_iter().enumerate() {
        assert_eq!(answer.status(), 200);
        let cart = &json_of(&answer)["cart"];
        assert_eq!(cart["userId"], format!("user_{}", index % 2));
        assert_eq!(cart["items"].as_array().unwrap().len(), 1);
    }
    for token in &tokens {
        assert_eq!(quantity(&fake, token), 32, "no addition is lost");
    }
}
