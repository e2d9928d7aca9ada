//! `/webhooks`.

use bytes::Bytes;
use commerce_api::headers::{
    CARRIER_SIGNATURE, PAYPAL_AUTH_ALGO, PAYPAL_CERT_URL, PAYPAL_TRANSMISSION_ID, PAYPAL_TRANSMISSION_SIG,
    PAYPAL_TRANSMISSION_TIME, STRIPE_SIGNATURE,
};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    payments::{Transmission, Webhook, receive_transmission, receive_webhook},
    shipping::receive_carrier_webhook,
};
use serde_json::json;

use crate::{ApiError, call::Call, caller::text, respond::json};

/// `POST /webhooks/stripe`: a hint that something has happened. Whatever is not answered with a 200 is sent again.
pub(crate) async fn receive_stripe_webhook<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let webhook = Webhook { body: &call.body, signature: text(&call.parts, &STRIPE_SIGNATURE) };
    receive_webhook(backend, webhook).await?;
    json(StatusCode::OK, &json!({"received": true}))
}

/// `POST /webhooks/paypal`: as [`receive_stripe_webhook`].
pub(crate) async fn receive_paypal_webhook<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let transmission = Transmission {
        body: &call.body,
        id: text(&call.parts, &PAYPAL_TRANSMISSION_ID),
        time: text(&call.parts, &PAYPAL_TRANSMISSION_TIME),
        signature: text(&call.parts, &PAYPAL_TRANSMISSION_SIG),
        certificate_url: text(&call.parts, &PAYPAL_CERT_URL),
        algorithm: text(&call.parts, &PAYPAL_AUTH_ALGO),
    };
    receive_transmission(backend, transmission).await.map_err(ApiError::PayPalWebhook)?;
    json(StatusCode::OK, &json!({"received": true}))
}

/// `POST /webhooks/carrier`: a hint that something has happened to a shipment. Whatever is not answered with a 200 is sent again.
pub(crate) async fn receive_carrier<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let webhook = Webhook { body: &call.body, signature: text(&call.parts, &CARRIER_SIGNATURE) };
    receive_carrier_webhook(backend, webhook).await?;
    json(StatusCode::OK, &json!({"received": true}))
}
