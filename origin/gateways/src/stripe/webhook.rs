//! What an event of Stripe's is about (<https://docs.stripe.com/api/events/types>).

use origin_core::payments::{WebhookEvent, WebhookRefusal, WebhookSubject};
use serde_json::Value;

/// The longest id and the longest type that an event may have, in bytes.
const MAX_NAME: usize = 255;

/// The event in a body that is known to be Stripe's. Of the object that it is about, only ids are taken.
///
/// # Errors
/// [`WebhookRefusal::NoEvent`].
pub(super) fn read_event(body: &[u8]) -> Result<WebhookEvent, WebhookRefusal> {
    let event: Value = serde_json::from_slice(body).map_err(|_| WebhookRefusal::NoEvent)?;
    let named = |value: &Value| value.as_str().filter(|name| (1..=MAX_NAME).contains(&name.len())).map(str::to_owned);
    let name = |pointer: &str| event.pointer(pointer).and_then(named);
    let (Some(id), Some(kind)) = (name("/id"), name("/type")) else { return Err(WebhookRefusal::NoEvent) };
    let (object, intent) = (name("/data/object/id"), name("/data/object/payment_intent"));
    let subject = match (object, intent) {
        (Some(intent_id), _) if kind.starts_with("payment_intent.") => WebhookSubject::Intent { intent_id },
        // The charge of a dispute may have come about without an intent, and so without this shop.
        (Some(dispute_id), Some(intent_id)) if kind.starts_with("charge.dispute.") => {
            WebhookSubject::Dispute { dispute_id, intent_id }
        }
        // `charge.refunded` tells of the charge; that of the refund itself comes along.
        (Some(refund_id), intent) if kind.starts_with("refund.") || kind.starts_with("charge.refund.") => {
            match intent.filter(|_| name("/data/object/metadata/refundId").is_none()) {
                Some(intent_id) => WebhookSubject::RefundElsewhere { refund_id, intent_id },
                None => WebhookSubject::Refund { refund_id },
            }
        }
        _ => WebhookSubject::Other,
    };
    Ok(WebhookEvent { id, kind, subject })
}

#[cfg(test)]
mod tests;
