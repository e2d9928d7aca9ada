//! The signature of webhooks, as Stripe makes it (<https://docs.stripe.com/webhooks#verify-manually>), and others do as well.
//!
//! The header reads `t=<seconds>,v1=<hex>`, with one `v1` for each secret that the sender knows; other schemes are passed over.
//! What is signed is `<t>.<body>`, by HMAC-SHA256, so a byte that changes on the way, or a time that does, ends in a refusal.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use origin_core::{
    Secret,
    payments::{Webhook, WebhookRefusal},
};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// How far the time of a signature may be from now, in seconds, either way.
const TOLERANCE_SECONDS: u64 = 300;

/// Whether one of the secrets has made the signature, at about `now`.
///
/// # Errors
/// [`WebhookRefusal`].
pub(crate) fn verify(webhook: Webhook<'_>, secrets: &[Secret], now: Timestamp) -> Result<(), WebhookRefusal> {
    if secrets.is_empty() {
        return Err(WebhookRefusal::NotTaken);
    }
    let header = webhook.signature.ok_or(WebhookRefusal::Missing)?;
    let signature = Signature::parse(header).ok_or(WebhookRefusal::Malformed)?;
    let mut matches = Choice::from(0);
    for secret in secrets {
        let expected = sign(secret, signature.time, webhook.body);
        for given in &signature.v1 {
            matches |= expected.as_bytes().ct_eq(given.as_bytes());
        }
    }
    if !bool::from(matches) {
        return Err(WebhookRefusal::Mismatch);
    }
    let signed_at: i64 = signature.time.parse().map_err(|_| WebhookRefusal::Malformed)?;
    if now.as_second().abs_diff(signed_at) > TOLERANCE_SECONDS {
        return Err(WebhookRefusal::OutOfTime);
    }
    Ok(())
}

/// The parts of the header.
struct Signature<'a> {
    /// As it is spelled, because that is what was signed.
    time: &'a str,
    v1: Vec<&'a str>,
}

impl<'a> Signature<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let (mut time, mut v1) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", value) if time.is_none() => time = Some(value),
                ("t", _) => return None,
                ("v1", value) => v1.push(value),
                _ => {}
            }
        }
        time.filter(|_| !v1.is_empty()).map(|time| Self { time, v1 })
    }
}

/// The signature in hexadecimal digits.
fn sign(secret: &Secret, time: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("should take a key of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("{:x}", mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests;
