//! What PayPal sends: which of it is taken, and what it brings about.

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::{PayPalFaults, paypal::TransmissionHeaders};

use crate::shop::{Answer, PAYPAL, PAYPAL_WEBHOOK, Placed, Shop};

fn body() -> String {
    json!({"id": "WH-1", "event_type": "BILLING.PLAN.CREATED", "resource": {"id": "P-1"}}).to_string()
}

fn with(headers: &TransmissionHeaders, name: &str, value: &str) -> TransmissionHeaders {
    headers.clone().map(|(known, given)| (known, if known == name { value.to_owned() } else { given }))
}

fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "WEBHOOK_REJECTED".to_owned()), "{code} {answer:?}");
    assert_eq!(answer.text("/error/details/0/field"), "PayPal-Transmission-Sig");
    assert_eq!(answer.text("/error/details/0/message"), code);
}

#[tokio::test]
async fn what_paypal_has_not_sent_is_refused_by_name() {
    let (shop, body) = (Shop::open().await, body());
    let good = shop.paypal.transmission(PAYPAL_WEBHOOK, &body);
    assert_eq!(shop.transmit(&good, &body).await.status, 200);
    for (name, _) in &good {
        assert_refused(&shop.transmit(&with(&good, name, ""), &body).await, "SIGNATURE_MISSING");
    }
    for (name, value, code) in [
        ("paypal-transmission-sig", "c2ln", "SIGNATURE_MISMATCH"),
        ("paypal-transmission-id", "another", "SIGNATURE_MISMATCH"),
        ("paypal-cert-url", "https://evil.example/cert", "CERTIFICATE_REFUSED"),
        ("paypal-auth-algo", "none", "SIGNATURE_MALFORMED"),
        ("paypal-transmission-time", "now", "SIGNATURE_MALFORMED"),
    ] {
        assert_refused(&shop.transmit(&with(&good, name, value), &body).await, code);
    }
    for tampered in [body.replace("WH-1", "WH-2"), format!(" {body}")] {
        assert_refused(&shop.transmit(&good, &tampered).await, "SIGNATURE_MISMATCH");
    }
    let other = shop.paypal.transmission("WH-OTHER", &body);
    assert_refused(&shop.transmit(&other, &body).await, "SIGNATURE_MISMATCH");
    for broken in ["{}", "", "{\"id\":\"1\",\"event_type\":\"X\"},{}"] {
        let signed = shop.paypal.transmission(PAYPAL_WEBHOOK, broken);
        assert_refused(&shop.transmit(&signed, broken).await, "EVENT_MALFORMED");
    }
}

#[tokio::test]
async fn a_transmission_is_good_for_as_long_as_paypal_sends_it() {
    let (shop, body) = (Shop::open().await, body());
    let headers = shop.paypal.transmission(PAYPAL_WEBHOOK, &body);
    shop.clock.advance(SignedDuration::from_hours(3 * 24));
    assert_eq!(shop.transmit(&headers, &body).await.status, 200);
    shop.clock.advance(SignedDuration::from_hours(28 * 24));
    assert_refused(&shop.transmit(&headers, &body).await, "SIGNATURE_OUT_OF_TIME");
}

