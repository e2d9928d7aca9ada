//! Stripe's Payment Intents (<https://docs.stripe.com/api/payment_intents>) behind the `PaymentGateway` port.
//!
//! Every call that could have its effect twice carries an `Idempotency-Key` made of our own ids, so a repeated call has its effect once
//! (<https://docs.stripe.com/api/idempotent_requests>). A timeout, a 429 and a key that is in use mean that the outcome is not
//! known; a 500 that Stripe has ended with an outcome to be read. Nothing is guessed here.

mod amount;
mod dispute;
mod refunds;
mod webhook;
mod wire;

use std::time::Duration;

use bytes::BytesMut;
use commerce_domain::Money;
use jiff::Timestamp;
use origin_core::payments::{
    CallOff, Capture, Confirmation, Dispute, GatewayError, GatewayLimit, Intent, NewIntent, PaymentGateway, Provider,
    ReadDispute, Transmission, Unverified, VerifyTransmission, VerifyWebhook, Webhook, WebhookEvent, WebhookRefusal,
};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use crate::{
    Secret,
    exchange::{exchange, segment},
    http_client::client_builder,
    webhook_signature::verify,
};

/// The version of Stripe's API that this client was written for.
const API_VERSION: &str = "2025-03-31.basil";
/// How long a call may take. A request to pay has 12 seconds for all of them, which `origin-core` watches over.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Where Stripe is and how it knows us.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// `https://api.stripe.com`, or a stand-in.
    pub base_url: String,
    /// `sk_live_…` or `sk_test_…`
    pub secret_key: Secret,
    /// Where Stripe sends the customer after 3-D Secure.
    pub return_url: String,
    /// When the money is taken.
    pub capture: CaptureMethod,
    /// What Stripe signs webhooks with, `whsec_…`: the current secret, and the previous one while they are rotated. Without
    /// any, no webhook is taken.
    pub webhook_secrets: Vec<Secret>,
}

/// When the money of a payment is taken (<https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaptureMethod {
    /// Along with the customer's confirmation.
    #[default]
    Automatic,
    /// When the shop says so, some days later at most; it is set aside until then.
    Manual,
}

impl CaptureMethod {
    /// The method of that name, `automatic` or `manual`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::Automatic, Self::Manual].into_iter().find(|method| method.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

/// A client of Stripe.
#[derive(Debug, Clone)]
pub struct Stripe {
    http: reqwest::Client,
    config: StripeConfig,
}

impl Stripe {
    /// A client with that configuration.
    ///
    /// # Errors
    /// [`GatewayError::Refused`] if the machine has no usable TLS.
    pub fn new(config: StripeConfig) -> Result<Self, GatewayError> {
        let http =
            client_builder().timeout(TIMEOUT).build().map_err(|error| GatewayError::Refused(error.to_string()))?;
        Ok(Self { http, config })
    }

    async fn post(&self, path: &str, key: Option<String>, form: &[(&str, &str)]) -> Result<Intent, GatewayError> {
        self.intent(self.form_request(&format!("/payment_intents{path}"), key, form)).await
    }

    /// A request that changes something.
    fn form_request(&self, path: &str, key: Option<String>, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let request = self.http.post(self.url(path));
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        request.header("content-type", "application/x-www-form-urlencoded").body(wire::form(form))
    }

    async fn intent(&self, request: reqwest::RequestBuilder) -> Result<Intent, GatewayError> {
        let wire: wire::WireIntent = self.send(request).await?;
        // It did act, but what it said cannot be read: the intent has to be looked up.
        wire.into_intent().ok_or_else(|| GatewayError::Unknown("the answer is no payment intent".to_owned()))
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, GatewayError> {
        let (status, body) = self.exchange(request).await?;
        wire::read_answer(status, &body)
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, BytesMut), GatewayError> {
        let request = request.bearer_auth(self.config.secret_key.reveal()).header("stripe-version", API_VERSION);
        exchange(request).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1{path}", self.config.base_url)
    }
}

impl PaymentGateway for Stripe {
    fn knows(&self, provider: Provider) -> bool {
        provider == Provider::Stripe
    }

    fn accepts(&self, _: Provider, amount: Money) -> Result<(), GatewayLimit> {
        amount::to_stripe(amount).map(|_| ())
    }

    async fn create_intent(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        let amount = amount::to_stripe(intent.amount).map_err(|limit| GatewayError::Refused(limit.to_string()))?;
        let (amount, currency) = (amount.to_string(), intent.amount.currency().code().to_ascii_lowercase());
        let (order, payment) = (intent.order_id.to_string(), intent.payment_id.to_string());
        let form = [
            ("amount", amount.as_str()),
            ("currency", currency.as_str()),
            ("metadata[orderId]", order.as_str()),
            ("metadata[paymentId]", payment.as_str()),
            ("payment_method_types[]", "card"),
            ("capture_method", self.config.capture.as_str()),
        ];
        self.post("", Some(format!("create:{payment}")), &form).await
    }

    async fn confirm(&self, confirmation: &Confirmation) -> Result<Intent, GatewayError> {
        let key = format!("confirm:{}:{}", confirmation.payment_id, confirmation.attempt);
        let form = [
            ("payment_method", confirmation.payment_method_id.as_str()),
            ("return_url", self.config.return_url.as_str()),
            ("expand[]", "latest_charge"),
        ];
        self.post(&format!("/{}/confirm", segment(&confirmation.intent_id)), Some(key), &form).await
    }

    async fn capture_intent(&self, call: Capture<'_>) -> Result<Intent, GatewayError> {
        let (key, form) = (format!("capture:{}", call.payment_id), [("expand[]", "latest_charge")]);
        self.post(&format!("/{}/capture", segment(call.intent_id)), Some(key), &form).await
    }

    async fn cancel_intent(&self, call: CallOff<'_>) -> Result<Intent, GatewayError> {
        // Without a key, under which Stripe would keep a refusal for a day. What is canceled cannot be canceled again.
        let form = [("cancellation_reason", "abandoned"), ("expand[]", "latest_charge")];
        self.post(&format!("/{}/cancel", segment(call.intent_id)), None, &form).await
    }

    async fn read_intent(&self, _: Provider, intent_id: &str) -> Result<Intent, GatewayError> {
        let url = self.url(&format!("/payment_intents/{}?expand[]=latest_charge", segment(intent_id)));
        self.intent(self.http.get(url)).await
    }
}

impl ReadDispute for Stripe {
    async fn read_dispute(&self, _: Provider, dispute_id: &str) -> Result<Dispute, GatewayError> {
        let url = self.url(&format!("/disputes/{}", segment(dispute_id)));
        let (status, body) = self.exchange(self.http.get(url)).await?;
        dispute::read_answer(status, &body)
    }
}

impl VerifyWebhook for Stripe {
    fn verify_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<WebhookEvent, WebhookRefusal> {
        verify(webhook, &self.config.webhook_secrets, now)?;
        webhook::read_event(webhook.body)
    }
}

/// A shop without PayPal.
impl VerifyTransmission for Stripe {
    async fn verify_transmission(&self, _: Transmission<'_>, _: Timestamp) -> Result<WebhookEvent, Unverified> {
        Err(WebhookRefusal::NotTaken.into())
    }
}
