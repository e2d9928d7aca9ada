use super::*;

#[tokio::test]
async fn a_confirmed_intent_charges_once_and_shows_its_receipt() {
    let shop = Shop::open().await;
    let body = "amount=1050&currency=USD&payment_method=pm_stripe_123&confirm=true&metadata[order_id]=order_1\
                &expand[]=latest_charge";
    let paid = shop.post("/v1/payment_intents", body).await;
    assert_eq!((paid.status, paid.status_of_intent()), (200, "succeeded"));
    assert_eq!(paid.body["amount_received"], 1050);
    assert_eq!(paid.body["currency"], "usd");
    assert_eq!(paid.body["metadata"]["order_id"], "order_1");
    let charge = &paid.body["latest_charge"];
    assert!(charge["receipt_url"].as_str().unwrap().contains(charge["id"].as_str().unwrap()));
    let read = shop.get(&format!("/v1/payment_intents/{}", paid.id())).await;
    assert_eq!(read.body["latest_charge"], charge["id"]);
    let read = shop.get(&format!("/v1/payment_intents/{}?expand[]=latest_charge", paid.id())).await;
    assert_eq!(&read.body["latest_charge"], charge);
    assert_eq!(shop.charges(), 1);
}

#[tokio::test]
async fn a_declined_card_is_a_402_with_its_code_and_another_card_may_be_tried() {
    let shop = Shop::open().await;
    for (method, code, decline_code) in [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", ""),
    ] {
        let declined = shop.pay(method).await;
        assert_eq!((declined.status, declined.error("type")), (402, "card_error"));
        assert_eq!((declined.error("code"), declined.error("decline_code")), (code, decline_code));
        let intent = &declined.body["error"]["payment_intent"];
        assert_eq!(intent["status"], "requires_payment_method");
        assert_eq!(intent["last_payment_error"]["code"], code);
        let path = format!("/v1/payment_intents/{}/confirm", intent["id"].as_str().unwrap());
        let missing = shop.post(&path, "").await;
        assert_eq!(missing.error("code"), "payment_intent_unexpected_state");
        assert_eq!(shop.post(&path, "payment_method=pm_card_visa").await.status_of_intent(), "succeeded");
    }
    assert_eq!(shop.charges(), 3);
}

