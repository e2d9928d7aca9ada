//! What the provider still knows after a restart.

use std::{fs, path::Path};

use super::*;

async fn open_in(folder: &Path) -> Shop {
    Shop::open_with(PaymentsConfig { state_dir: Some(folder.to_owned()), ..PaymentsConfig::default() }).await
}

/// Everything but where the provider listens, which is another port each time, and the webhooks.
fn known(shop: &Shop) -> String {
    let mut state = shop.provider.state();
    state["webhooks"].take();
    state.to_string().replace(shop.provider.url(), "")
}

#[tokio::test]
async fn what_was_paid_and_asked_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let shop = open_in(folder.path()).await;
    let paid = shop.pay("pm_card_visa").await;
    assert_eq!(shop.pay("pm_card_chargeDeclined").await.status, 402);
    shop.post("/v1/refunds", &format!("payment_intent={}&amount=50", paid.id())).await;
    let held = "amount=1050&currency=usd&payment_method=pm_card_visa&confirm=true&capture_method=manual";
    let (captured, canceled) =
        (shop.post("/v1/payment_intents", held).await, shop.post("/v1/payment_intents", held).await);
    shop.post(&format!("/v1/payment_intents/{}/capture", captured.id()), "amount_to_capture=1000").await;
    shop.post(&format!("/v1/payment_intents/{}/cancel", canceled.id()), "").await;
    let challenged = shop.pay("pm_card_threeDSecureRequired").await;
    let create = "amount=700&currency=usd";
    let keyed = shop.post_with_key("/v1/payment_intents", "key-1", create).await;
    let before = known(&shop);
    shop.provider.stop().await;

    let shop = open_in(folder.path()).await;
    assert_eq!(known(&shop), before);
    let again = shop.post_with_key("/v1/payment_intents", "key-1", create).await;
    assert_eq!((again.replayed, again.id()), (true, keyed.id()));
    let other = shop.post_with_key("/v1/payment_intents", "key-1", "amount=701&currency=usd").await;
    assert_eq!(other.error("type"), "idempotency_error");
    let url = shop.get(&format!("/v1/payment_intents/{}", challenged.id())).await.body["next_action"].to_string();
    assert!(url.contains(shop.provider.url()), "the cardholder is sent to where the provider is now: {url}");
    shop.post(&format!("/test/3ds/{}/complete", challenged.id()), "").await;
    let before = known(&shop);
    shop.provider.stop().await;

    assert_eq!(known(&open_in(folder.path()).await), before, "what happened after a restart is kept as well");
}

#[tokio::test]
async fn half_a_line_is_that_of_a_process_that_was_killed_and_any_other_damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.ndjson");
    let shop = open_in(folder.path()).await;
    let paid = shop.pay("pm_card_visa").await;
    shop.provider.stop().await;
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{whole}{{\"intent\":{{\"id\":\"pi_")).unwrap();
    let shop = open_in(folder.path()).await;
    assert_eq!(shop.get(&format!("/v1/payment_intents/{}", paid.id())).await.status_of_intent(), "succeeded");
    shop.provider.stop().await;

    fs::write(&file, format!("{{}}\n{whole}")).unwrap();
    let config = PaymentsConfig { state_dir: Some(folder.path().to_owned()), ..PaymentsConfig::default() };
    let error = PaymentProvider::start(config).await.err().unwrap().to_string();
    assert!(error.contains("journal.ndjson"), "{error}");
}
