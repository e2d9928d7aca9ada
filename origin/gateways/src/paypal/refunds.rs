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

impl<K: Clock + Sync> PayPal<K> {
    pub(crate) async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let amount =
            WireAmount::of(refund.amount).map_err(|limit| refused(GatewayError::Refused(limit.to_string())))?;
        let order = self.order(intent_of(refund).map_err(refused)?).await?;
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

/// A refused refund is the provider's no: there is too little left, or the time for it is over.
fn refused(error: GatewayError) -> GatewayError {
    match error {
        GatewayError::Refused(code) => GatewayError::Declined(Decline {
            code: code.chars().take(100).collect::<String>().to_ascii_lowercase(),
            message: "The payment provider does not refund this.".to_owned(),
        }),
        other => other,
    }
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
