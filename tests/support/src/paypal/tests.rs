use super::*;
use crate::net::client_builder;

async fn get_token(fake: &FakePayPal, secret: &str) -> (u16, Option<String>) {
    let client = client_builder().build().unwrap();
    let request = client.post(format!("{}/v1/oauth2/token", fake.url()));
    let request = request.basic_auth("paypal_client_local", Some(secret)).body("grant_type=client_credentials");
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, body["access_token"].as_str().map(str::to_owned))
}

async fn read(fake: &FakePayPal, token: &str) -> u16 {
    let client = client_builder().build().unwrap();
    let request = client.get(format!("{}/v2/checkout/orders/5O1", fake.url())).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn only_who_knows_the_secret_gets_a_token_and_it_can_be_revoked() {
    let fake = FakePayPal::start(PayPalSettings::default()).await.unwrap();
    assert_eq!(get_token(&fake, "wrong").await, (401, None));
    let (status, token) = get_token(&fake, "paypal_secret_local").await;
    let token = token.unwrap();
    assert_eq!((status, read(&fake, &token).await, read(&fake, "other").await), (200, 404, 401));
    fake.revoke_tokens();
    assert_eq!(read(&fake, &token).await, 401);
}

#[tokio::test]
async fn a_transmission_is_good_for_its_bytes_and_its_webhook_only() {
    let fake = FakePayPal::start(PayPalSettings::default()).await.unwrap();
    let headers = fake.transmission("WH-ID", "{ \"id\":1}");
    let value = |name: &str| headers.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let ask = |webhook: &str, event: &str| {
        let question = format!(
            "{{\"transmission_id\":\"{}\",\"transmission_time\":\"{}\",\"transmission_sig\":\"{}\",\"webhook_id\":\"{webhook}\",\"webhook_event\":{event}}}",
            value("paypal-transmission-id"),
            value("paypal-transmission-time"),
            value("paypal-transmission-sig"),
        );
        fake.shared.verify(&question)["verification_status"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask("WH-ID", "{ \"id\":1}"), "SUCCESS");
    assert_eq!((ask("WH-ID", "{\"id\":1}"), ask("other", "{ \"id\":1}")), ("FAILURE".to_owned(), "FAILURE".to_owned()));
}
