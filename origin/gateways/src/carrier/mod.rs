//! A carrier behind the `Carrier` port, by a small JSON API that a carrier's own, or an aggregator's, is easily put behind:
//!
//! | call | body or answer |
//! |---|---|
//! | `POST /labels`, `Idempotency-Key: label:<reference>` | `{"reference","orderReference","service","to":{"street","city","state","zipCode","country"},"pieces"}`; 201 with the label |
//! | `GET /labels/{reference}` | 200 with the label, or 404 |
//! | a label | `{"tracker","reference","carrier","trackingNumber","trackingUrl","estimatedDelivery"}` |
//! | `GET /trackers/{tracker}` | `{"tracker","status","estimatedDelivery"}`; the status `delivered` is the only one that matters |
//! | webhooks | `{"id","type","data":{"tracker","reference"}}`, signed in `Carrier-Signature` as Stripe signs |
//!
//! `reference` is the id of our shipment; there is one label for each. A call is authorised by a bearer token. 422 with
//! `{"code","message"}` is the carrier's no to the parcel. Any other 4xx but 404, 409 and 429 is a fault of the configuration, after
//! which nothing has happened; everything else leaves the outcome open, and the label is looked for.

mod wire;

use std::time::Duration;

use bytes::Bytes;
use commerce_aws::{HttpClient as _, TransportError};
use commerce_domain::ShipmentId;
use http::{HeaderValue, Request, Response, StatusCode, header, request::Builder};
use jiff::Timestamp;
use origin_core::{
    payments::{Webhook, WebhookRefusal},
    shipping::{Carrier, CarrierError, CarrierEvent, Label, LabelRequest, Tracker},
};

use crate::{ReqwestClient, Secret, exchange::segment, webhook_signature::verify};

/// How long a call may take. A request to ship has 12 seconds for all of them, which `origin-core` watches over.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Where the carrier is and how it knows us.
#[derive(Debug, Clone)]
pub struct CarrierConfig {
    /// Where its API begins, without a slash at the end.
    pub base_url: String,
    /// What it knows us by.
    pub api_key: Secret,
    /// What it signs webhooks with: the current secret, and the previous one while they are rotated. Without any, no webhook is
    /// taken.
    pub webhook_secrets: Vec<Secret>,
}

/// A client of the carrier.
#[derive(Debug, Clone)]
pub struct CarrierApi {
    http: ReqwestClient,
    config: CarrierConfig,
}

impl CarrierApi {
    /// A client with that configuration.
    ///
    /// # Errors
    /// [`TransportError::Refused`] if the machine has no usable TLS.
    pub fn new(config: CarrierConfig) -> Result<Self, TransportError> {
        Ok(Self { http: ReqwestClient::new(TIMEOUT)?, config })
    }

    /// An authorised request; the answer, whatever its status.
    async fn exchange(&self, request: Builder, body: Vec<u8>) -> Result<Response<Bytes>, CarrierError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.config.api_key.reveal()))
            .map_err(|_| CarrierError::Misconfigured("the key makes no header".to_owned()))?;
        bearer.set_sensitive(true);
        let request = request
            .header(header::AUTHORIZATION, bearer)
            .body(Bytes::from(body))
            .map_err(|error| CarrierError::Misconfigured(error.to_string()))?;
        self.http.send(request).await.map_err(|error| match error {
            TransportError::Refused(cause) => CarrierError::Misconfigured(cause),
            other => CarrierError::Unknown(other.to_string()),
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.base_url)
    }
}

impl Carrier for CarrierApi {
    async fn create_label(&self, label: &LabelRequest<'_>) -> Result<Label, CarrierError> {
        let request = Request::post(self.url("/labels"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("label:{}", label.shipment_id));
        let body = serde_json::to_vec(&wire::WireRequest::from(label));
        let body = body.map_err(|error| CarrierError::Misconfigured(error.to_string()))?;
        wire::read(&self.exchange(request, body).await?).and_then(wire::WireLabel::into_label)
    }

    async fn find_label(&self, shipment: ShipmentId) -> Result<Option<Label>, CarrierError> {
        let request = Request::get(self.url(&format!("/labels/{shipment}")));
        let answer = self.exchange(request, Vec::new()).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        wire::read(&answer).and_then(wire::WireLabel::into_label).map(Some)
    }

    async fn track(&self, tracker_id: &str) -> Result<Tracker, CarrierError> {
        let request = Request::get(self.url(&format!("/trackers/{}", segment(tracker_id))));
        Ok(wire::read::<wire::WireTracker>(&self.exchange(request, Vec::new()).await?)?.into())
    }

    fn verify_carrier_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<CarrierEvent, WebhookRefusal> {
        verify(webhook, &self.config.webhook_secrets, now)?;
        wire::read_event(webhook.body)
    }
}
