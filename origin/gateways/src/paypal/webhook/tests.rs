use serde_json::json;

use super::*;
use crate::Secret;

fn config(webhook_id: Option<&str>) -> PayPalConfig {
    PayPalConfig {
        base_url: "http://127.0.0.1:4000".to_owned(),
        client_id: "id".to_owned(),
        client_secret: Secret::new("secret"),
        return_url: "https://shop.example/return".to_owned(),
        cancel_url: "https://shop.example/cancel".to_owned(),
        webhook_id: webhook_id.map(str::to_owned),
    }
}

fn now() -> Timestamp {
    "2024-01-21T11:00:00Z".parse().unwrap()
}

const GOOD: Transmission<'_> = Transmission {
    body: b"{ \"id\":\t\"WH-1\", \"event_type\": \"X\" }",
    id: Some("t-1"),
    time: Some("2024-01-21T10:59:00Z"),
    signature: Some("c2ln"),
    certificate_url: Some("https://api.paypal.com/v1/notifications/certs/CERT-1"),
    algorithm: Some(ALGORITHM),
};

fn ask(transmission: Transmission<'_>) -> Result<String, WebhookRefusal> {
    question(&config(Some("WH-ID")), transmission, now()).map(|question| String::from_utf8(question).unwrap())
}

#[test]
fn the_event_is_asked_about_byte_for_byte() {
    let asked = ask(GOOD).unwrap();
    assert!(asked.ends_with("\"webhook_event\":{ \"id\":\t\"WH-1\", \"event_type\": \"X\" }}"), "{asked}");
    let read: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!((&read["webhook_id"], &read["transmission_id"]), (&json!("WH-ID"), &json!("t-1")));
    assert_eq!(read["cert_url"], json!("https://api.paypal.com/v1/notifications/certs/CERT-1"));
}

#[test]
fn a_header_cannot_say_more_than_one_thing() {
    let asked = ask(Transmission { id: Some("t\",\"webhook_id\":\"other"), ..GOOD }).unwrap();
    let read: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(read["webhook_id"], json!("WH-ID"));
}

#[test]
fn what_is_missing_or_wrong_is_not_asked_about() {
    use WebhookRefusal::{Malformed, Missing, NotTaken, OutOfTime};
    for missing in [
        Transmission { id: None, ..GOOD },
        Transmission { time: None, ..GOOD },
        Transmission { signature: None, ..GOOD },
        Transmission { certificate_url: None, ..GOOD },
        Transmission { algorithm: None, ..GOOD },
    ] {
        assert_eq!(ask(missing), Err(Missing));
    }
    assert_eq!(ask(Transmission { algorithm: Some("none"), ..GOOD }), Err(Malformed));
    assert_eq!(ask(Transmission { time: Some("yesterday"), ..GOOD }), Err(Malformed));
    assert_eq!(ask(Transmission { id: Some(&"x".repeat(MAX_HEADER + 1)), ..GOOD }), Err(Malformed));
    for (time, expected) in [
        ("2024-01-21T11:05:00Z", Ok(())),
        ("2024-01-21T11:05:01Z", Err(OutOfTime)),
        ("2023-12-22T11:00:00Z", Ok(())),
        ("2023-12-22T10:59:59Z", Err(OutOfTime)),
    ] {
        assert_eq!(ask(Transmission { time: Some(time), ..GOOD }).map(drop), expected, "{time}");
    }
    assert_eq!(question(&config(None), GOOD, now()), Err(NotTaken));
}

#[test]
fn a_certificate_is_paypals_or_its_stand_ins() {
    for (url, good) in [
        ("https://api.paypal.com/v1/notifications/certs/CERT-1", true),
        ("https://api.sandbox.paypal.com/certs/CERT-1", true),
        ("http://127.0.0.1:4000/certs/1", true),
        ("http://127.0.0.1:4001/certs/1", false),
        ("http://api.paypal.com/certs/1", false),
        ("https://api.paypal.com.evil.example/certs/1", false),
        ("https://evilpaypal.com/certs/1", false),
        ("https://evil.example/?api.paypal.com", false),
        ("https://api.paypal.com@evil.example/", false),
        ("https://api.paypal.com:8443/certs/1", false),
        ("/certs/1", false),
        ("", false),
    ] {
        assert_eq!(is_paypals(url, "http://127.0.0.1:4000"), good, "{url}");
    }
}

fn subject(kind: &str, resource: &Value) -> WebhookSubject {
    let body = json!({"id": "WH-1", "event_type": kind, "resource": resource}).to_string();
    read_event(body.as_bytes()).unwrap().subject
}

#[test]
fn an_event_names_what_it_is_about() {
    let order = WebhookSubject::Intent { intent_id: "5O1".to_owned() };
    for kind in ["CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED"] {
        assert_eq!(subject(kind, &json!({"id": "5O1"})), order, "{kind}");
    }
    assert_eq!(subject("CHECKOUT.PAYMENT-APPROVAL.REVERSED", &json!({"order_id": "5O1"})), order);
    let capture = json!({"id": "CAP-1", "supplementary_data": {"related_ids": {"order_id": "5O1"}}});
    for kind in ["PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED"] {
        assert_eq!(subject(kind, &capture), order, "{kind}");
    }
    let refund = WebhookSubject::Refund { refund_id: "REF-1".to_owned() };
    for kind in ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.FAILED"] {
        assert_eq!(subject(kind, &json!({"id": "REF-1"})), refund, "{kind}");
    }
    let payment = "pay_01h4vjdvzefw18zfwz5dxw5y8g";
    let dispute = |custom: &str| json!({"dispute_id": "PP-D-1", "disputed_transactions": [{"custom": custom}]});
    let ours = WebhookSubject::DisputeOf { dispute_id: "PP-D-1".to_owned(), payment_id: payment.parse().unwrap() };
    assert_eq!(subject("CUSTOMER.DISPUTE.CREATED", &dispute(payment)), ours);
    assert_eq!(subject("CUSTOMER.DISPUTE.CREATED", &dispute("somebody else's")), WebhookSubject::Other);
    assert_eq!(subject("BILLING.SUBSCRIPTION.CREATED", &json!({"id": "I-1"})), WebhookSubject::Other);
    for kind in ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"] {
        assert_eq!(subject(kind, &json!({})), WebhookSubject::Other, "{kind}");
    }
}

#[test]
fn what_is_no_event_is_refused() {
    for body in [
        "",
        "{}",
        "[]",
        "{\"id\":\"WH-1\"}",
        "{\"id\":\"\",\"event_type\":\"X\"}",
        "{\"id\":\"1\",\"event_type\":\"X\"},{}",
    ] {
        assert_eq!(read_event(body.as_bytes()), Err(WebhookRefusal::NoEvent), "{body}");
    }
}
