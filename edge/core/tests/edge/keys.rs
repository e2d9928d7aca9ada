//! The issuer's keys: when they are fetched, by whom, and what holds while they cannot be.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use commerce_aws::{Timer, TransportError};
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use http::{Request, Response};
use serde_json::{Value, json};

use crate::{
    auth::{cart, fetches},
    fake::{Fake, answer, problem},
    shop::{self, header, refusal, send},
    tokens::{self, claims, jwks, sign},
};

/// A token that names a key of that id.
fn stranger(kid: &str) -> String {
    let token = sign(1, claims("user_1"));
    let header = json!({"alg": "RS256", "kid": kid}).to_string();
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes()))
}

fn get_cart(token: &str) -> Request<Bytes> {
    send(token, "GET", "/v1/cart", &Value::Null)
}

fn is_unavailable(answer: &Response<Bytes>) -> bool {
    (refusal(answer).0, header(answer, "retry-after")) == (503, "5")
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
    for _ in 0..3 {
        assert_eq!(cart(&fake, &old), 200, "the token is remembered, and nobody waits for the issuer");
    }
    assert_eq!(fetches(&fake), 1);
    fake.run_behind();
    assert_eq!(fetches(&fake), 2, "though the instance has seen no other token, one request has the keys refreshed");
    assert_eq!(cart(&fake, &old), 401);
    assert_eq!(cart(&fake, &sign(1, claims("user_1"))), 200);
}

#[test]
fn a_remembered_token_is_not_believed_longer_than_the_keys() {
    let fake = shop::open();
    let mut long = claims("user_1");
    long.insert("exp".into(), json!(crate::fake::NOW + 1_000_000));
    let token = sign(0, long);
    assert_eq!(cart(&fake, &token), 200);
    fake.issuer(|_| Err(TransportError::Connection("refused".to_owned())));
    fake.pass(86_699);
    assert_eq!(cart(&fake, &token), 200);
    fake.run_behind();
    fake.pass(1);
    assert_eq!(cart(&fake, &token), 503);
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
fn an_instance_without_keys_asks_the_issuer_once_for_many_requests() {
    let fake = shop::open();
    let all = |fake: &Fake| {
        let requests =
            (0..8).map(|index| edge_core::handle(fake, get_cart(&tokens::shopper(&format!("user_{index}")))));
        block_on(join_all(requests))
    };
    fake.issuer(|_| Err(TransportError::Connection("refused".to_owned())));
    assert!(all(&fake).iter().all(is_unavailable));
    assert_eq!(fetches(&fake), 1);
    assert!(all(&fake).iter().all(is_unavailable), "nor is it asked again at once");
    assert_eq!(fetches(&fake), 1);
    fake.issuer(|_| Ok(answer(200, &jwks(&[0]))));
    fake.pass(5);
    assert!(all(&fake).iter().all(|answer| answer.status() == 200));
    assert_eq!(fetches(&fake), 2);
}

#[test]
fn a_token_of_an_unknown_key_is_not_called_invalid_while_the_issuer_cannot_be_asked() {
    let fake = shop::open();
    assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200);
    fake.pass(60);
    fake.issuer(|_| Err(TransportError::Connection("refused".to_owned())));
    let new = sign(1, claims("user_1"));
    for _ in 0..3 {
        let refused = fake.ask(get_cart(&new));
        assert!(is_unavailable(&refused), "an app that saw a 401 would sign its user out: {refused:?}");
    }
    assert_eq!(fetches(&fake), 2, "the cooldown holds for failures too");
    assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200, "known keys go on");
    fake.issuer(|_| Ok(answer(200, &jwks(&[0, 1]))));
    fake.pass(30);
    assert_eq!(cart(&fake, &new), 200);
    fake.pass(60);
    assert_eq!(cart(&fake, &stranger("made-up")), 401, "the issuer has just said that there is no such key");
}

#[test]
fn while_another_instance_asks_for_a_new_key_this_one_waits_for_what_it_stores() {
    let other = shop::open();
    other.issuer(|_| Ok(answer(200, &jwks(&[0, 1]))));
    other.pass(60);
    let new = sign(1, claims("user_1"));
    assert_eq!(cart(&other, &new), 200);
    let found_by_other = other.kv_value("auth/1/jwks").unwrap();

    for stores in [true, false] {
        let fake = shop::open();
        assert_eq!(cart(&fake, &tokens::shopper("user_1")), 200);
        fake.pass(60);
        fake.kv_set("claim/jwks-unknown-kid", fake.millis().to_string().into());
        let later = async {
            fake.sleep(Duration::from_millis(150)).await;
            if stores {
                fake.kv_set("auth/1/jwks", found_by_other.clone());
            }
        };
        let (answer, ()) = block_on(join(edge_core::handle(&fake, get_cart(&new)), later));
        assert_eq!(fetches(&fake), 1, "the claim of the other one is respected");
        if stores {
            assert_eq!(answer.status(), 200);
        } else {
            assert!(is_unavailable(&answer), "{answer:?}");
        }
    }
}
