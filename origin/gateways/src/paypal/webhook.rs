//! PayPal's webhooks (<https://developer.paypal.com/api/rest/webhooks/>): PayPal itself is asked whether it has sent one
//! (<https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post>), and what it is about.

use ::http::uri::Authority;
use commerce_domain::Clock;
use jiff::{SignedDuration, Timestamp};
use origin_core::payments::{GatewayError, Transmission, Unverified, WebhookEvent, WebhookRefusal, WebhookSubject};
use serde::Deserialize;
use serde_json::Value;

use super::{PayPal, PayPalConfig};

/// The only algorithm that PayPal signs with.
const ALGORITHM: &str = "SHA256withRSA";
/// The longest id and the longest type that an event may have, in bytes.
const MAX_NAME: usize = 255;
/// The longest value of a header, in bytes.
const MAX_HEADER: usize = 512;
/// How far the time of a transmission may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// How old a transmission may be. PayPal sends for three days what is not taken, and a person may have it sent once more: none of
/// these is told to be signed anew. For longer than that it is known which events were handled.
const AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Deserialize)]
struct Verdict {
    verification_status: String,
}

impl<K: Clock + Sync> PayPal<K> {
    pub(crate) async fn verify_transmission(
        &self,
        transmission: Transmission<'_>,
        now: Timestamp,
    ) -> Result<WebhookEvent, Unverified> {
        let question = question(&self.config, transmission, now)?;
        let event = read_event(transmission.body)?;
        let request = self.http.post(self.url("/v1/notifications/verify-webhook-signature"));
        let request = request.header("content-type", "application/json").body(question);
        // What PayPal refuses to verify may be a fault of this shop's: it is sent again.
        let answer = self.send::<Verdict>(request).await.map_err(|error| match error {
            GatewayError::Refused(code) => GatewayError::Unknown(format!("the question was refused: {code}")),
            other => other,
        })?;
        if answer.verification_status == "SUCCESS" { Ok(event) } else { Err(WebhookRefusal::Mismatch.into()) }
    }
}

/// What PayPal is asked: the headers, and the event, byte for byte as it came.
fn question(config: &PayPalConfig, webhook: Transmission<'_>, now: Timestamp) -> Result<Vec<u8>, WebhookRefusal> {
    let webhook_id = config.webhook_id.as_deref().ok_or(WebhookRefusal::NotTaken)?;
    let header = |value: Option<&str>| match value {
        None => Err(WebhookRefusal::Missing),
        Some(value) if value.is_empty() || value.len() > MAX_HEADER => Err(WebhookRefusal::Malformed),
        Some(value) => Ok(value.to_owned()),
    };
    let time = header(webhook.time)?;
    let certificate_url = header(webhook.certificate_url)?;
    let fields = [
        ("transmission_id", header(webhook.id)?),
        ("transmission_sig", header(webhook.signature)?),
        ("auth_algo", header(webhook.algorithm)?),
        ("transmission_time", time.clone()),
        ("cert_url", certificate_url.clone()),
        ("webhook_id", webhook_id.to_owned()),
    ];
    if webhook.algorithm != Some(ALGORITHM) {
        return Err(WebhookRefusal::Malformed);
    }
    if !is_paypals(&certificate_url, &config.base_url) {
        return Err(WebhookRefusal::Certificate);
    }
    let sent: Timestamp = time.parse().map_err(|_| WebhookRefusal::Malformed)?;
    let age = now.duration_since(sent);
    if age < -AHEAD || age > AGE {
        return Err(WebhookRefusal::OutOfTime);
    }
    let mut question = b"{".to_vec();
    for (name, value) in fields {
        question.extend_from_slice(format!("\"{name}\":{},", Value::String(value)).as_bytes());
    }
    question.extend_from_slice(b"\"webhook_event\":");
    question.extend_from_slice(webhook.body);
    question.push(b'}');
    Ok(question)
}

/// Whether the certificate is at PayPal, or where its stand-in is.
fn is_paypals(certificate_url: &str, base_url: &str) -> bool {
    let Ok(url) = certificate_url.parse::<::http::Uri>() else { return false };
    let base = base_url.parse::<::http::Uri>();
    if base.is_ok_and(|base| (base.scheme(), base.authority()) == (url.scheme(), url.authority())) {
        return true;
    }
    let host = url.authority().filter(|authority| authority.as_str() == authority.host()).map(Authority::host);
    let ours = host.is_some_and(|host| host == "paypal.com" || host.ends_with(".paypal.com"));
    url.scheme_str() == Some("https") && ours
}

/// The event in a body, whoever has sent it. It is one JSON value, or nobody is asked about it: what PayPal is sent cannot be more
/// than one.
///
/// # Errors
/// [`WebhookRefusal::NoEvent`].
pub fn read_event(body: &[u8]) -> Result<WebhookEvent, WebhookRefusal> {
    let event: Value = serde_json::from_slice(body).map_err(|_| WebhookRefusal::NoEvent)?;
    let named = |value: &Value| value.as_str().filter(|name| (1..=MAX_NAME).contains(&name.len())).map(str::to_owned);
    let name = |pointer: &str| event.pointer(pointer).and_then(named);
    let (Some(id), Some(kind)) = (name("/id"), name("/event_type")) else { return Err(WebhookRefusal::NoEvent) };
    let intent = |pointer: &str| name(pointer).map(|intent_id| WebhookSubject::Intent { intent_id });
    let subject = match kind.as_str() {
        "CHECKOUT.PAYMENT-APPROVAL.REVERSED" => intent("/resource/order_id"),
        kind if kind.starts_with("CHECKOUT.ORDER.") => intent("/resource/id"),
        "PAYMENT.CAPTURE.REFUNDED" => name("/resource/id").map(|refund_id| WebhookSubject::Refund { refund_id }),
        kind if kind.starts_with("PAYMENT.REFUND.") => {
            name("/resource/id").map(|refund_id| WebhookSubject::Refund { refund_id })
        }
        kind if kind.starts_with("PAYMENT.CAPTURE.") => intent("/resource/supplementary_data/related_ids/order_id"),
        kind if kind.starts_with("CUSTOMER.DISPUTE.") => {
            // Ours carries the id of the payment, which the order was announced with.
            let payment = name("/resource/disputed_transactions/0/custom").and_then(|id| id.parse().ok());
            let both = name("/resource/dispute_id").zip(payment);
            both.map(|(dispute_id, payment_id)| WebhookSubject::DisputeOf { dispute_id, payment_id })
        }
        _ => None,
    };
    Ok(WebhookEvent { id, kind, subject: subject.unwrap_or(WebhookSubject::Other) })
}

#[cfg(test)]
mod tests;
