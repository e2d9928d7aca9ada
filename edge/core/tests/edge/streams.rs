//! The status of an order as it changes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use commerce_auth::PrincipalHeader;
use commerce_aws::TransportError;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, NOW, answer, problem},
    forward::ORDER,
    shop::{get, send, with},
    tokens,
};

const STREAM: &str = "/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g/stream";

fn order(version: u64, status: &str) -> http::Response<bytes::Bytes> {
    let mut response = answer(
        200,
        &json!({
            "id": "order_01h4vjdvzefw18zfwz5dxw5y8g", "status": status, "paymentStatus": "succeeded", "refundStatus": "none",
            "trackingNumber": null, "updatedAt": "2027-01-15T08:00:00Z", "shippingAddress": {"street": "1 Main St"},
        }),
    );
    response.headers_mut().insert("etag", format!("\"{version}\"").parse().unwrap());
    response
}

/// An origin whose order is at the version that `versions` says, question by question; and the questions so far.
fn origin_at(versions: impl Fn(u64) -> u64 + Send + 'static) -> (Fake, Arc<AtomicU64>) {
    let (fake, asked) = (Fake::new(), Arc::new(AtomicU64::new(0)));
    let count = Arc::clone(&asked);
    fake.origin(move |_| {
        let version = versions(count.fetch_add(1, Relaxed));
        Ok(order(version, if version < 3 { "PROCESSING" } else { "SHIPPED" }))
    });
    (fake, asked)
}

fn stream(fake: &Fake, headers: &[(&str, &str)]) -> String {
    let response = fake.ask(with(&tokens::shopper("user_1"), "GET", STREAM, &Value::Null, headers));
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "text/event-stream")
    );
    assert_eq!(response.headers()["cache-control"], "private, no-store, no-transform");
    assert_eq!(response.headers().get("content-length"), None, "nobody knows yet how long it gets");
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// The ids and the statuses of the events.
fn events(text: &str) -> Vec<(String, String)> {
    let one = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        assert_eq!(field("event: ")?, "status");
        let data: Value = serde_json::from_str(&field("data: ")?).unwrap();
        assert_eq!((data["version"].to_string(), data.get("shippingAddress")), (field("id: ")?, None));
        Some((field("id: ")?, data["status"].as_str()?.to_owned()))
    };
    text.split("\n\n").filter_map(one).collect()
}

#[test]
fn a_stream_tells_each_change_once_and_ends_after_twenty_five_seconds() {
    let (fake, asked) = origin_at(|question| if question < 5 { 2 } else { 3 });
    let text = stream(&fake, &[]);
    assert!(text.starts_with("retry: 1000\nevent: status\nid: 2\ndata: {"), "{text}");
    assert_eq!(events(&text), [("2".to_owned(), "PROCESSING".to_owned()), ("3".to_owned(), "SHIPPED".to_owned())]);
    let lasted = fake.millis() - NOW * 1_000;
    assert!((23_000..=25_000).contains(&lasted), "{lasted}");
    let asked = asked.load(Relaxed);
    assert!((24..=26).contains(&asked), "at most once a second: {asked}");
    assert_eq!(text.matches(":\n\n").count() as u64, asked - 2, "a heartbeat for each question without news");
}

#[test]
fn what_the_client_has_seen_is_not_told_again() {
    let (fake, _) = origin_at(|_| 2);
    assert_eq!(events(&stream(&fake, &[("last-event-id", "2")])), []);
    let (fake, _) = origin_at(|_| 2);
    for other in ["1", "7", "x", ""] {
        assert_eq!(events(&stream(&fake, &[("last-event-id", other)])).len(), 1, "{other}");
    }
}

#[test]
fn a_stream_ends_with_its_token() {
    let (fake, _) = origin_at(|_| 2);
    let mut claims = tokens::claims("user_1");
    claims.insert("exp".to_owned(), json!(NOW + 10));
    let token = tokens::sign(0, claims);
    assert_eq!(fake.ask(with(&token, "GET", STREAM, &Value::Null, &[])).status(), 200);
    let lasted = fake.millis() - NOW * 1_000;
    assert!((8_000..=10_000).contains(&lasted), "{lasted}");
}

#[test]
fn an_origin_that_hangs_does_not_keep_a_stream_alive() {
    for (token_lives, most) in [(4, 4_000), (3_600, 25_000)] {
        let (fake, asked) = (Fake::new(), AtomicU64::new(0));
        fake.origin(move |_| match asked.fetch_add(1, Relaxed) {
            0 => Ok(order(2, "PROCESSING")),
            _ => Err(TransportError::TimedOut),
        });
        let mut claims = tokens::claims("user_1");
        claims.insert("exp".to_owned(), json!(NOW + token_lives));
        let token = tokens::sign(0, claims);
        assert_eq!(fake.ask(with(&token, "GET", STREAM, &Value::Null, &[])).status(), 200);
        let lasted = fake.millis() - NOW * 1_000;
        assert!((most - 1_000..=most).contains(&lasted), "{lasted}");
    }
}

#[test]
fn the_origin_is_asked_for_the_order_on_behalf_of_the_caller() {
    let (fake, _) = origin_at(|_| 2);
    stream(&fake, &[]);
    let sent = fake.sent_to("origin.test");
    for request in &sent {
        assert_eq!((request.method().as_str(), request.uri().path()), ("GET", ORDER));
        let principal = request.headers()["x-cc-principal"].to_str().unwrap();
        assert_eq!(PrincipalHeader::decode(principal).unwrap().subject, "user_1");
        assert!(request.headers()["authorization"].to_str().unwrap().contains("x-cc-principal"));
    }
}

#[test]
fn what_the_origin_refuses_is_no_stream() {
    let fake = Fake::new();
    let token = tokens::shopper("user_1");
    fake.origin(|_| Ok(problem(404, "NOT_FOUND")));
    let refused = fake.ask(with(&token, "GET", STREAM, &Value::Null, &[]));
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["content-type"].to_str().unwrap()),
        (404, "application/problem+json")
    );
    fake.origin_is_down();
    assert_eq!(fake.ask(with(&token, "GET", STREAM, &Value::Null, &[])).status(), 502);
    assert_eq!(fake.ask(get(STREAM)).status(), 401);
    assert_eq!(fake.ask(send(&token, "POST", STREAM, &json!({}))).status(), 405);
    assert_eq!(fake.millis(), NOW * 1_000, "nobody waits for a refusal");
}

#[test]
fn an_outage_in_between_is_not_seen_and_an_order_that_goes_ends_the_stream() {
    let (fake, asked) = (Fake::new(), AtomicU64::new(0));
    fake.origin(move |_| match asked.fetch_add(1, Relaxed) {
        1..=3 => Err(TransportError::Connection("refused".to_owned())),
        0 => Ok(order(2, "PROCESSING")),
        4..=8 => Ok(order(3, "SHIPPED")),
        _ => Ok(problem(404, "NOT_FOUND")),
    });
    assert_eq!(events(&stream(&fake, &[])).len(), 2);
    assert!(fake.millis() - NOW * 1_000 < 12_000);
    let warnings = fake.log().iter().filter(|line| line["event"] == "order.stream_not_read").count();
    assert_eq!(warnings, 3);
}

#[test]
fn head_opens_no_stream() {
    let (fake, asked) = origin_at(|_| 2);
    let response = fake.ask(with(&tokens::shopper("user_1"), "HEAD", STREAM, &Value::Null, &[]));
    assert_eq!((response.status().as_u16(), response.body().len(), asked.load(Relaxed)), (200, 0, 1));
}