#[tokio::test]
async fn a_webhook_that_cannot_be_verified_now_is_sent_again() {
    let placed = Placed::approved_at_paypal().await;
    placed.paypal_faults(PayPalFaults { no_verification: true, ..PayPalFaults::default() });
    let refused = placed.approval_hint("WH-1").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "UNAVAILABLE".to_owned()), "{refused:?}");
    assert_eq!((placed.captures(), placed.shop.handled().await.len()), (0, 0));
    placed.paypal_faults(PayPalFaults::default());
    assert_eq!(placed.approval_hint("WH-1").await.status, 200);
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_read_has_the_webhook_sent_again() {
    let placed = Placed::approved_at_paypal().await;
    placed.paypal_faults(PayPalFaults { no_reads: true, ..PayPalFaults::default() });
    assert_eq!(placed.approval_hint("WH-1").await.status, 503);
    placed.paypal_faults(PayPalFaults::default());
    assert_eq!(placed.approval_hint("WH-1").await.status, 200);
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn doubled_late_and_disordered_webhooks_change_nothing() {
    let placed = Placed::approved_at_paypal().await;
    assert_eq!(placed.capture_hint("WH-2").await.status, 200, "the first word of it");
    placed.assert_paid_at_paypal().await;
    for id in ["WH-2", "WH-3"] {
        assert_eq!(placed.capture_hint(id).await.status, 200);
    }
    for id in ["WH-1", "WH-1"] {
        assert_eq!(placed.approval_hint(id).await.status, 200);
    }
    placed.assert_paid_at_paypal().await;
    assert_eq!(placed.shop.handled().await, ["WH-1", "WH-2", "WH-3"]);
}

#[tokio::test]
async fn a_webhook_is_a_hint_and_not_believed() {
    let placed = Placed::asked_by_paypal().await;
    assert_eq!(placed.approval_hint("WH-1").await.status, 200);
    assert_eq!(placed.capture_hint("WH-2").await.status, 200);
    assert_eq!((placed.captures(), placed.attempts("REQUIRES_ACTION").await), (0, 1));
    assert_eq!((placed.status().await, placed.hold().await), ("PENDING".to_owned(), "COMMITTING".to_owned()));
}

#[tokio::test]
async fn a_process_that_dies_over_a_webhook_is_sent_it_again() {
    for point in [HookPoint::BeforeCharge, HookPoint::BeforeSettle, HookPoint::AfterSettle] {
        let placed = Placed::approved_at_paypal().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.approval_hint("WH-1").await.status, 503, "{point:?}");
        assert_eq!(placed.shop.handled().await.len(), 0, "{point:?}");
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(placed.approval_hint("WH-1").await.status, 200, "{point:?}");
        placed.shop.sweep().await.unwrap();
        placed.assert_paid_at_paypal().await;
    }
}

#[tokio::test]
async fn an_id_of_stripes_says_nothing_about_paypals_events() {
    let placed = Placed::approved_at_paypal().await;
    let intent = json!({"id": "pi_of_somebody_else", "object": "payment_intent"});
    placed.shop.run("insert into webhook_events values ('stripe', 'WH-1', 'x', now())", &[]).await;
    assert_eq!(placed.shop.webhook("evt_1", "payment_intent.succeeded", &intent).await.status, 200);
    // Nor does Stripe know of an order at PayPal.
    let order = json!({"id": placed.paypal_order(0), "object": "payment_intent"});
    assert_eq!(placed.shop.webhook("evt_2", "payment_intent.succeeded", &order).await.status, 200);
    assert_eq!(placed.captures(), 0);
    assert_eq!(placed.approval_hint("WH-1").await.status, 200);
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn what_means_nothing_to_this_shop_is_taken_and_forgotten() {
    let placed = Placed::asked_by_paypal().await;
    let capture = json!({"id": "CAP-1", "supplementary_data": {"related_ids": {"order_id": "5O-OTHER"}}});
    let dispute = json!({"dispute_id": "PP-D-1", "disputed_transactions": [{"custom": "order 7"}]});
    for (kind, resource) in [
        ("CHECKOUT.ORDER.APPROVED", json!({"id": "5O-OTHER"})),
        ("PAYMENT.CAPTURE.COMPLETED", capture),
        ("PAYMENT.CAPTURE.REFUNDED", json!({"id": "REF-OTHER"})),
        ("CUSTOMER.DISPUTE.CREATED", dispute),
        ("BILLING.PLAN.CREATED", json!({})),
    ] {
        assert_eq!(placed.shop.paypal_webhook("WH-1", kind, &resource).await.status, 200, "{kind}");
    }
    assert_eq!(placed.shop.handled().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_gives_it_back() {
    let placed = Placed::approved_at_paypal().await;
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    let opened = placed.shop.paypal.dispute(&placed.paypal_order(0)).unwrap();
    for id in ["WH-1", "WH-1", "WH-2"] {
        assert_eq!(placed.shop.paypal_webhook(id, "CUSTOMER.DISPUTE.CREATED", &opened).await.status, 200);
    }
    let shop = &placed.shop;
    let left = "select (100 * coalesce(sum(amount), 0))::bigint from ledger_entries";
    assert_eq!((shop.count(left).await, placed.events("DisputeOpened").await), (0, 1));
    let closed = shop.paypal.close_dispute(opened["dispute_id"].as_str().unwrap(), "RESOLVED_SELLER_FAVOUR").unwrap();
    assert_eq!(shop.paypal_webhook("WH-3", "CUSTOMER.DISPUTE.RESOLVED", &closed).await.status, 200);
    assert_eq!((shop.count(left).await, placed.events("DisputeClosed").await), (6480, 1));
    let noted = "select count(*) from disputes where provider = 'paypal' and outcome = 'won'";
    assert_eq!((shop.count(noted).await, placed.status().await), (1, "PROCESSING".to_owned()));
    placed.assert_events_are_right().await;
}
