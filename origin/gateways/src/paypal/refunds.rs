//! Refunds of a capture (<https://developer.paypal.com/docs/api/payments/v2/#captures_refund>).

use commerce_domain::Clock;
use origin_core::{
    payments::{Decline, GatewayError},
    refunds::{ProviderRefund, Refund, RefundVerdict},
};
use serde::Deserialize;
use serde_json::json;

use super::{PayPal, amount::WireAmount};
use crate::exchange::segment;

/// The issues (<https://developer.paypal.com/docs/api/payments/v2/#captures_refund>) by which PayPal says that it will never make this
/// refund. All else can be put right: credentials that have lapsed, a balance that is too low, a case that is open.
const FINAL: [&str; 11] = [
    "CAPTURE_FULLY_REFUNDED",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_AMOUNT_TOO_LOW",
    "REFUND_CAPTURE_CURRENCY_MISMATCH",
    "REFUND_CURRENCY_MISMATCH",
    "REFUND_NOT_ALLOWED",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
    "REFUND_TIME_LIMIT_EXCEEDED",
];

impl<K: Clock + Sync> PayPal<K> {
    pub(crate) async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let amount = WireAmount::of(refund.amount).map_err(|limit| GatewayError::Declined(no(&limit.to_string())))?;
        let order = self.order(intent_of(refund)?).await?;
        let capture = order.capture_id().ok_or_else(|| GatewayError::Unknown("the order has no charge".to_owned()))?;
        let path = format!("/v2/payments/captures/{}/refund", segment(capture));
        let id = refund.id.to_string();
        let body = json!({"amount": amount, "custom_id": id});
        let request = self.keyed(&path, format!("refund:{id}"), &body);
        self.send::<WireRefund>(request).await.map_err(refused).map(WireRefund::into_refund)
    }

    pub(crate) async fn find_refund(&self, refund: &Refund) -> Result<Option<ProviderRefund>, GatewayError> {
        if let Some(id) = &refund.provider_id {
            let url = self.url(&format!("/v2/payments/refunds/{}", segment(id)));
            return self.send::<WireRefund>(self.http.get(url)).await.map(|found| Some(found.into_refund()));
        }
        let order = self.order(intent_of(refund)?).await?;
        let id = refund.id.to_string();
        let ours = order.into_refunds().find(|listed| listed.custom_id.as_deref() == Some(&id));
        Ok(ours.map(WireRefund::into_refund))
    }
}

fn intent_of(refund: &Refund) -> Result<&str, GatewayError> {
    refund.intent_id.as_deref().ok_or_else(|| GatewayError::Refused("the payment has no order at PayPal".to_owned()))
}

/// A refusal that nothing will change is the provider's no; what is one of a payment need not be one of a refund.
fn refused(error: GatewayError) -> GatewayError {
    match error {
        GatewayError::Refused(code) if FINAL.contains(&code.as_str()) => GatewayError::Declined(no(&code)),
        GatewayError::Declined(Decline { code, .. }) => {
            let code = code.to_ascii_uppercase();
            if FINAL.contains(&code.as_str()) { GatewayError::Declined(no(&code)) } else { GatewayError::Refused(code) }
        }
        other => other,
    }
}

fn no(code: &str) -> Decline {
    let code = code.chars().take(100).collect::<String>().to_ascii_lowercase();
    Decline { code, message: "The payment provider does not refund this.".to_owned() }
}

#[derive(Deserialize)]
pub(super) struct WireRefund {
    id: String,
    status: Option<String>,
    custom_id: Option<String>,
    status_details: Option<WireDetails>,
}

#[derive(Deserialize)]
struct WireDetails {
    reason: Option<String>,
}

impl WireRefund {
    fn into_refund(self) -> ProviderRefund {
        let verdict = match self.status.as_deref() {
            Some("COMPLETED") => Some(RefundVerdict::Succeeded),
            Some(status @ ("FAILED" | "CANCELLED")) => {
                let code = self.status_details.and_then(|details| details.reason).unwrap_or_else(|| status.to_owned());
                Some(RefundVerdict::Failed(Decline {
                    code: code.to_ascii_lowercase(),
                    message: "PayPal did not send the money back.".to_owned(),
                }))
            }
            _ => None,
        };
        ProviderRefund { id: self.id, verdict }
    }
}
