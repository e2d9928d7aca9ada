//! Webhooks, and PayPal's word on whether one is its own.
//!
//! PayPal signs by a key that nobody else has. Here it is a secret of the fake's, and the verification is its own as well.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Shared, book::Happening, lock};
use crate::{
    entropy::{hex, random_hex},
    net::client_builder,
};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// Pauses before the second, third … attempt.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600), Duration::from_secs(5)];
const EVENT: &str = "\"webhook_event\":";

/// Where webhooks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayPalWebhook {
    /// The endpoint's URL.
    pub url: String,
    /// The id that PayPal has given to it.
    pub id: String,
}

/// The headers of a transmission, by their names.
pub type TransmissionHeaders = [(&'static str, String); 5];

/// The headers of the transmission of that id at that time, of a fake with that secret, to the webhook of that id.
pub fn transmission_headers(
    secret: &str,
    webhook_id: &str,
    id: &str,
    time: Timestamp,
    body: &str,
) -> TransmissionHeaders {
    let time = time.to_string();
    [
        ("paypal-transmission-sig", sign(secret, id, &time, webhook_id, body)),
        ("paypal-transmission-id", id.to_owned()),
        ("paypal-transmission-time", time),
        ("paypal-cert-url", "https://api.paypal.com/v1/notifications/certs/CERT-1".to_owned()),
        ("paypal-auth-algo", "SHA256withRSA".to_owned()),
    ]
}

fn sign(secret: &str, id: &str, time: &str, webhook_id: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("should take a key of any length");
    mac.update(format!("{id}|{time}|{webhook_id}|{body}").as_bytes());
    hex(&mac.finalize().into_bytes())
}

impl Shared {
    /// The headers of a transmission of that body now, to the webhook of that id.
    pub(super) fn transmission(&self, webhook_id: &str, body: &str) -> TransmissionHeaders {
        let id = format!("t-{}", random_hex(&*self.settings.entropy, 8));
        let now = self.settings.clock.now();
        transmission_headers(&self.settings.client_secret, webhook_id, &id, now, body)
    }

    /// The answer to a question about a webhook. Of the event every byte counts.
    pub(super) fn verify(&self, question: &str) -> Value {
        let asked: Value = serde_json::from_str(question).unwrap_or_default();
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let event = question.split_once(EVENT).and_then(|(_, event)| event.trim_end().strip_suffix('}'));
        let (id, time) = (text("transmission_id"), text("transmission_time"));
        let expected = event.map(|event| sign(&self.settings.client_secret, id, time, text("webhook_id"), event));
        let good = expected.is_some_and(|expected| expected == text("transmission_sig"));
        json!({"verification_status": if good { "SUCCESS" } else { "FAILURE" }})
    }

    /// Tells the endpoint what happened, each thing beside everything else.
    pub(super) fn publish(self: &Arc<Self>, happened: Vec<Happening>) {
        let (drop_them, double) = {
            let faults = lock(&self.faults);
            (faults.drop_webhooks, faults.double_webhooks)
        };
        if drop_them {
            return;
        }
        for Happening { kind, resource } in happened {
            let event = json!({
                "id": format!("WH-{}", random_hex(&*self.settings.entropy, 12).to_uppercase()),
                "event_type": kind,
                "event_version": "1.0",
                "create_time": self.settings.clock.now().to_string(),
                "resource": resource,
            });
            let payload = event.to_string();
            for _ in 0..=u32::from(double) {
                tokio::spawn(deliver(Arc::clone(self), payload.clone()));
            }
        }
    }
}

/// Sends a webhook until it is taken. Its time stays that of the first attempt.
async fn deliver(shared: Arc<Shared>, payload: String) {
    let Some(target) = lock(&shared.webhook).clone() else { return };
    let client = client_builder().timeout(ATTEMPT_TIMEOUT).build().expect("should build a client from constants");
    let headers = shared.transmission(&target.id, &payload);
    let mut pauses = PAUSES.into_iter();
    loop {
        let request = client.post(&target.url).header("content-type", "application/json").body(payload.clone());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        if request.send().await.is_ok_and(|response| response.status().is_success()) {
            return;
        }
        let Some(pause) = pauses.next() else { return };
        tokio::time::sleep(pause).await;
    }
}
