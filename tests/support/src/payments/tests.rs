//! The provider over real HTTP, as the shop's gateway sees it.

mod faults;
mod intents;
mod journal;
mod webhooks;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::*;
use crate::net::client_builder;

const KEY: &str = "sk_test_local";

/// A provider and a client that knows its key.
struct Shop {
    provider: PaymentProvider,
    client: Client,
}

/// What came back.
struct Answer {
    status: u16,
    replayed: bool,
    body: Value,
}

impl Answer {
    fn error(&self, field: &str) -> &str {
        self.body["error"][field].as_str().unwrap_or_default()
    }

    fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }

    fn status_of_intent(&self) -> &str {
        self.body["status"].as_str().unwrap_or_default()
    }
}

impl Shop {
    async fn open() -> Self {
        Self::open_with(PaymentsConfig::default()).await
    }

    async fn open_with(config: PaymentsConfig) -> Self {
        let provider = PaymentProvider::start(config).await.unwrap();
        Self { provider, client: client_builder().build().unwrap() }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: impl Into<String>,
    ) -> reqwest::Result<Answer> {
        let url = format!("{}{path}", self.provider.url());
        let mut request = self.client.request(method, url).bearer_auth(KEY).body(body.into());
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let replayed = response.headers().get("Idempotent-Replayed").is_some_and(|value| value == "true");
        assert!(response.headers().contains_key("request-id") || !path.starts_with("/v1") || status == 404);
        Ok(Answer { status, replayed, body: serde_json::from_slice(&response.bytes().await?).unwrap() })
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, None, body).await.unwrap()
    }

    async fn post_with_key(&self, path: &str, key: &str, body: &str) -> Answer {
        self.send(Method::POST, path, Some(key), body).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, "").await.unwrap()
    }

    /// A payment of 10.50 USD with this method, confirmed at once.
    async fn pay(&self, method: &str) -> Answer {
        let body = format!("amount=1050&currency=usd&payment_method={method}&confirm=true");
        self.post("/v1/payment_intents", &body).await
    }

    /// Charges that took money.
    fn charges(&self) -> usize {
        let state = self.provider.state();
        state["charges"].as_array().unwrap().iter().filter(|charge| charge["status"] == "succeeded").count()
    }
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_refused_before_anything_happens() {
    let shop = Shop::open().await;
    let url = format!("{}/v1/payment_intents", shop.provider.url());
    for request in [shop.client.post(&url), shop.client.post(&url).bearer_auth("sk_test_other")] {
        let response = request.body("amount=1050&currency=usd").send().await.unwrap();
        assert_eq!(response.status(), 401);
    }
    assert_eq!(shop.provider.state()["payment_intents"], json!([]));
}

#[tokio::test]
async fn an_unknown_url_is_a_404_in_stripes_words() {
    let shop = Shop::open().await;
    for path in ["/v1/customers", "/v1/payment_intents/pi_1/confuse"] {
        let answer = shop.post(path, "").await;
        assert_eq!((answer.status, answer.error("type")), (404, "invalid_request_error"));
    }
    let answer = shop.get("/v1/payment_intents/pi_missing").await;
    assert_eq!((answer.status, answer.error("code")), (404, "resource_missing"));
}