#[tokio::test]
async fn authentication_is_asked_for_and_its_outcome_decides() {
    let shop = Shop::open().await;
    for (method, outcome, status) in [
        ("pm_card_threeDSecure2Required", "", "succeeded"),
        ("pm_card_authenticationRequired", r#"{"outcome":"authenticate"}"#, "succeeded"),
        ("pm_card_authenticationRequired", r#"{"outcome":"fail"}"#, "requires_payment_method"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "", "requires_payment_method"),
    ] {
        let waiting = shop.pay(method).await;
        assert_eq!((waiting.status, waiting.status_of_intent()), (200, "requires_action"));
        let action = &waiting.body["next_action"];
        assert_eq!(action["type"], "use_stripe_sdk", "there is nowhere to come back to");
        let url = action["use_stripe_sdk"]["stripe_js"].as_str().unwrap();
        let path = format!("/test/3ds/{}", waiting.id());
        assert!(url.ends_with(&path), "{url}");
        let done = shop.post(&format!("{path}/complete"), outcome).await;
        assert_eq!((done.status, done.status_of_intent()), (200, status), "{method} {outcome}");
        assert_eq!(done.body["next_action"], Value::Null);
        let again = shop.post(&format!("{path}/complete"), outcome).await;
        assert_eq!(again.error("code"), "payment_intent_unexpected_state");
    }
    assert_eq!(shop.charges(), 2);
}

#[tokio::test]
async fn a_browser_goes_back_to_the_shop_after_authentication() {
    let shop = Shop::open().await;
    let body = "amount=1050&currency=usd&payment_method=pm_card_threeDSecure2Required&confirm=true\
                &return_url=https%3A%2F%2Fshop.test%2Fdone%3Fa%3D1";
    let intent = shop.post("/v1/payment_intents", body).await;
    let url = intent.body["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    let browser = client_builder().build().unwrap();
    let page = browser.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("/test/3ds/{}/complete", intent.id())), "{page}");
    let back = browser.post(format!("{url}/complete")).body("outcome=authenticate").send().await.unwrap();
    let location = back.headers()["location"].to_str().unwrap();
    assert_eq!(back.status(), 303);
    assert!(location.starts_with(&format!("https://shop.test/done?a=1&payment_intent={}", intent.id())), "{location}");
    assert!(location.ends_with("redirect_status=succeeded"), "{location}");
}

#[tokio::test]
async fn an_authorised_payment_is_captured_or_canceled_but_not_both() {
    let shop = Shop::open().await;
    let body = "amount=1050&currency=usd&payment_method=pm_card_visa&confirm=true&capture_method=manual";
    let held = shop.post("/v1/payment_intents", body).await;
    assert_eq!((held.status_of_intent(), &held.body["amount_capturable"]), ("requires_capture", &json!(1050)));
    let path = format!("/v1/payment_intents/{}", held.id());
    assert_eq!(shop.post(&format!("{path}/capture"), "amount_to_capture=1051").await.status, 400);
    let captured = shop.post(&format!("{path}/capture"), "amount_to_capture=1000").await;
    assert_eq!((captured.status_of_intent(), &captured.body["amount_received"]), ("succeeded", &json!(1000)));
    let refused = shop.post(&format!("{path}/cancel"), "").await;
    assert_eq!((refused.status, refused.error("code")), (400, "payment_intent_unexpected_state"));
    assert_eq!(refused.body["error"]["payment_intent"]["status"], "succeeded");

    let held = shop.post("/v1/payment_intents", body).await;
    let path = format!("/v1/payment_intents/{}", held.id());
    let canceled = shop.post(&format!("{path}/cancel"), "cancellation_reason=abandoned").await;
    assert_eq!((canceled.status_of_intent(), &canceled.body["cancellation_reason"]), ("canceled", &json!("abandoned")));
    for action in ["capture", "confirm", "cancel"] {
        let refused = shop.post(&format!("{path}/{action}"), "").await;
        assert_eq!(refused.error("code"), "payment_intent_unexpected_state", "{action}");
    }
}

#[tokio::test]
async fn refunds_never_exceed_the_charge() {
    let shop = Shop::open().await;
    let intent = shop.pay("pm_card_visa").await.id();
    let body = |amount: &str| format!("payment_intent={intent}&amount={amount}&reason=requested_by_customer");
    let first = shop.post("/v1/refunds", &body("1000")).await;
    assert_eq!((first.status, &first.body["amount"], &first.body["status"]), (200, &json!(1000), &json!("succeeded")));
    assert_eq!(shop.get(&format!("/v1/refunds/{}", first.id())).await.body, first.body);
    assert_eq!(shop.post("/v1/refunds", &body("51")).await.error("param"), "amount");
    let rest = shop.post("/v1/refunds", &format!("payment_intent={intent}")).await;
    assert_eq!(rest.body["amount"], 50);
    assert_eq!(shop.post("/v1/refunds", &body("1")).await.error("code"), "charge_already_refunded");
    let charge = shop.get(&format!("/v1/charges/{}", first.body["charge"].as_str().unwrap())).await;
    assert_eq!((&charge.body["amount_refunded"], &charge.body["refunded"]), (&json!(1050), &json!(true)));

    let unpaid = shop.post("/v1/payment_intents", "amount=1050&currency=usd").await.id();
    assert_eq!(shop.post("/v1/refunds", &format!("payment_intent={unpaid}")).await.status, 400);
    assert_eq!(shop.post("/v1/refunds", "amount=1").await.error("code"), "parameter_missing");
    assert_eq!(shop.post("/v1/refunds", "charge=ch_missing").await.status, 404);
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let shop = Shop::open().await;
    for (body, code, param) in [
        ("currency=usd", "parameter_missing", "amount"),
        ("amount=1050", "parameter_missing", "currency"),
        ("amount=10.50&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=-5&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=49&currency=usd", "amount_too_small", "amount"),
        ("amount=1050&currency=usd&colour=red", "parameter_unknown", "colour"),
        ("amount=1050&currency=usd&payment_method=card_1", "resource_missing", "payment_method"),
        ("amount=1050&currency=usd&confirm=true", "parameter_missing", "payment_method"),
        ("amount=1050&currency=usd&capture_method=later", "", "capture_method"),
    ] {
        let answer = shop.post("/v1/payment_intents", body).await;
        assert_eq!((answer.status, answer.error("code"), answer.error("param")), (400, code, param), "{body}");
    }
    assert_eq!(shop.provider.state()["payment_intents"], json!([]));
}
