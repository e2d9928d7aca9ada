//! `/webhooks`.

use bytes::Bytes;
use commerce_api::headers::{CARRIER_SIGNATURE, STRIPE_SIGNATURE};
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    payments::{Webhook, receive_webhook},
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

/// `POST /webhooks/carrier`: a hint that something has happened to a shipment. Whatever is not answered with a 200 is sent again.
pub(crate) async fn receive_carrier<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let webhook = Webhook { body: &call.body, signature: text(&call.parts, &CARRIER_SIGNATURE) };
    receive_carrier_webhook(backend, webhook).await?;
    json(StatusCode::OK, &json!({"received": true}))
}
