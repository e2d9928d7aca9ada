//! Headers that a client may send and the edge has to make sense of, before it forwards them.

use serde_json::{Value, json};

use crate::{
    forward::{ORDER, origin_with},
    shop::{self, PRODUCT, json_of, refusal, send, with},
    tokens,
};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn what_cannot_be_signed_is_refused_by_name() {
    let fake = origin_with(200, &[]);
    let admin = tokens::admin();
    for (name, value, field) in [
        ("idempotency-key", "é", "Idempotency-Key"),
        ("if-match", "\"é\"", "If-Match"),
        ("if-none-match", "\"é\"", "If-None-Match"),
        ("content-type", "application/json; x=é", "Content-Type"),
    ] {
        for (method, target) in [("GET", ORDER), ("POST", "/v1/orders"), ("PUT", &format!("/v1/products/{PRODUCT}"))] {
            let refused = fake.ask(with(&admin, method, target, &Value::Null, &[(name, value)]));
            assert_eq!(refusal(&refused), (400, "VALIDATION_ERROR".to_owned()), "{method} {target} {name}");
            assert_eq!(json_of(&refused)["error"]["details"][0]["field"], field);
        }
    }
    let add = json!({"productId": PRODUCT, "quantity": 1});
    let cart = fake.ask(with(&admin, "POST", "/v1/cart/items", &add, &[("if-match", "\"é\"")]));
    assert_eq!(refusal(&cart).0, 400, "also where the edge itself answers");
    assert!(fake.sent_to("origin.test").is_empty());
}

#[test]
fn a_trace_is_taken_over_only_where_it_is_one() {
    let fake = origin_with(200, &[]);
    let token = tokens::shopper("user_1");
    for (value, is_taken) in [(TRACE, true), ("é", false), ("hello", false), (&format!("{TRACE}-x"), false)] {
        assert_eq!(fake.ask(with(&token, "GET", ORDER, &Value::Null, &[("traceparent", value)])).status(), 200);
        let sent = fake.sent_to("origin.test").pop().unwrap();
        assert_eq!(sent.headers().contains_key("traceparent"), is_taken, "{value}");
        assert_eq!(fake.log().last().unwrap().get("trace.parent").is_some(), is_taken, "{value}");
    }
}

#[test]
fn a_list_in_several_headers_is_forwarded_whole() {
    let fake = origin_with(200, &[]);
    let lists =
        [("if-match", "\"1\""), ("if-match", "\"2\", \"3\""), ("if-none-match", "\"a\""), ("if-none-match", "*")];
    fake.ask(with(&tokens::shopper("user_1"), "GET", ORDER, &Value::Null, &lists));
    let sent = &fake.sent_to("origin.test")[0];
    assert_eq!(sent.headers()["if-match"], "\"1\", \"2\", \"3\"");
    assert_eq!(sent.headers()["if-none-match"], "\"a\", *");
}

#[test]
fn what_may_stand_once_is_refused_twice_as_one_header_or_as_two() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let json = "application/json";
    for (method, target, body) in
        [("POST", "/v1/orders", json!({})), ("POST", "/v1/cart/items", json!({"productId": PRODUCT, "quantity": 1}))]
    {
        let ask = |headers: &[(&str, &str)]| {
            let mut request = send(&token, method, target, &body);
            request.headers_mut().remove("content-type");
            for (name, value) in headers {
                request.headers_mut().append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
            }
            let refused = fake.ask(request);
            let field = &json_of(&refused)["error"]["details"][0];
            (refusal(&refused).0, field["field"].as_str().unwrap().to_owned(), field["message"].clone())
        };
        let keys = ask(&[("content-type", json), ("idempotency-key", "a"), ("idempotency-key", "b")]);
        assert_eq!((keys.0, keys.1.as_str()), (400, "Idempotency-Key"), "{target}");
        assert_eq!(ask(&[("content-type", json), ("idempotency-key", "a, b")]), keys, "as a Worker is told of two");
        let types = ask(&[("content-type", json), ("content-type", json)]);
        assert_eq!((types.0, types.1.as_str()), (400, "Content-Type"), "{target}");
        assert_eq!(ask(&[("content-type", "application/json, application/json")]), types, "as a Worker is told of two");
    }
    assert!(fake.sent_to("origin.test").iter().all(|request| request.method() != "POST"));
}
