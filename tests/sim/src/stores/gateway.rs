//! The payment provider behind the gate.

use std::future::pending;

use commerce_domain::Money;
use jiff::Timestamp;
use origin_core::{
    payments::{
        CallOff, Capture, Confirmation, Dispute, GatewayError, GatewayLimit, Intent, NewIntent, PaymentGateway,
        Provider as Which, ReadDispute, Transmission, Unverified, VerifyTransmission, VerifyWebhook, Webhook,
        WebhookEvent, WebhookRefusal,
    },
    refunds::{ProviderRefund, Refund, RefundGateway},
};
use origin_gateways::Stripe;

use super::SimStock;
use crate::{
    bugs::{self, Bug},
    fate::{Fate, Kind, Step},
    provider::{Book, Kept, Provider},
    world::World,
};

/// The provider, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimGateway {
    pub(crate) provider: Provider,
    /// Knows its signature, and is asked for nothing else.
    pub(crate) stripe: Stripe,
    /// For who releases it too early.
    pub(crate) stock: SimStock,
    pub(crate) world: World,
    pub(crate) bug: Option<Bug>,
}

type Answer = Result<Intent, GatewayError>;

const CREATE: Step = Step { name: "create_intent", kind: Kind::Keyed };
const CONFIRM: Step = Step { name: "confirm", kind: Kind::Keyed };
const CAPTURE: Step = Step { name: "capture_intent", kind: Kind::Keyed };
const CANCEL: Step = Step { name: "cancel_intent", kind: Kind::Unkeyed };
const REFUND: Step = Step { name: "create_refund", kind: Kind::Keyed };
const FIND_REFUND: Step = Step { name: "find_refund", kind: Kind::Question };
const READ_DISPUTE: Step = Step { name: "read_dispute", kind: Kind::Question };
const READ: Step = Step { name: "read_intent", kind: Kind::Question };

impl SimGateway {
    /// Makes a call when its turn has come. Without a key, the provider keeps nothing.
    async fn call<T, F>(&self, step: Step, key: Option<String>, act: F) -> Result<T, GatewayError>
    where
        T: Kept,
        F: FnOnce(&mut Book) -> Result<T, GatewayError> + Send + 'static,
    {
        let provider = self.provider.clone();
        let call = move |acts: bool, fails: bool| {
            if let Some(key) = key {
                return provider.under(&key, fails, acts.then_some(act));
            }
            let answer = if acts { act(&mut provider.book()) } else { failed() };
            if fails { failed() } else { answer }
        };
        match self.world.turn(step).await {
            Fate::Done | Fate::Crash => call(true, false),
            Fate::Failed => call(false, true),
            Fate::FailedAfter => call(true, true),
            Fate::Refused => Err(GatewayError::Unknown("simulated: rate limit".to_owned())),
            Fate::RequestLost => self.unheard().await,
            Fate::ReplyLost => {
                drop(call(true, false));
                self.unheard().await
            }
            Fate::Late => {
                self.world.later(step, async move { drop(call(true, false)) });
                self.unheard().await
            }
        }
    }

    /// No answer: the connection breaks after a while, or nothing is ever heard and the caller's own patience ends.
    async fn unheard<T>(&self) -> Result<T, GatewayError> {
        if self.world.draw(|rng| rng.chance(300)) {
            return pending().await;
        }
        self.world.wait_in_vain();
        Err(GatewayError::Unknown("simulated: the connection broke".to_owned()))
    }
}

fn failed<T>() -> Result<T, GatewayError> {
    Err(GatewayError::Failed("simulated: 500".to_owned()))
}

impl PaymentGateway for SimGateway {
    fn knows(&self, provider: Which) -> bool {
        provider == Which::Stripe
    }

    fn accepts(&self, _: Which, _: Money) -> Result<(), GatewayLimit> {
        Ok(())
    }

    async fn create_intent(&self, intent: &NewIntent) -> Answer {
        let new = *intent;
        let key = format!("create:{}", new.payment_id);
        self.call(CREATE, Some(key), move |book| book.create(&new)).await
    }

    async fn confirm(&self, confirmation: &Confirmation) -> Answer {
        let Confirmation { payment_id, attempt, .. } = confirmation;
        let key = format!("confirm:{payment_id}:{attempt}");
        let confirmation = confirmation.clone();
        if self.bug == Some(Bug::NewKeyPerRetry) {
            let key = bugs::new_key(&self.world, &key);
            return self.call(CONFIRM, Some(key), move |book| bugs::charge_anew(book, &confirmation)).await;
        }
        let Confirmation { intent_id, payment_method_id, .. } = confirmation;
        self.call(CONFIRM, Some(key), move |book| book.confirm(&intent_id, &payment_method_id)).await
    }

    async fn capture_intent(&self, capture: Capture<'_>) -> Answer {
        let (key, id) = (format!("capture:{}", capture.payment_id), capture.intent_id.to_owned());
        self.call(CAPTURE, Some(key), move |book| book.capture(&id)).await
    }

    async fn cancel_intent(&self, intent: CallOff<'_>) -> Answer {
        bugs::before_calling_off(self, intent.intent_id).await;
        let id = intent.intent_id.to_owned();
        self.call(CANCEL, None, move |book| book.cancel(&id)).await
    }

    async fn read_intent(&self, _: Which, intent_id: &str) -> Answer {
        let id = intent_id.to_owned();
        self.call(READ, None, move |book| book.read(&id)).await
    }
}

impl RefundGateway for SimGateway {
    async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let (key, refund) = (format!("refund:{}", refund.id), refund.clone());
        self.call(REFUND, Some(key), move |book| book.refund(&refund)).await
    }

    async fn find_refund(&self, refund: &Refund) -> Result<Option<ProviderRefund>, GatewayError> {
        let refund = refund.clone();
        self.call(FIND_REFUND, None, move |book| Ok(book.find_refund(&refund))).await
    }
}

impl ReadDispute for SimGateway {
    async fn read_dispute(&self, _: Which, dispute_id: &str) -> Result<Dispute, GatewayError> {
        let id = dispute_id.to_owned();
        self.call(READ_DISPUTE, None, move |book| book.read_dispute(&id)).await
    }
}

// The very code that production has: what is told is signed as the provider signs it.
impl VerifyWebhook for SimGateway {
    fn verify_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<WebhookEvent, WebhookRefusal> {
        self.stripe.verify_webhook(webhook, now)
    }
}

// No shop of the simulation has PayPal.
impl VerifyTransmission for SimGateway {
    async fn verify_transmission(&self, webhook: Transmission<'_>, now: Timestamp) -> Result<WebhookEvent, Unverified> {
        self.stripe.verify_transmission(webhook, now).await
    }
}
