//! Tokens.

use serde_json::{Value, json};

use crate::{
    fake::Fake,
    shop::{self, get, header, refusal, request, send},
    tokens::{self, claims, sign},
};

pub(crate) fn cart(fake: &Fake, token: &str) -> u16 {
    fake.ask(send(token, "GET", "/v1/cart", &Value::Null)).status().as_u16()
}

pub(crate) fn fetches(fake: &Fake) -> usize {
    fake.sent_to("issuer.test").len()
}

#[test]
fn whatever_is_wrong_with_a_token_is_one_and_the_same_401() {
    let fake = shop::open();
    let changed = |name: &str, value: Value| {
        let mut claims = claims("user_1");
        if value.is_null() {
            claims.remove(name)
        } else {
            claims.insert(name.into(), value)
        };
        sign(0, claims)
    };
    let good = tokens::shopper("user_1");
    let (head, tail) = good.rsplit_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwia2lkIjoia2V5LTAifQ";
    let refused = [
        ("expired", changed("exp", json!(crate::fake::NOW - 61))),
        ("without end", changed("exp", Value::Null)),
        ("another issuer", changed("iss", json!("https://evil.test"))),
        ("an id token", changed("token_use", json!("id"))),
        ("not yet valid", changed("nbf", json!(crate::fake::NOW + 3_600))),
        ("nobody", changed("sub", Value::Null)),
        ("alg none", format!("{none}.{}.", good.split('.').nth(1).unwrap())),
        ("another signature", format!("{head}.{}", tail.chars().rev().collect::<String>())),
        ("no token", "x".to_owned()),
        ("endless", "x".repeat(9_000)),
        ("empty", String::new()),
    ];
    let mut texts = Vec::new();
    for (what, token) in refused {
        let answer = fake.ask(
            request("GET", "/v1/cart")
                .header("authorization", format!("Bearer {token}"))
                .header("x-request-id", "r")
                .body(bytes::Bytes::new())
                .unwrap(),
        );
        assert_eq!(refusal(&answer), (401, "UNAUTHORIZED".to_owned()), "{what}");
        assert_eq!(header(&answer, "www-authenticate"), "Bearer", "{what}");
        texts.push(answer.into_body());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "the body does not say what is wrong");
    assert_eq!(cart(&fake, &good), 200);
}

#[test]
fn public_routes_do_not_look_at_the_token() {
    let fake = shop::open();
    let asked = request("GET", "/v1/products").header("authorization", "Bearer rubbish");
    assert_eq!(fake.ask(asked.body(bytes::Bytes::new()).unwrap()).status(), 200);
    assert_eq!(fake.ask(get("/v1/products")).status(), 200);
    assert_eq!(fetches(&fake), 0);
}

#[test]
fn a_token_of_another_application_is_refused_where_applications_are_listed() {
    let fake = shop::open();
    fake.set("token_client_ids", "app-1, app-2");
    assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200);
    let mut other = claims("user_1");
    other.insert("client_id".into(), json!("app-3"));
    assert_eq!(cart(&fake, &sign(0, other)), 401);
}

#[test]
fn a_token_is_not_served_from_memory_after_its_end() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    assert_eq!(cart(&fake, &token), 200);
    fake.pass(3_659);
    assert_eq!(cart(&fake, &token), 200, "within the tolerance of a minute");
    fake.pass(2);
    assert_eq!(cart(&fake, &token), 401);
}
