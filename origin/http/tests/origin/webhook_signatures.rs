//! Which webhooks are taken for the provider's.

use jiff::SignedDuration;
use origin_core::payments::{WebhookError, WebhookRefusal};
use origin_http::{ApiError, problem};
use serde_json::{Value, json};

use crate::shop::{Answer, Shop, WEBHOOK_SECRETS, event};

const CURRENT: &str = WEBHOOK_SECRETS[0];
const PREVIOUS: &str = WEBHOOK_SECRETS[1];

fn body() -> String {
    event("evt_1", "customer.created", &json!({"id": "cus_1"}))
}

fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "WEBHOOK_REJECTED".to_owned()), "{code} {answer:?}");
    assert_eq!(answer.text("/error/details/0/message"), code);
}

#[tokio::test]
async fn a_webhook_is_taken_by_either_secret_and_by_any_of_its_signatures() {
    let (shop, body) = (Shop::open().await, body());
    let (current, previous) = (shop.signature(CURRENT, &body), shop.signature(PREVIOUS, &body));
    let other = shop.signature("whsec_other", &body);
    let v1 = |signature: &str| signature.split_once(",v1=").unwrap().1.to_owned();
    let two = format!("{other},v1={}", v1(&current));
    let with_another_scheme = format!("{current},v0={}", v1(&other));
    for signature in [current, previous, two, with_another_scheme] {
        let taken = shop.deliver(Some(&signature), &body).await;
        assert_eq!((taken.status.as_u16(), taken.json()), (200, json!({"received": true})), "{signature}");
    }
}

#[tokio::test]
async fn what_stripe_has_not_signed_is_refused_by_name() {
    let (shop, body) = (Shop::open().await, body());
    let good = shop.signature(CURRENT, &body);
    assert_refused(&shop.deliver(None, &body).await, "SIGNATURE_MISSING");
    assert_refused(&shop.deliver(Some("v1=abc"), &body).await, "SIGNATURE_MALFORMED");
    let wrong = shop.signature("whsec_other", &body);
    assert_refused(&shop.deliver(Some(&wrong), &body).await, "SIGNATURE_MISMATCH");
    for tampered in [body.replace("evt_1", "evt_2"), format!("{body} "), String::new()] {
        assert_refused(&shop.deliver(Some(&good), &tampered).await, "SIGNATURE_MISMATCH");
    }
    let no_event = shop.signature(CURRENT, "{}");
    assert_refused(&shop.deliver(Some(&no_event), "{}").await, "EVENT_MALFORMED");
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_either_way() {
    let (shop, body) = (Shop::open().await, body());
    let start = shop.signature(CURRENT, &body);
    shop.clock.advance(SignedDuration::from_secs(300));
    assert_eq!(shop.deliver(Some(&start), &body).await.status, 200);
    shop.clock.advance(SignedDuration::from_secs(1));
    assert_refused(&shop.deliver(Some(&start), &body).await, "SIGNATURE_OUT_OF_TIME");
    let future = shop.signature(CURRENT, &body);
    shop.clock.advance(SignedDuration::from_secs(-300));
    assert_eq!(shop.deliver(Some(&future), &body).await.status, 200);
    shop.clock.advance(SignedDuration::from_secs(-1));
    assert_refused(&shop.deliver(Some(&future), &body).await, "SIGNATURE_OUT_OF_TIME");
}

#[tokio::test]
async fn nobody_but_the_edge_hands_webhooks_in() {
    let (shop, body) = (Shop::open().await, body());
    let request = http::Request::post("/v1/webhooks/stripe")
        .header("host", "origin.test")
        .header("stripe-signature", shop.signature(CURRENT, &body))
        .body(body.into())
        .unwrap();
    let refused = shop.answer(request).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "SIGNATURE_REJECTED".to_owned()));
}

#[test]
fn a_shop_without_a_secret_has_no_such_resource() {
    let refused = problem(ApiError::Webhook(WebhookError::Refused(WebhookRefusal::NotTaken)));
    assert_eq!(refused.status().as_u16(), 404);
    let context = commerce_api::ProblemContext { request_id: "req_1", instance: "/v1/webhooks/stripe" };
    let told: Value = serde_json::from_slice(refused.into_response(context).body()).unwrap();
    assert!(!told.to_string().contains("secret"), "{told}");
}
