//! Stripe's forms and JSON.

use jiff::Timestamp;
use origin_core::{
    Secret,
    payments::{Decline, GatewayError, Intent, IntentStatus},
};
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use super::amount::from_stripe;
use crate::exchange::segment;

/// Where a charge says until when it can be captured, in seconds since 1970.
const CAPTURE_BEFORE: &str = "/payment_method_details/card/capture_before";

/// Of a refund that is larger than what is left of the charge, Stripe has been seen to say so without a code.
const TOO_MUCH_TO_REFUND: &str = "Refund amount (";

/// `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |(name, value): &(&str, &str)| format!("{}={}", segment(name), segment(value));
    fields.iter().map(encoded).collect::<Vec<_>>().join("&")
}

/// An answer of any status.
pub(super) fn read_answer<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, GatewayError> {
    check(status, body)?;
    // It did act, but what it said cannot be read: it has to be looked up.
    serde_json::from_slice(body).map_err(|_| GatewayError::Unknown("the answer is not what was asked for".to_owned()))
}

/// Whether the answer is a success.
pub(super) fn check(status: StatusCode, body: &[u8]) -> Result<(), GatewayError> {
    if status.is_success() {
        return Ok(());
    }
    let error = serde_json::from_slice::<WireFailure>(body).map(|failure| failure.error).unwrap_or_default();
    let code = error.code.as_deref().unwrap_or_default();
    // Only Stripe itself says 500; what stands before it says the others, and cannot know what Stripe is doing.
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return Err(GatewayError::Failed(format!("the provider answered {status} {code}")));
    }
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || code == "idempotency_key_in_use" {
        return Err(GatewayError::Unknown(format!("the provider answered {status} {code}")));
    }
    if error.kind.as_deref() == Some("card_error") {
        return Err(GatewayError::Declined(error.into_decline()));
    }
    if code == "resource_missing" && error.param.as_deref() == Some("payment_method") {
        return Err(GatewayError::NoSuchMethod);
    }
    if code.is_empty() && error.message.as_deref().is_some_and(|message| message.starts_with(TOO_MUCH_TO_REFUND)) {
        return Err(GatewayError::Refused("amount_too_large".to_owned()));
    }
    Err(GatewayError::Refused(if code.is_empty() {
        format!("{status} {}", error.kind.unwrap_or_default())
    } else {
        code.to_owned()
    }))
}

#[derive(Deserialize)]
pub(super) struct WireIntent {
    id: String,
    status: String,
    amount_received: Option<i64>,
    currency: Option<String>,
    client_secret: Option<String>,
    next_action: Option<WireAction>,
    latest_charge: Option<serde_json::Value>,
    last_payment_error: Option<WireError>,
}

#[derive(Deserialize)]
struct WireAction {
    redirect_to_url: Option<WireRedirect>,
}

#[derive(Deserialize)]
struct WireRedirect {
    url: Option<String>,
}

#[derive(Deserialize)]
struct WireFailure {
    error: WireError,
}

#[derive(Default, Deserialize)]
struct WireError {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
    param: Option<String>,
}

impl WireIntent {
    pub(super) fn into_intent(self) -> Option<Intent> {
        let charge = |pointer: &str| self.latest_charge.as_ref().and_then(|charge| charge.pointer(pointer));
        let status = status(&self.status)?;
        // Before that, it is what was taken so far: nothing.
        let taken = self.amount_received.filter(|_| status == IntentStatus::Succeeded);
        Some(Intent {
            received: taken.zip(self.currency.as_deref()).and_then(|(units, currency)| from_stripe(units, currency)),
            status,
            id: self.id,
            client_secret: self.client_secret.map(Secret::new),
            redirect_url: self
                .next_action
                .and_then(|action| action.redirect_to_url)
                .and_then(|redirect| redirect.url)
                .map(Secret::new),
            // Expanded it is an object; otherwise an id, of which nothing is to be learned.
            capture_before: charge(CAPTURE_BEFORE).and_then(|at| Timestamp::from_second(at.as_i64()?).ok()),
            receipt_url: charge("/receipt_url").and_then(|url| url.as_str().map(str::to_owned)),
            decline: self.last_payment_error.map(WireError::into_decline),
        })
    }
}

