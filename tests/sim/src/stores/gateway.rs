//! The payment providers behind the gate.

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
use origin_gateways::{Stripe, read_paypal_event};

use super::SimStock;
use crate::{
    bugs::{self, Bug},
    fate::{Fate, Kind, Step},
    provider::{Book, Kept, Provider, failed},
    world::World,
};

/// The providers, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimGateway {
    pub(crate) provider: Provider,
    /// Knows Stripe's signature, and is asked for nothing else.
    pub(crate) stripe: Stripe,
    /// For who releases it too early.
    pub(crate) stock: SimStock,
    pub(crate) world: World,
    pub(crate) bug: Option<Bug>,
}

type Answer = Result<Intent, GatewayError>;

/// What a provider can be asked for.
struct Calls {
    create: Step,
    confirm: Step,
    cancel: Step,
    read: Step,
    refund: Step,
    find_refund: Step,
    read_dispute: Step,
}

const STRIPE: Calls = Calls {
    create: Step { name: "create_intent", kind: Kind::Keyed },
    confirm: Step { name: "confirm", kind: Kind::Keyed },
    cancel: Step { name: "cancel_intent", kind: Kind::Unkeyed },
    read: Step { name: "read_intent", kind: Kind::Question },
    refund: Step { name: "create_refund", kind: Kind::Keyed },
    find_refund: Step { name: "find_refund", kind: Kind::Question },
    read_dispute: Step { name: "read_dispute", kind: Kind::Question },
};
const PAYPAL: Calls = Calls {
    create: Step { name: "paypal create_order", kind: Kind::Keyed },
    confirm: Step { name: "paypal capture_order", kind: Kind::Keyed },
    cancel: Step { name: "paypal cancel: a look", kind: Kind::Question },
    read: Step { name: "paypal read_order", kind: Kind::Question },
    refund: Step { name: "paypal refund", kind: Kind::Keyed },
    find_refund: Step { name: "paypal find_refund", kind: Kind::Question },
    read_dispute: Step { name: "paypal read_dispute", kind: Kind::Question },
};
const CAPTURE: Step = Step { name: "capture_intent", kind: Kind::Keyed };
const VERIFY: Step = Step { name: "paypal verify_webhook", kind: Kind::Question };

/// The names of all calls.
pub(super) fn calls_of_all() -> impl Iterator<Item = &'static str> {
    let of = |calls: &Calls| {
        let Calls { create, confirm, cancel, read, refund, find_refund, read_dispute } = calls;
        [create, confirm, cancel, read, refund, find_refund, read_dispute].map(|step| step.name)
    };
    of(&STRIPE).into_iter().chain(of(&PAYPAL)).chain([CAPTURE.name, VERIFY.name])
}

fn calls(at: Which) -> &'static Calls {
    match at {
        Which::Stripe => &STRIPE,
        Which::PayPal => &PAYPAL,
    }
}

impl SimGateway {
    fn key(&self, key: String) -> String {
        bugs::key(&self.world, self.bug, key)
    }

    /// Makes a call when its turn has come. Without a key, the provider keeps nothing.
    async fn call<T, F>(&self, at: Which, step: Step, key: Option<String>, act: F) -> Result<T, GatewayError>
    where
        T: Kept,
        F: FnOnce(&mut Book) -> Result<T, GatewayError> + Send + 'static,
    {
        let provider = self.provider.clone();
        let call = move |acts: bool, fails: bool| {
            if let Some(key) = key {
                return provider.under(at, &key, fails, acts.then_some(act));
            }
            let answer = if acts { act(&mut provider.book()) } else { failed(at) };
            if fails { failed(at) } else { answer }
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
                // What is on its way for so long is not known to be lost: the caller's own patience ends.
                pending().await
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

impl PaymentGateway for SimGateway {
    fn knows(&self, _: Which) -> bool {
        true
    }

    fn accepts(&self, _: Which, _: Money) -> Result<(), GatewayLimit> {
        Ok(())
    }

    async fn create_intent(&self, intent: &NewIntent) -> Answer {
        let new = *intent;
        let key = self.key(format!("create:{}", new.payment_id));
        self.call(new.provider, calls(new.provider).create, Some(key), move |book| book.create(&new)).await
    }

    async fn confirm(&self, confirmation: &Confirmation) -> Answer {
        let Confirmation { provider: at, payment_id, attempt, .. } = confirmation;
        let (at, step) = (*at, calls(*at).confirm);
        let key = self.key(format!("confirm:{payment_id}:{attempt}"));
        let confirmation = confirmation.clone();
        self.call(at, step, Some(key), move |book| book.confirm_by(&confirmation)).await
    }

    async fn capture_intent(&self, capture: Capture<'_>) -> Answer {
        let (key, id) = (self.key(format!("capture:{}", capture.payment_id)), capture.intent_id.to_owned());
        self.call(capture.provider, CAPTURE, Some(key), move |book| book.capture(&id)).await
    }

    async fn cancel_intent(&self, intent: CallOff<'_>) -> Answer {
        bugs::before_calling_off(self, intent.intent_id).await;
        let (at, id) = (intent.provider, intent.intent_id.to_owned());
        let act = move |book: &mut Book| match at {
            Which::Stripe => book.cancel(&id),
            Which::PayPal => book.called_off(&id),
        };
        self.call(at, calls(at).cancel, None, act).await
    }

    async fn read_intent(&self, at: Which, intent_id: &str) -> Answer {
        let id = intent_id.to_owned();
        self.call(at, calls(at).read, None, move |book| book.read(&id)).await
    }
}

impl RefundGateway for SimGateway {
    async fn create_refund(&self, refund: &Refund) -> Result<ProviderRefund, GatewayError> {
        let (key, refund) = (self.key(format!("refund:{}", refund.id)), refund.clone());
        self.call(refund.provider, calls(refund.provider).refund, Some(key), move |book| book.refund(&refund)).await
    }

    async fn find_refund(&self, refund: &Refund) -> Result<Option<ProviderRefund>, GatewayError> {
        let refund = refund.clone();
        self.call(refund.provider, calls(refund.provider).find_refund, None, move |book| Ok(book.find_refund(&refund)))
            .await
    }
}

impl ReadDispute for SimGateway {
    async fn read_dispute(&self, at: Which, dispute_id: &str) -> Result<Dispute, GatewayError> {
        let id = dispute_id.to_owned();
        self.call(at, calls(at).read_dispute, None, move |book| book.read_dispute(&id)).await
    }
}

// The very code that production has: what is told is signed as the provider signs it.
impl VerifyWebhook for SimGateway {
    fn verify_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<WebhookEvent, WebhookRefusal> {
        self.stripe.verify_webhook(webhook, now)
    }
}

// PayPal is asked, and says yes to what it has sent: nobody else sends anything here.
impl VerifyTransmission for SimGateway {
    async fn verify_transmission(&self, webhook: Transmission<'_>, _: Timestamp) -> Result<WebhookEvent, Unverified> {
        let event = read_paypal_event(webhook.body)?;
        self.call(Which::PayPal, VERIFY, None, |_| Ok(())).await?;
        Ok(event)
    }
}
