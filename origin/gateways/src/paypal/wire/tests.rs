use super::*;

fn order(status: &str, captures: &[&str]) -> Option<Intent> {
    let captures: Vec<String> =
        captures.iter().map(|status| format!(r#"{{"id": "CAP-1", "status": "{status}"}}"#)).collect();
    let body = format!(
        r#"{{"id": "5O1", "status": "{status}",
            "links": [{{"href": "https://paypal.test/self", "rel": "self"}}, {{"href": "https://paypal.test/go", "rel": "payer-action"}}],
            "purchase_units": [{{"payments": {{"captures": [{}]}}}}]}}"#,
        captures.join(",")
    );
    read_answer::<WireOrder>(StatusCode::OK, body.as_bytes()).unwrap().into_intent()
}

#[test]
fn the_charge_decides_where_an_order_stands_and_the_customer_where_there_is_none() {
    use IntentStatus::{Approved, Canceled, Processing, RequiresAction, RequiresPaymentMethod, Succeeded};
    for (status, captures, expected) in [
        ("CREATED", &[][..], Some(RequiresAction)),
        ("PAYER_ACTION_REQUIRED", &[], Some(RequiresAction)),
        ("APPROVED", &[], Some(Approved)),
        ("VOIDED", &[], Some(Canceled)),
        ("COMPLETED", &["COMPLETED"], Some(Succeeded)),
        ("COMPLETED", &["REFUNDED"], Some(Succeeded)),
        ("COMPLETED", &["PARTIALLY_REFUNDED"], Some(Succeeded)),
        ("COMPLETED", &["PENDING"], Some(Processing)),
        ("COMPLETED", &["DECLINED"], Some(RequiresPaymentMethod)),
        ("COMPLETED", &["DECLINED", "COMPLETED"], Some(Succeeded)),
        ("COMPLETED", &[], None),
        ("COMPLETED", &["BRAND_NEW"], None),
        ("SAVED", &[], None),
    ] {
        let intent = order(status, captures);
        assert_eq!(intent.as_ref().map(|intent| intent.status), expected, "{status} {captures:?}");
        let asked = intent.is_some_and(|intent| intent.redirect_url.is_some());
        assert_eq!(asked, expected == Some(RequiresAction), "{status} {captures:?}");
    }
    assert_eq!(order("COMPLETED", &["DECLINED"]).unwrap().decline.unwrap().code, "capture_declined");
}

fn failure(status: u16, body: &str) -> GatewayError {
    check(StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap_err()
}

fn unprocessable(issue: &str) -> GatewayError {
    failure(422, &format!(r#"{{"name": "UNPROCESSABLE_ENTITY", "details": [{{"issue": "{issue}"}}]}}"#))
}

#[test]
fn what_leaves_the_outcome_open_is_unknown() {
    for (status, body) in [
        (500, r#"{"name": "INTERNAL_SERVER_ERROR"}"#),
        (503, "<html>"),
        (429, r#"{"name": "RATE_LIMIT_REACHED"}"#),
        (409, r#"{"name": "RESOURCE_CONFLICT"}"#),
        (408, ""),
    ] {
        assert!(matches!(failure(status, body), GatewayError::Unknown(_)), "{status}");
    }
    assert!(matches!(unprocessable("PREVIOUS_REQUEST_IN_PROGRESS"), GatewayError::Unknown(_)));
    let half = read_answer::<WireOrder>(StatusCode::CREATED, br#"{"id": "5O1""#).map(drop);
    assert!(matches!(half, Err(GatewayError::Unknown(_))));
}

#[test]
fn a_no_to_the_customer_is_told_apart_from_a_no_to_the_shop() {
    for issue in DECLINES {
        let code = issue.to_ascii_lowercase();
        assert!(matches!(unprocessable(issue), GatewayError::Declined(decline) if decline.code == code), "{issue}");
    }
    for issue in ["ORDER_NOT_APPROVED", "ORDER_ALREADY_CAPTURED", "PAYER_ACTION_REQUIRED"] {
        assert_eq!(unprocessable(issue), GatewayError::Refused(issue.to_owned()));
    }
    assert_eq!(failure(401, r#"{"error": "invalid_client"}"#), GatewayError::Refused("invalid_client".to_owned()));
    let missing = r#"{"name": "RESOURCE_NOT_FOUND", "details": [{"issue": "INVALID_RESOURCE_ID"}]}"#;
    assert!(is_missing(&failure(404, missing)) && !is_missing(&failure(404, "<html>")));
}

#[test]
fn where_the_customer_goes_does_not_print_itself() {
    let intent = order("CREATED", &[]).unwrap();
    assert_eq!(intent.redirect_url.as_ref().map(Secret::reveal), Some("https://paypal.test/go"));
    assert!(!format!("{intent:?}").contains("paypal.test"), "{intent:?}");
}