impl WireError {
    fn into_decline(self) -> Decline {
        let code = self.decline_code.or(self.code).unwrap_or_else(|| "generic_decline".to_owned());
        Decline { code, message: self.message.unwrap_or_else(|| "The payment was declined.".to_owned()) }
    }
}

fn status(text: &str) -> Option<IntentStatus> {
    Some(match text {
        "requires_payment_method" => IntentStatus::RequiresPaymentMethod,
        "requires_confirmation" => IntentStatus::RequiresConfirmation,
        "requires_action" => IntentStatus::RequiresAction,
        "processing" => IntentStatus::Processing,
        "requires_capture" => IntentStatus::RequiresCapture,
        "succeeded" => IntentStatus::Succeeded,
        "canceled" => IntentStatus::Canceled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded() {
        assert_eq!(form(&[("metadata[a]", "x y&z"), ("amount", "1")]), "metadata%5Ba%5D=x%20y%26z&amount=1");
    }

    fn read_answer(status: StatusCode, body: &[u8]) -> Result<Intent, GatewayError> {
        super::read_answer::<WireIntent>(status, body).map(|wire| wire.into_intent().unwrap())
    }

    #[test]
    fn what_leaves_the_outcome_open_is_unknown() {
        let open: [(u16, &[u8]); 4] = [
            (503, b"<html>"),
            (429, br#"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#),
            (409, br#"{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}"#),
            (200, b"{\"id\":\"pi_1\"}"),
        ];
        for (status, body) in open {
            let answer = read_answer(StatusCode::from_u16(status).unwrap(), body);
            assert!(matches!(answer, Err(GatewayError::Unknown(_))), "{status}");
        }
        let failed = read_answer(StatusCode::INTERNAL_SERVER_ERROR, b"{}");
        assert!(matches!(failed, Err(GatewayError::Failed(_))));
    }

    #[test]
    fn a_status_that_is_not_known_is_no_intent() {
        let wire = super::read_answer::<WireIntent>(StatusCode::OK, b"{\"id\":\"pi_1\",\"status\":\"brand_new\"}");
        assert!(wire.unwrap().into_intent().is_none());
    }

    #[test]
    fn what_only_the_customer_may_see_does_not_print_itself() {
        let body = br#"{"id":"pi_1","status":"requires_action","client_secret":"pi_1_secret_2",
            "next_action":{"redirect_to_url":{"url":"https://hooks.stripe.com/3ds?client_secret=src_secret_3"}}}"#;
        let intent = read_answer(StatusCode::OK, body).unwrap();
        assert_eq!(intent.client_secret.as_ref().map(Secret::reveal), Some("pi_1_secret_2"));
        assert!(intent.redirect_url.is_some() && !format!("{intent:?}").contains("secret_"), "{intent:?}");
    }

    #[test]
    fn a_decline_carries_the_banks_code() {
        let body = br#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No."}}"#;
        let decline = Decline { code: "insufficient_funds".to_owned(), message: "No.".to_owned() };
        assert_eq!(read_answer(StatusCode::PAYMENT_REQUIRED, body), Err(GatewayError::Declined(decline)));
    }

    #[test]
    fn a_wrong_request_is_refused_and_a_wrong_method_told_apart() {
        let method =
            br#"{"error":{"type":"invalid_request_error","code":"resource_missing","param":"payment_method"}}"#;
        assert_eq!(read_answer(StatusCode::NOT_FOUND, method), Err(GatewayError::NoSuchMethod));
        let much = br#"{"error":{"type":"invalid_request_error","message":"Refund amount ($9.00) is greater than unrefunded amount on charge ($5.00)"}}"#;
        let too_much = GatewayError::Refused("amount_too_large".to_owned());
        assert_eq!(read_answer(StatusCode::BAD_REQUEST, much), Err(too_much));
        let key = br#"{"error":{"type":"idempotency_error"}}"#;
        assert!(matches!(read_answer(StatusCode::BAD_REQUEST, key), Err(GatewayError::Refused(_))));
    }
}
