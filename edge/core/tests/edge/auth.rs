//! Tokens and the issuer's keys.

use base64ct::{Base64UrlUnpadded, Encoding};
use commerce_aws::TransportError;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, answer, problem},
    shop::{self, get, header, refusal, request, send},
    tokens::{self, claims, jwks, sign},
};

fn cart(fake: &Fake, token: &str) -> u16 {
    fake.ask(send(token, "GET", "/v1/cart", &Value::Null)).status().as_u16()
}

fn fetches(fake: &Fake) -> usize {
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
fn the_keys_are_fetched_once_and_kept_for_other_instances() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    assert_eq!((cart(&fake, &token), cart(&fake, &tokens::shopper("user_2"))), (200, 200));
    assert_eq!(fetches(&fake), 1);
    let fake = fake.restarted();
    assert_eq!(cart(&fake, &token), 200);
    assert_eq!(fetches(&fake), 1, "the store had them");
}

#[test]
fn a_new_key_is_fetched_at_once_and_unknown_ones_at_most_every_30_seconds() {
    let fake = shop::open();
    assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200);
    fake.issuer(|_| Ok(answer(200, &jwks(&[0, 1]))));
    assert_eq!(cart(&fake, &sign(1, claims("user_1"))), 200);
    assert_eq!(fetches(&fake), 2);

    fake.issuer(|_| Ok(answer(200, &jwks(&[1]))));
    let stranger = |kid: &str| {
        let token = sign(1, claims("user_1"));
        let header = json!({"alg": "RS256", "kid": kid}).to_string();
        let (_, rest) = token.split_once('.').unwrap();
        format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes()))
    };
    for index in 0..20 {
        assert_eq!(cart(&fake, &stranger(&format!("made-up-{index}"))), 401);
    }
    assert_eq!(fetches(&fake), 2, "within the cooldown nobody is asked");
    fake.pass(31);
    for _ in 0..20 {
        assert_eq!(cart(&fake, &stranger("made-up")), 401);
    }
    assert_eq!(fetches(&fake), 3);
    fake.pass(31);
    assert_eq!(cart(&fake, &stranger("made-up")), 401);
    assert_eq!(fetches(&fake), 3, "a key that the issuer did not know is not asked for again so soon");
}

#[test]
fn many_tokens_of_a_new_key_at_once_are_all_accepted_with_one_fetch() {
    let fake = shop::open();
    assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200);
    fake.issuer(|_| Ok(answer(200, &jwks(&[0, 1]))));
    let requests = (0..8).map(|index| {
        let token = sign(1, claims(&format!("user_{index}")));
        edge_core::handle(&fake, send(&token, "GET", "/v1/cart", &Value::Null))
    });
    let answers = futures_executor::block_on(join_all(requests));
    assert!(answers.iter().all(|answer| answer.status() == 200), "{answers:?}");
    assert_eq!(fetches(&fake), 2);
}

#[test]
fn a_key_that_the_issuer_withdrew_opens_nothing_any_more() {
    let fake = shop::open();
    let old = tokens::shopper("user_1");
    assert_eq!(cart(&fake, &old), 200);
    fake.issuer(|_| Ok(answer(200, &jwks(&[1]))));
    fake.pass(301);
    assert_eq!(cart(&fake, &old), 200, "while the refresh runs behind");
    fake.run_behind();
    assert_eq!(cart(&fake, &sign(1, claims("user_1"))), 200);
    assert_eq!(cart(&fake, &old), 401);
}

#[test]
fn an_outage_of_the_issuer_locks_nobody_out_for_a_day() {
    let fake = shop::open();
    fake.ask(send(&tokens::shopper("user_1"), "GET", "/v1/cart", &Value::Null));
    fake.issuer(|_| Err(TransportError::Connection("refused".to_owned())));
    fake.pass(86_000);
    let mut long = claims("user_2");
    long.insert("exp".into(), json!(crate::fake::NOW + 1_000_000));
    let token = sign(0, long);
    assert_eq!(cart(&fake, &token), 200);
    fake.run_behind();
    let fake = fake.restarted();
    fake.pass(1_000);
    let refused = fake.ask(send(&token, "GET", "/v1/cart", &Value::Null));
    assert_eq!(refusal(&refused), (503, "UNAVAILABLE".to_owned()), "keys of more than a day ago are not trusted");
    assert_eq!(header(&refused, "retry-after"), "5");
}

#[test]
fn without_keys_a_token_is_neither_accepted_nor_called_invalid() {
    for broken in [
        || Err(TransportError::Connection("refused".to_owned())),
        || Err(TransportError::TimedOut),
        || Ok(problem(500, "INTERNAL_ERROR")),
        || Ok(answer(200, &json!({"keys": []}))),
        || Ok(answer(200, &json!("rubbish"))),
    ] {
        let fake = shop::open();
        fake.issuer(move |_| broken());
        let answer = fake.ask(send(&tokens::shopper("user_1"), "GET", "/v1/cart", &Value::Null));
        assert_eq!(refusal(&answer), (503, "UNAVAILABLE".to_owned()));
    }
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
