use super::*;

fn subject(kind: &str, object: &str) -> WebhookSubject {
    let body = format!(r#"{{"id": "evt_1", "type": "{kind}", "data": {{"object": {object}}}}}"#);
    let event = read_event(body.as_bytes()).unwrap();
    assert_eq!((event.id.as_str(), event.kind.as_str()), ("evt_1", kind));
    event.subject
}

#[test]
fn an_event_is_about_what_its_type_says() {
    let intent = r#"{"id": "pi_1", "status": "succeeded"}"#;
    let expected = WebhookSubject::Intent { intent_id: "pi_1".to_owned() };
    for kind in ["payment_intent.succeeded", "payment_intent.canceled", "payment_intent.brand_new"] {
        assert_eq!(subject(kind, intent), expected);
    }
    let dispute = r#"{"id": "du_1", "payment_intent": "pi_1"}"#;
    let expected = WebhookSubject::Dispute { dispute_id: "du_1".to_owned(), intent_id: "pi_1".to_owned() };
    assert_eq!(subject("charge.dispute.closed", dispute), expected);
    let expected = WebhookSubject::Refund { refund_id: "re_1".to_owned() };
    for kind in ["refund.created", "refund.failed", "charge.refund.updated"] {
        let ours = r#"{"id": "re_1", "payment_intent": "pi_1", "metadata": {"refundId": "ref_1"}}"#;
        assert_eq!(subject(kind, ours), expected);
        assert_eq!(subject(kind, r#"{"id": "re_1"}"#), expected);
        let by_hand = WebhookSubject::RefundElsewhere { refund_id: "re_1".to_owned(), intent_id: "pi_1".to_owned() };
        assert_eq!(subject(kind, r#"{"id": "re_1", "payment_intent": "pi_1", "metadata": {}}"#), by_hand);
    }
    for (kind, object) in [
        ("charge.succeeded", intent),
        ("charge.refunded", r#"{"id": "ch_1", "payment_intent": "pi_1"}"#),
        ("payment_intent.succeeded", "{}"),
        ("charge.dispute.created", r#"{"id": "du_1", "payment_intent": null}"#),
        ("customer.created", "null"),
    ] {
        assert_eq!(subject(kind, object), WebhookSubject::Other, "{kind}");
    }
}

#[test]
fn what_has_no_id_or_no_type_is_no_event() {
    let long = format!(r#"{{"id": "{}", "type": "a"}}"#, "x".repeat(256));
    for body in ["", "[]", "{}", "\u{feff}{}", r#"{"id": "evt_1"}"#, r#"{"id": 1, "type": "a"}"#, &long] {
        assert_eq!(read_event(body.as_bytes()), Err(WebhookRefusal::NoEvent), "{body}");
    }
    assert!(read_event(br#"{"id": "evt_1", "type": "v2.core.event"}"#).is_ok());
}
