//! `/webhooks`.

use bytes::Bytes;
use commerce_api::headers::STRIPE_SIGNATURE;
use http::{Response, StatusCode};
use origin_core::{
    Backend,
    payments::{Webhook, receive_webhook},
};
use serde_json::json;

use crate::{ApiError, call::Call, caller::text, respond::json};

/// `POST /webhooks/stripe`: a hint that something has happened. Whatever is not answered with a 200 is sent again.
pub(crate) async fn receive_stripe_webhook<B: Backend>(backend: &B, call: &Call) -> Result<Response<Bytes>, ApiError> {
    let webhook = Webhook { body: &call.body, signature: text(&call.parts, &STRIPE_SIGNATURE) };
    receive_webhook(backend, webhook).await?;
    json(StatusCode::OK, &json!({"received": true}))
}
