use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::*;

const SECRET: &str = "whsec_test";

/// An endpoint that refuses the first deliveries and records the rest.
#[derive(Default)]
struct Endpoint {
    refusals: AtomicU32,
    received: Mutex<Vec<(String, Bytes)>>,
}

async fn receive(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if endpoint.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    lock(&endpoint.received).push((signature, body));
    StatusCode::OK
}

impl Endpoint {
    async fn listen(shop: &Shop, refusals: u32) -> (Arc<Self>, HttpServer) {
        let endpoint = Arc::new(Self { refusals: AtomicU32::new(refusals), ..Self::default() });
        let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&endpoint));
        let server = HttpServer::start(0, router).await.unwrap();
        let target = json!({"url": format!("{}/hook", server.url()), "secret": SECRET});
        let answer = shop.send(Method::PUT, "/test/webhook", None, target.to_string()).await.unwrap();
        assert_eq!(answer.status, 200);
        (endpoint, server)
    }

    /// The types received, once there are `count` of them.
    async fn types(&self, count: usize) -> Vec<String> {
        for _ in 0..200 {
            let received: Vec<Value> =
                lock(&self.received).iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect();
            if received.len() >= count {
                return received.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{count} webhooks were expected, there were {}", lock(&self.received).len());
    }
}

const PAID: [&str; 3] = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"];

#[tokio::test]
async fn webhooks_are_signed_over_the_raw_body_and_carry_the_object() {
    let shop = Shop::open().await;
    let (endpoint, _server) = Endpoint::listen(&shop, 0).await;
    let paid = shop.pay("pm_card_visa").await;
    assert_eq!(endpoint.types(3).await, PAID);
    let (signature, body) = lock(&endpoint.received)[2].clone();
    let sent_at: i64 = signature.strip_prefix("t=").unwrap().split_once(',').unwrap().0.parse().unwrap();
    assert_eq!(signature, signature_header(SECRET, sent_at, &body));
    assert_ne!(signature, signature_header("whsec_other", sent_at, &body));
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["data"]["object"]["id"], paid.body["id"]);
    assert_eq!(event["data"]["object"]["status"], "succeeded");
}

#[tokio::test]
async fn the_signature_is_the_one_of_stripes_scheme() {
    // Computed with: printf '%s' '12345.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
    let expected = "t=12345,v1=6891b7a66b05b0e53771b0ad1be66a73fc29b6b3c4b4961ddb1efa062c8c05e9";
    assert_eq!(signature_header(SECRET, 12_345, br#"{"a":1}"#), expected);
}

#[tokio::test]
async fn a_refused_webhook_is_tried_again() {
    let shop = Shop::open().await;
    let (endpoint, _server) = Endpoint::listen(&shop, 1).await;
    shop.pay("pm_card_visa").await;
    let mut types = endpoint.types(3).await;
    types.sort();
    let mut expected = PAID;
    expected.sort_unstable();
    assert_eq!(types, expected);
    let state = shop.provider.state();
    assert_eq!(state["webhooks"][0]["attempts"], 2);
    assert_eq!(state["webhooks"][0]["delivered"], true);
}

#[tokio::test]
async fn webhooks_can_be_doubled_reordered_and_dropped() {
    let shop = Shop::open().await;
    let (endpoint, _server) = Endpoint::listen(&shop, 0).await;
    shop.provider.set_faults(Faults { double_webhooks: true, reorder_webhooks: true, ..Faults::default() });
    shop.pay("pm_card_visa").await;
    let reversed_twice: Vec<&str> = PAID.iter().rev().flat_map(|kind| [*kind, *kind]).collect();
    assert_eq!(endpoint.types(6).await, reversed_twice);
    shop.provider.set_faults(Faults { drop_webhooks: true, ..Faults::default() });
    shop.pay("pm_card_visa").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(endpoint.types(6).await.len(), 6);
}

#[tokio::test]
async fn each_change_tells_its_own_events() {
    let shop = Shop::open().await;
    let (endpoint, _server) = Endpoint::listen(&shop, 0).await;
    shop.pay("pm_card_chargeDeclined").await;
    let declined = ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"];
    assert_eq!(endpoint.types(3).await, declined);
    let held = shop.post("/v1/payment_intents", "amount=1050&currency=usd").await.id();
    shop.post(&format!("/v1/payment_intents/{held}/cancel"), "").await;
    let paid = shop.pay("pm_card_visa").await.id();
    shop.post("/v1/refunds", &format!("payment_intent={paid}")).await;
    let expected =
        [&["payment_intent.created", "payment_intent.canceled"][..], &PAID, &["refund.created", "charge.refunded"]];
    assert_eq!(endpoint.types(10).await[3..], expected.concat());
}
