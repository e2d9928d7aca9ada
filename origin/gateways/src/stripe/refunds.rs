//! Refunds (<https://docs.stripe.com/api/refunds>) behind the `RefundGateway` port.

use origin_core::{
    payments::{Decline, GatewayError},
    refunds::{ProviderRefund, Refund, RefundGateway, RefundReason, RefundVerdict},
};
use serde::Deserialize;

use super::{Stripe, amount};
use crate::exchange::segment;

/// The codes (<https://docs.stripe.com/error-codes>) by which Stripe says that it will never make this refund: the money has gone back
/// by another one, the bank has it, or there is not that much. All else can be put right: a key that has lapsed, a balance that is too
/// low, an account that is under review.
const FINAL: [&str; 6] = [
    "amount_too_large",
    "amount_too_small",
    "charge_already_refunded",
    "charge_disputed",
    "charge_not_refundable",
    "refund_disputed_payment",
];

/// Refunds of one payment that are looked through for ours. A payment has a few at most.
const LISTED: u32 = 100;

impl RefundGateway for Stripe {
    async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let intent = intent_of(refund)?;
        let amount = amount::to_units(refund.amount);
        let amount = amount.map_err(|limit| GatewayError::Declined(no(&limit.to_string())))?;
        let (id, amount) = (refund.id.to_string(), amount.to_string());
        let mut form =
            vec![("payment_intent", intent), ("amount", amount.as_str()), ("metadata[refundId]", id.as_str())];
        form.extend(reason(refund.reason).map(|reason| ("reason", reason)));
        let request = self.form_request("/refunds", Some(format!("refund:{id}")), &form);
        self.send::<WireRefund>(request).await.map_err(refused).map(WireRefund::into_refund)
    }

    async fn find_refund(&self, refund: &Refund) -> Result<Option<ProviderRefund>, GatewayError> {
        if let Some(id) = &refund.provider_id {
            let url = self.url(&format!("/refunds/{}", segment(id)));
            return self.send::<WireRefund>(self.http.get(url)).await.map(|found| Some(found.into_refund()));
        }
        let intent = segment(intent_of(refund)?);
        let url = self.url(&format!("/refunds?payment_intent={intent}&limit={LISTED}"));
        let listed: WireList = self.send(self.http.get(url)).await?;
        let id = refund.id.to_string();
        let ours = listed.data.into_iter().find(|listed| listed.metadata.refund_id.as_deref() == Some(&id));
        if ours.is_none() && listed.has_more {
            return Err(GatewayError::Unknown("the payment has more refunds than were looked through".to_owned()));
        }
        Ok(ours.map(WireRefund::into_refund))
    }
}

fn intent_of(refund: &Refund) -> Result<&str, GatewayError> {
    refund.intent_id.as_deref().ok_or_else(|| GatewayError::Refused("the payment has no intent".to_owned()))
}

/// As Stripe spells it; it has no word for the shop's own reasons.
fn reason(reason: RefundReason) -> Option<&'static str> {
    match reason {
        RefundReason::RequestedByCustomer | RefundReason::OrderCancelled | RefundReason::Returned => {
            Some("requested_by_customer")
        }
        RefundReason::Duplicate => Some("duplicate"),
        RefundReason::Fraudulent => Some("fraudulent"),
        RefundReason::Stranded => None,
    }
}

/// A refusal that nothing will change is the provider's no.
fn refused(error: GatewayError) -> GatewayError {
    match error {
        GatewayError::Refused(code) if FINAL.contains(&code.as_str()) => GatewayError::Declined(no(&code)),
        other => other,
    }
}

fn no(code: &str) -> Decline {
    let message = "The payment provider does not refund this.";
    Decline { code: code.chars().take(100).collect(), message: message.to_owned() }
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<WireRefund>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct WireRefund {
    id: String,
    status: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: WireMetadata,
}

#[derive(Default, Deserialize)]
struct WireMetadata {
    #[serde(rename = "refundId")]
    refund_id: Option<String>,
}

impl WireRefund {
    /// <https://docs.stripe.com/refunds#refund-statuses>
    fn into_refund(self) -> ProviderRefund {
        let verdict = match self.status.as_deref() {
            Some("succeeded") => Some(RefundVerdict::Succeeded),
            Some("failed" | "canceled") => Some(RefundVerdict::Failed(Decline {
                code: self.failure_reason.unwrap_or_else(|| "unknown".to_owned()),
                message: "The customer's bank did not take the money.".to_owned(),
            })),
            _ => None,
        };
        ProviderRefund { id: self.id, verdict }
    }
}
