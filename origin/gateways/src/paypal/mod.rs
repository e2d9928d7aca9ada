//! PayPal's orders (<https://developer.paypal.com/docs/api/orders/v2/>) behind the `PaymentGateway` port.
//!
//! An order is announced with the intent to capture. The customer agrees to it at PayPal; nothing is charged before this shop asks
//! for the capture, which is the port's confirmation. Every call that could have its effect twice carries a `PayPal-Request-Id` made
//! of our own ids (<https://developer.paypal.com/api/rest/reference/idempotency/>). A timeout, a 5xx, a 409 and a 429 mean that the
//! outcome is not known: the order is read, and nothing is guessed.

mod amount;
mod dispute;
mod http;
mod refunds;
pub(crate) mod webhook;
mod wire;

use std::{sync::Arc, time::Duration};

use commerce_domain::{Clock, Money};
use origin_core::payments::{
    CallOff, Confirmation, Dispute, GatewayError, GatewayLimit, Intent, IntentStatus, NewIntent,
};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use self::{amount::WireAmount, http::Token, wire::WireOrder};
use crate::{Secret, exchange::segment, http_client::client_builder};

/// How long a call may take. A request to pay has 12 seconds for all of them, which `origin-core` watches over.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Where PayPal is and how it knows us.
#[derive(Debug, Clone)]
pub struct PayPalConfig {
    /// `https://api-m.paypal.com`, `https://api-m.sandbox.paypal.com`, or a stand-in.
    pub base_url: String,
    /// The app's client id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: Secret,
    /// Where PayPal sends a customer who has agreed.
    pub return_url: String,
    /// Where PayPal sends a customer who has not.
    pub cancel_url: String,
    /// PayPal's id of the webhook, by which it verifies what it sends. Without one, no webhook is taken.
    pub webhook_id: Option<String>,
}

/// A client of PayPal, whose tokens end by this clock.
#[derive(Debug, Clone)]
pub struct PayPal<K> {
    http: reqwest::Client,
    config: PayPalConfig,
    clock: K,
    token: Arc<Mutex<Option<Token>>>,
}

impl<K: Clock + Sync> PayPal<K> {
    /// A client with that configuration. Nothing is sent before something is asked for.
    ///
    /// # Errors
    /// [`GatewayError::Refused`] if the machine has no usable TLS.
    pub fn new(config: PayPalConfig, clock: K) -> Result<Self, GatewayError> {
        let http =
            client_builder().timeout(TIMEOUT).build().map_err(|error| GatewayError::Refused(error.to_string()))?;
        Ok(Self { http, config, clock, token: Arc::default() })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.base_url)
    }

    /// A request that changes something, under its key; it is answered with the whole object.
    fn keyed(&self, path: &str, key: String, body: &Value) -> RequestBuilder {
        let request = self.http.post(self.url(path)).header("paypal-request-id", key);
        request
            .header("prefer", "return=representation")
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, GatewayError> {
        let (status, body) = self.exchange(request).await?;
        wire::read_answer(status, &body)
    }

    async fn order(&self, id: &str) -> Result<WireOrder, GatewayError> {
        self.send(self.http.get(self.url(&format!("/v2/checkout/orders/{}", segment(id))))).await
    }
}

fn intent(order: WireOrder) -> Result<Intent, GatewayError> {
    // It did act, but what it said cannot be read: the order has to be looked up.
    order.into_intent().ok_or_else(|| GatewayError::Unknown("the order stands in an unknown way".to_owned()))
}

/// The ports, for [`Gateways`](crate::Gateways).
impl<K: Clock + Sync> PayPal<K> {
    pub(crate) fn accepts(amount: Money) -> Result<(), GatewayLimit> {
        WireAmount::of(amount).map(|_| ())
    }

    pub(crate) async fn create_intent(&self, new: &NewIntent) -> Result<Intent, GatewayError> {
        let amount = WireAmount::of(new.amount).map_err(|limit| GatewayError::Refused(limit.to_string()))?;
        let payment = new.payment_id.to_string();
        let body = json!({
            "intent": "CAPTURE",
            "purchase_units": [{"reference_id": new.order_id.to_string(), "custom_id": payment, "amount": amount}],
            "payment_source": {"paypal": {"experience_context": {
                "user_action": "PAY_NOW",
                "shipping_preference": "NO_SHIPPING",
                "return_url": self.config.return_url,
                "cancel_url": self.config.cancel_url,
            }}},
        });
        intent(self.send(self.keyed("/v2/checkout/orders", format!("create:{payment}"), &body)).await?)
    }

    pub(crate) async fn confirm(&self, confirmation: &Confirmation) -> Result<Intent, GatewayError> {
        let key = format!("confirm:{}:{}", confirmation.payment_id, confirmation.attempt);
        let path = format!("/v2/checkout/orders/{}/capture", segment(&confirmation.intent_id));
        let captured = intent(self.send(self.keyed(&path, key, &json!({}))).await?)?;
        match captured.decline {
            Some(decline) => Err(GatewayError::Declined(decline)),
            None => Ok(captured),
        }
    }

    /// PayPal has no call for it, and needs none: an order that was not captured charges only if this shop asks for it.
    pub(crate) async fn cancel_intent(&self, call: CallOff<'_>) -> Result<Intent, GatewayError> {
        let found = self.read_intent(call.intent_id).await?;
        Ok(match found.status {
            IntentStatus::Succeeded | IntentStatus::Processing => found,
            _ => Intent { status: IntentStatus::Canceled, redirect_url: None, ..found },
        })
    }

    /// An order that nobody agreed to is forgotten by PayPal after some hours: it cannot charge any more.
    pub(crate) async fn read_intent(&self, intent_id: &str) -> Result<Intent, GatewayError> {
        match self.order(intent_id).await {
            Ok(order) => intent(order),
            Err(error) if wire::is_missing(&error) => Ok(Intent {
                id: intent_id.to_owned(),
                status: IntentStatus::Canceled,
                client_secret: None,
                redirect_url: None,
                capture_before: None,
                received: None,
                receipt_url: None,
                decline: None,
            }),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn read_dispute(&self, dispute_id: &str) -> Result<Dispute, GatewayError> {
        let url = self.url(&format!("/v1/customer/disputes/{}", segment(dispute_id)));
        let wire: dispute::WireDispute = self.send(self.http.get(url)).await?;
        wire.into_dispute().ok_or_else(|| GatewayError::Unknown("the answer is no dispute".to_owned()))
    }
}
