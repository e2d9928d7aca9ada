//! What a payment provider sends, on its way to the origin.

use bytes::Bytes;
use http::{HeaderValue, Request};
use serde_json::json;

use crate::{
    fake::{Fake, problem},
    forward::origin_with,
    shop::{header, json_of, refusal, request, with},
    tokens,
};

const PATH: &str = "/v1/webhooks/stripe";
const SIGNATURE: &str = "t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd,v0=6ffbb59b";

fn webhook(body: impl Into<Bytes>, headers: &[(&'static str, &[u8])]) -> Request<Bytes> {
    let mut request = request("POST", PATH).header("content-type", "application/json; charset=utf-8");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    request.body(body.into()).unwrap()
}

#[test]
fn a_webhook_is_forwarded_byte_for_byte_with_its_signature_and_without_a_token() {
    for body in [
        &b"{ \"id\" :\t\"evt_1\",\r\n  \"id\": \"evt_2\" }\n\n"[..],
        b"\xff\xfe\x00{}",
        b"\xef\xbb\xbf{\"amount\": 1.10}",
        b"not JSON",
    ] {
        let fake = origin_with(200, &[]);
        let body = Bytes::from_static(body);
        assert_eq!(fake.ask(webhook(body.clone(), &[("stripe-signature", SIGNATURE.as_bytes())])).status(), 200);
        let sent = &fake.sent_to("origin.test")[0];
        assert_eq!((sent.uri().path(), sent.body()), (PATH, &body));
        assert_eq!(sent.headers()["stripe-signature"], SIGNATURE);
        assert!(sent.headers()["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 "));
    }
}

#[test]
fn the_carriers_webhook_goes_its_way_with_the_carriers_signature() {
    let fake = origin_with(200, &[]);
    let request = request("POST", "/v1/webhooks/carrier").header("content-type", "application/json");
    let request = request.header("carrier-signature", SIGNATURE);
    assert_eq!(fake.ask(request.body(Bytes::from_static(b"{ }")).unwrap()).status(), 200);
    let sent = &fake.sent_to("origin.test")[0];
    assert_eq!((sent.uri().path(), sent.body().as_ref()), ("/v1/webhooks/carrier", &b"{ }"[..]));
    assert_eq!(sent.headers()["carrier-signature"], SIGNATURE);
}

#[test]
fn paypals_webhook_goes_its_way_with_all_that_its_signature_is_made_of() {
    const NAMES: [&str; 5] = [
        "paypal-transmission-sig",
        "paypal-transmission-id",
        "paypal-transmission-time",
        "paypal-cert-url",
        "paypal-auth-algo",
    ];
    let fake = origin_with(200, &[]);
    let sent = request("POST", "/v1/webhooks/paypal").header("content-type", "application/json");
    let sent = NAMES.iter().fold(sent, |request, name| request.header(*name, format!("{name} as it came")));
    assert_eq!(fake.ask(sent.body(Bytes::from_static(b"{ \"id\":1}")).unwrap()).status(), 200);
    let sent = &fake.sent_to("origin.test")[0];
    assert_eq!((sent.uri().path(), sent.body().as_ref()), ("/v1/webhooks/paypal", &b"{ \"id\":1}"[..]));
    for name in NAMES {
        assert_eq!(sent.headers()[name], format!("{name} as it came"));
    }
}

#[test]
fn of_a_webhook_nothing_but_its_signature_is_taken_over() {
    let fake = origin_with(200, &[]);
    let token = format!("Bearer {}", tokens::shopper("user_1"));
    let answer = fake.ask(webhook(
        "{}",
        &[
            ("stripe-signature", SIGNATURE.as_bytes()),
            ("authorization", token.as_bytes()),
            ("idempotency-key", b"not, a key"),
            ("if-match", b"\"1\""),
            ("x-cc-principal", b"forged"),
        ],
    ));
    assert_eq!(answer.status(), 200);
    let sent = &fake.sent_to("origin.test")[0];
    for name in ["idempotency-key", "if-match", "x-cc-principal", "x-cc-shopper-token"] {
        assert!(!sent.headers().contains_key(name), "{name}");
    }
}

#[test]
fn the_signature_of_a_webhook_goes_to_no_other_route() {
    let fake = origin_with(201, &[]);
    let headers = [("stripe-signature", SIGNATURE)];
    fake.ask(with(&tokens::shopper("user_1"), "POST", "/v1/payments", &json!({}), &headers));
    assert!(!fake.sent_to("origin.test")[0].headers().contains_key("stripe-signature"));
}

#[test]
fn a_signature_that_is_none_and_a_body_that_is_too_large_end_at_the_edge() {
    let fake = origin_with(200, &[]);
    let refused = fake.ask(webhook("{}", &[("stripe-signature", "é".as_bytes())]));
    assert_eq!(refusal(&refused), (400, "VALIDATION_ERROR".to_owned()));
    assert_eq!(json_of(&refused)["error"]["details"][0]["field"], "Stripe-Signature");
    let large = fake.ask(webhook(vec![b' '; edge_core::REQUEST_READ_LIMIT], &[]));
    assert_eq!(refusal(&large), (413, "BODY_TOO_LARGE".to_owned()));
    assert!(fake.sent_to("origin.test").is_empty());
}

#[test]
fn what_the_origin_says_of_a_webhook_reaches_the_provider() {
    for (status, code) in [(400, "WEBHOOK_REJECTED"), (404, "NOT_FOUND"), (503, "UNAVAILABLE")] {
        let fake = Fake::new();
        fake.origin(move |_| Ok(problem(status, code)));
        assert_eq!(refusal(&fake.ask(webhook("{}", &[]))), (status, code.to_owned()));
    }
    let fake = Fake::new();
    fake.origin_is_down();
    let down = fake.ask(webhook("{}", &[]));
    assert_eq!((refusal(&down).0, header(&down, "retry-after")), (502, "5"));
}
