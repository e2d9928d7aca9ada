//! PayPal's orders (<https://developer.paypal.com/docs/api/orders/v2/>) and errors
//! (<https://developer.paypal.com/api/rest/responses/>).

use origin_core::{
    Secret,
    payments::{Decline, GatewayError, Intent, IntentStatus},
};
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

/// The longest code that is taken over, in characters.
const MAX_CODE: usize = 100;

/// What PayPal says where the customer's means do not pay.
const DECLINES: [&str; 12] = [
    "INSTRUMENT_DECLINED",
    "TRANSACTION_REFUSED",
    "PAYER_CANNOT_PAY",
    "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYMENT_DENIED",
    "CARD_EXPIRED",
    "COMPLIANCE_VIOLATION",
    "DECLINED_DUE_TO_RELATED_TXN",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "TRANSACTION_LIMIT_EXCEEDED",
    "TRANSACTION_BLOCKED_BY_PAYEE",
];

/// An answer of any status.
pub(super) fn read_answer<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, GatewayError> {
    check(status, body)?;
    // It did act, but what it said cannot be read: it has to be looked up.
    serde_json::from_slice(body).map_err(|_| GatewayError::Unknown("the answer is not what was asked for".to_owned()))
}

/// Whether the answer is a success. A 5xx leaves the outcome open: a call that is repeated under its key acts once.
pub(super) fn check(status: StatusCode, body: &[u8]) -> Result<(), GatewayError> {
    if status.is_success() {
        return Ok(());
    }
    let failure: WireFailure = serde_json::from_slice(body).unwrap_or_default();
    let code = failure.code().unwrap_or_else(|| status.to_string());
    let open = [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || open.contains(&status) || code == "PREVIOUS_REQUEST_IN_PROGRESS" {
        return Err(GatewayError::Unknown(format!("the provider answered {status} {code}")));
    }
    if DECLINES.contains(&code.as_str()) {
        return Err(GatewayError::Declined(decline(&code)));
    }
    Err(GatewayError::Refused(code))
}

/// Whether PayPal has refused because it does not know the object (any more).
pub(super) fn is_missing(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Refused(code) if code == "INVALID_RESOURCE_ID" || code == "RESOURCE_NOT_FOUND")
}

fn decline(code: &str) -> Decline {
    let message = "PayPal did not make the payment. Please try again or choose another payment method.";
    Decline { code: code.to_ascii_lowercase(), message: message.to_owned() }
}

#[derive(Default, Deserialize)]
struct WireFailure {
    /// Of the authentication, `error` is the name.
    #[serde(alias = "error")]
    name: Option<String>,
    #[serde(default)]
    details: Vec<WireIssue>,
}

#[derive(Deserialize)]
struct WireIssue {
    issue: Option<String>,
}

impl WireFailure {
    fn code(self) -> Option<String> {
        let issue = self.details.into_iter().find_map(|detail| detail.issue);
        issue.or(self.name).map(|code| code.chars().take(MAX_CODE).collect())
    }
}

#[derive(Deserialize)]
pub(super) struct WireOrder {
    id: String,
    status: String,
    #[serde(default)]
    links: Vec<WireLink>,
    #[serde(default)]
    purchase_units: Vec<WireUnit>,
}

#[derive(Deserialize)]
struct WireLink {
    href: String,
    rel: String,
}

#[derive(Deserialize)]
struct WireUnit {
    payments: Option<WirePayments>,
}

#[derive(Deserialize)]
struct WirePayments {
    #[serde(default)]
    captures: Vec<WireCapture>,
    #[serde(default)]
    refunds: Vec<super::refunds::WireRefund>,
}

#[derive(Deserialize)]
struct WireCapture {
    id: String,
    status: String,
}

impl WireCapture {
    /// Whether the money was taken, whatever has gone back since.
    fn has_paid(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED")
    }
}

impl WireOrder {
    fn captures(&self) -> impl Iterator<Item = &WireCapture> {
        self.purchase_units.iter().filter_map(|unit| unit.payments.as_ref()).flat_map(|payments| &payments.captures)
    }

    /// PayPal's id of the charge.
    pub(super) fn capture_id(&self) -> Option<&str> {
        self.captures().find(|capture| capture.has_paid()).map(|capture| capture.id.as_str())
    }

    pub(super) fn into_refunds(self) -> impl Iterator<Item = super::refunds::WireRefund> {
        self.purchase_units.into_iter().filter_map(|unit| unit.payments).flat_map(|payments| payments.refunds)
    }

    /// None if it stands in a way that was not known when this was written.
    pub(super) fn into_intent(self) -> Option<Intent> {
        let (status, decline) = self.status()?;
        let link = |rel: &str| self.links.iter().find(|link| link.rel == rel).map(|link| link.href.clone());
        let redirect =
            (status == IntentStatus::RequiresAction).then(|| link("payer-action").or_else(|| link("approve")));
        let redirect_url = redirect.flatten().map(Secret::new);
        Some(Intent {
            id: self.id,
            status,
            client_secret: None,
            redirect_url,
            capture_before: None,
            received: None,
            receipt_url: None,
            decline,
        })
    }

    /// What became of the charge counts for more than the order's own status.
    fn status(&self) -> Option<(IntentStatus, Option<Decline>)> {
        if self.captures().any(WireCapture::has_paid) {
            return Some((IntentStatus::Succeeded, None));
        }
        if self.captures().any(|capture| capture.status == "PENDING") {
            return Some((IntentStatus::Processing, None));
        }
        Some(match self.status.as_str() {
            "CREATED" | "PAYER_ACTION_REQUIRED" => (IntentStatus::RequiresAction, None),
            "APPROVED" => (IntentStatus::Approved, None),
            "VOIDED" => (IntentStatus::Canceled, None),
            "COMPLETED" => {
                let capture =
                    self.captures().find(|capture| matches!(capture.status.as_str(), "DECLINED" | "FAILED"))?;
                (IntentStatus::RequiresPaymentMethod, Some(decline(&format!("CAPTURE_{}", capture.status))))
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
