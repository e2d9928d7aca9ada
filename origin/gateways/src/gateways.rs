//! The payment providers of a shop behind one set of ports. Who is meant travels with what is asked.

use commerce_domain::{Clock, Money};
use jiff::Timestamp;
use origin_core::{
    payments::{
        CallOff, Capture, Confirmation, Dispute, GatewayError, GatewayLimit, Intent, NewIntent, PaymentGateway,
        Provider, ReadDispute, Transmission, Unverified, VerifyTransmission, VerifyWebhook, Webhook, WebhookEvent,
        WebhookRefusal,
    },
    refunds::{ProviderRefund, Refund, RefundGateway},
};

use crate::{PayPal, Stripe};

/// Stripe, and PayPal where the shop has an account there.
#[derive(Debug, Clone)]
pub struct Gateways<K> {
    /// Takes cards.
    pub stripe: Stripe,
    /// Takes what PayPal's customers pay.
    pub paypal: Option<PayPal<K>>,
}

impl<K: Clock + Send + Sync> Gateways<K> {
    /// A payment of PayPal's in a shop that has no account there any more is not known to have come to anything.
    fn paypal(&self) -> Result<&PayPal<K>, GatewayError> {
        self.paypal.as_ref().ok_or_else(|| GatewayError::Refused("PayPal is not configured".to_owned()))
    }
}

impl<K: Clock + Send + Sync> PaymentGateway for Gateways<K> {
    fn knows(&self, provider: Provider) -> bool {
        match provider {
            Provider::Stripe => true,
            Provider::PayPal => self.paypal.is_some(),
        }
    }

    fn accepts(&self, provider: Provider, amount: Money) -> Result<(), GatewayLimit> {
        match provider {
            Provider::Stripe => self.stripe.accepts(provider, amount),
            Provider::PayPal => PayPal::<K>::accepts(amount),
        }
    }

    async fn create_intent(&self, intent: &NewIntent) -> Result<Intent, GatewayError> {
        match intent.provider {
            Provider::Stripe => self.stripe.create_intent(intent).await,
            Provider::PayPal => self.paypal()?.create_intent(intent).await,
        }
    }

    async fn confirm(&self, confirmation: &Confirmation) -> Result<Intent, GatewayError> {
        match confirmation.provider {
            Provider::Stripe => self.stripe.confirm(confirmation).await,
            Provider::PayPal => self.paypal()?.confirm(confirmation).await,
        }
    }

    /// PayPal is told to charge at once: no money of its customers is ever set aside.
    async fn capture_intent(&self, capture: Capture<'_>) -> Result<Intent, GatewayError> {
        match capture.provider {
            Provider::Stripe => self.stripe.capture_intent(capture).await,
            Provider::PayPal => Err(GatewayError::Refused("nothing is set aside at PayPal".to_owned())),
        }
    }

    async fn cancel_intent(&self, intent: CallOff<'_>) -> Result<Intent, GatewayError> {
        match intent.provider {
            Provider::Stripe => self.stripe.cancel_intent(intent).await,
            Provider::PayPal => self.paypal()?.cancel_intent(intent).await,
        }
    }

    async fn read_intent(&self, provider: Provider, intent_id: &str) -> Result<Intent, GatewayError> {
        match provider {
            Provider::Stripe => self.stripe.read_intent(provider, intent_id).await,
            Provider::PayPal => self.paypal()?.read_intent(intent_id).await,
        }
    }
}

impl<K: Clock + Send + Sync> RefundGateway for Gateways<K> {
    async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        match refund.provider {
            Provider::Stripe => self.stripe.create_refund(refund).await,
            Provider::PayPal => self.paypal()?.create_refund(refund).await,
        }
    }

    async fn find_refund(&self, refund: &Refund) -> Result<Option<ProviderRefund>, GatewayError> {
        match refund.provider {
            Provider::Stripe => self.stripe.find_refund(refund).await,
            Provider::PayPal => self.paypal()?.find_refund(refund).await,
        }
    }
}

impl<K: Clock + Send + Sync> ReadDispute for Gateways<K> {
    async fn read_dispute(&self, provider: Provider, dispute_id: &str) -> Result<Dispute, GatewayError> {
        match provider {
            Provider::Stripe => self.stripe.read_dispute(provider, dispute_id).await,
            Provider::PayPal => self.paypal()?.read_dispute(dispute_id).await,
        }
    }
}

impl<K: Clock + Send + Sync> VerifyWebhook for Gateways<K> {
    fn verify_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<WebhookEvent, WebhookRefusal> {
        self.stripe.verify_webhook(webhook, now)
    }
}

impl<K: Clock + Send + Sync> VerifyTransmission for Gateways<K> {
    async fn verify_transmission(
        &self,
        transmission: Transmission<'_>,
        now: Timestamp,
    ) -> Result<WebhookEvent, Unverified> {
        let paypal = self.paypal.as_ref().ok_or(WebhookRefusal::NotTaken)?;
        paypal.verify_transmission(transmission, now).await
    }
}
