use std::time::Duration;

use super::*;

const CREATE: &str = "/v1/payment_intents";
const PAID: &str = "amount=1050&currency=usd&payment_method=pm_card_visa&confirm=true";

async fn switch(shop: &Shop, faults: Value) {
    let answer = shop.send(Method::PUT, "/test/faults", None, faults.to_string()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_same_key_repeats_the_answer_and_charges_once() {
    let shop = Shop::open().await;
    let first = shop.post_with_key(CREATE, "k1", PAID).await;
    let again = shop.post_with_key(CREATE, "k1", PAID).await;
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.body, again.body);
    let other = shop.post_with_key(CREATE, "k1", &PAID.replace("1050", "1051")).await;
    assert_eq!((other.status, other.error("type")), (400, "idempotency_error"));
    let declined = "amount=1050&currency=usd&payment_method=pm_card_chargeDeclined&confirm=true";
    let first = shop.post_with_key(CREATE, "k2", declined).await;
    let again = shop.post_with_key(CREATE, "k2", declined).await;
    assert_eq!((first.status, again.status, again.replayed), (402, 402, true));
    assert_eq!(shop.provider.state()["payment_intents"].as_array().unwrap().len(), 2);
    assert_eq!(shop.charges(), 1);
}

#[tokio::test]
async fn refused_parameters_leave_the_key_free() {
    let shop = Shop::open().await;
    assert_eq!(shop.post_with_key(CREATE, "k1", "amount=1&currency=usd").await.status, 400);
    let paid = shop.post_with_key(CREATE, "k1", PAID).await;
    assert_eq!((paid.status, paid.replayed), (200, false));
}

#[tokio::test]
async fn a_key_is_in_use_while_its_first_request_runs() {
    let shop = Shop::open().await;
    switch(&shop, json!({"delay_ms": 300})).await;
    let second = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        shop.post_with_key(CREATE, "k1", PAID).await
    };
    let (first, second) = tokio::join!(shop.post_with_key(CREATE, "k1", PAID), second);
    assert_eq!(first.status, 200);
    assert_eq!((second.status, second.error("code")), (409, "idempotency_key_in_use"));
    assert_eq!(shop.charges(), 1);
}

#[tokio::test]
async fn an_effect_happens_though_the_caller_stopped_waiting() {
    let shop = Shop::open().await;
    switch(&shop, json!({"delay_ms": 200})).await;
    let impatient = client_builder().timeout(Duration::from_millis(50)).build().unwrap();
    let request = impatient.post(format!("{}{CREATE}", shop.provider.url())).bearer_auth(KEY);
    assert!(request.header("Idempotency-Key", "k1").body(PAID).send().await.unwrap_err().is_timeout());
    assert_eq!(shop.charges(), 0);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(shop.charges(), 1);
    assert!(shop.post_with_key(CREATE, "k1", PAID).await.replayed);
}

#[tokio::test]
async fn a_lost_reply_has_had_its_effect_and_is_repeated_by_the_key() {
    let shop = Shop::open().await;
    switch(&shop, json!({"lose_reply": 1})).await;
    assert!(shop.send(Method::POST, CREATE, Some("k1"), PAID).await.is_err());
    assert_eq!(shop.charges(), 1);
    let again = shop.post_with_key(CREATE, "k1", PAID).await;
    assert_eq!((again.status, again.replayed), (200, true));
    assert_eq!(shop.charges(), 1);
}

#[tokio::test]
async fn a_stored_500_is_repeated_for_as_long_as_the_key_is() {
    let shop = Shop::open().await;
    switch(&shop, json!({"stored_500": 1, "stored_500_after_effect": 1})).await;
    for (key, charges) in [("without", 0), ("with", 1)] {
        for replayed in [false, true, true] {
            let answer = shop.post_with_key(CREATE, key, PAID).await;
            assert_eq!((answer.status, answer.error("type"), answer.replayed), (500, "api_error", replayed));
        }
        assert_eq!(shop.charges(), charges, "{key}");
    }
    assert_eq!(shop.post_with_key(CREATE, "fresh", PAID).await.status, 200);
}

#[tokio::test]
async fn switched_conflicts_and_limits_have_no_effect_and_leave_the_key_free() {
    let shop = Shop::open().await;
    switch(&shop, json!({"key_in_use": 1, "rate_limit": 1})).await;
    assert_eq!(shop.post_with_key(CREATE, "k1", PAID).await.error("code"), "idempotency_key_in_use");
    assert_eq!(shop.post_with_key(CREATE, "k1", PAID).await.error("code"), "rate_limit");
    assert_eq!(shop.charges(), 0);
    assert_eq!(shop.post_with_key(CREATE, "k1", PAID).await.status, 200);
}

#[tokio::test]
async fn a_repeated_answer_meets_no_fault_and_uses_none_up() {
    let shop = Shop::open().await;
    let first = shop.post_with_key(CREATE, "k1", PAID).await;
    switch(&shop, json!({"key_in_use": 1, "rate_limit": 1})).await;
    let again = shop.post_with_key(CREATE, "k1", PAID).await;
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &first.body));
    let other = shop.post_with_key(CREATE, "k1", &PAID.replace("1050", "1051")).await;
    assert_eq!(other.error("type"), "idempotency_error");
    let left = shop.get("/test/faults").await.body;
    assert_eq!((&left["key_in_use"], &left["rate_limit"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn faults_can_be_aimed_at_one_operation() {
    let shop = Shop::open().await;
    switch(&shop, json!({"stored_500": 1, "only": ["confirm"]})).await;
    let intent = shop.post(CREATE, "amount=1050&currency=usd&payment_method=pm_card_visa").await;
    assert_eq!(intent.status_of_intent(), "requires_confirmation");
    let confirm = format!("{CREATE}/{}/confirm", intent.id());
    assert_eq!(shop.post(&confirm, "").await.status, 500);
    assert_eq!(shop.post(&confirm, "").await.status_of_intent(), "succeeded");
    let remaining = shop.get("/test/faults").await.body;
    assert_eq!(remaining["stored_500"], 0);
}

#[tokio::test]
async fn a_misspelt_switch_is_refused() {
    let shop = Shop::open().await;
    let answer = shop.send(Method::PUT, "/test/faults", None, r#"{"lose_replys":1}"#).await.unwrap();
    assert_eq!(answer.status, 400);
}
