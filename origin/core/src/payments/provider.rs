//! What is said to the provider about an attempt, and what is made of its answers.

use commerce_domain::Clock as _;

use super::{
    approved::Charge,
    drive::Driving,
    gateway::{Confirmation, GatewayError, Intent, NewIntent, PaymentGateway},
    means::Provider,
    outcome::{PaymentOutcome, decided, failed_decline, no_such_method_decline},
    pay::PayError,
    ports::PaymentStore,
    types::{Attempt, Verdict},
};
use crate::{Backend, StoreError, hooks::HookPoint, idempotency::StoredAnswer};

/// A call whose repetition is safe is sent at most this often.
const MAX_CALLS: u32 = 4;

impl<B, R> Driving<'_, B, R>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    /// The provider's verdict on an attempt.
    pub(super) async fn charge(&self, attempt: &Attempt) -> Result<Charge, PayError> {
        let method = attempt.payment_method.clone();
        let payment_method_id = method.ok_or_else(|| StoreError::broken("an amount to pay, and no means to pay it"))?;
        let intent_id = if let Some(id) = &attempt.intent_id {
            id.clone()
        } else {
            let intent = self.create_intent(attempt).await?;
            // Where customers are asked before anything is charged, this one is now.
            if let Some(verdict @ Verdict::RequiresAction { .. }) = decided(&intent) {
                return Ok(Charge::Verdict(verdict));
            }
            intent.id
        };
        let (provider, payment_id, number) = (attempt.provider, attempt.payment_id, attempt.number);
        let confirmation = Confirmation { provider, intent_id, payment_id, attempt: number, payment_method_id };
        if provider == Provider::PayPal {
            return self.charge_approved(attempt, &confirmation).await;
        }
        if attempt.fresh && !self.patience.allows_a_charge() {
            return self.give_up(attempt, "no time was left for the charge").await;
        }
        self.confirm(attempt, &confirmation).await.map(Charge::Verdict)
    }

    /// Announces the payment, which charges nothing.
    ///
    /// A provider that has failed keeps that answer under the payment's key for a day. It may have made an intent even so,
    /// whose id nobody here ever learns: without it, it can never be confirmed, by us or by the customer. So the payment is
    /// called off, and the next request begins another, with a key and an intent of its own: still only one that can charge.
    /// `docs/decisions/0010-payments-that-are-not-over.md` weighs the alternatives.
    async fn create_intent(&self, attempt: &Attempt) -> Result<Intent, PayError> {
        let new = NewIntent {
            provider: attempt.provider,
            payment_id: attempt.payment_id,
            order_id: attempt.order_id,
            amount: attempt.amount,
        };
        let mut calls = 0;
        let failure = loop {
            self.reached(HookPoint::BeforeCreate).await?;
            let created = self.patience.within(self.backend.gateway().create_intent(&new)).await;
            self.reached(HookPoint::AfterCreate).await?;
            let failure = match created {
                Ok(intent) => {
                    self.backend.database().note_intent(attempt, &intent.id, self.backend.clock().now()).await?;
                    self.reached(HookPoint::AfterNote).await?;
                    return Ok(intent);
                }
                Err(error @ (GatewayError::Unknown(_) | GatewayError::Failed(_))) => error,
                Err(error) => {
                    self.take_back(attempt, &Verdict::NotAnnounced { reason: "refused_by_provider" }).await?;
                    return Err(PayError::ProviderRefused(error.to_string()));
                }
            };
            calls += 1;
            if calls == MAX_CALLS || !self.patience.pause(calls).await {
                break failure;
            }
        };
        match failure {
            GatewayError::Failed(_) => {
                self.take_back(attempt, &Verdict::NotAnnounced { reason: "not_announced" }).await?;
            }
            _ if attempt.fresh => return self.give_up(attempt, &failure.to_string()).await,
            // Another request may be at the same attempt, with more luck.
            _ => {}
        }
        Err(PayError::ProviderUnavailable(failure.to_string()))
    }

    /// Sends the confirmation, which charges, until what it came to is known or time is over. It has its effect once, however
    /// often it is sent under its key.
    pub(super) async fn confirm(&self, attempt: &Attempt, confirmation: &Confirmation) -> Result<Verdict, PayError> {
        for call in 0..MAX_CALLS {
            if call > 0 && !self.patience.pause(call).await {
                break;
            }
            self.reached(HookPoint::BeforeConfirm).await?;
            let answer = self.patience.within(self.backend.gateway().confirm(confirmation)).await;
            self.reached(HookPoint::AfterConfirm).await?;
            // Only the first answer to a confirmation tells how the intent stands. A later one may be the first one again,
            // which the provider has kept: with a redirect, perhaps, that leads nowhere by now.
            if let Ok(intent) = &answer
                && attempt.fresh
                && call == 0
                && let Some(verdict) = decided(intent)
            {
                return Ok(verdict);
            }
            match &answer {
                Err(GatewayError::Declined(decline)) => return Ok(Verdict::Declined(decline.clone())),
                Err(GatewayError::NoSuchMethod) => {
                    self.take_back(attempt, &Verdict::Declined(no_such_method_decline())).await?;
                    return Err(PayError::NoSuchMethod);
                }
                Err(error) => tracing::warn!(payment.id = %attempt.payment_id, %error, "confirmation not answered"),
                Ok(_) => {}
            }
            let Some(intent) = self.read(attempt, &confirmation.intent_id).await else { break };
            if let Some(verdict) = decided(&intent) {
                return Ok(verdict);
            }
            // The intent waits for a confirmation, as it did before.
            match answer {
                // The customer was asked meanwhile, and said no.
                Ok(_) => return Ok(Verdict::Declined(intent.decline.unwrap_or_else(failed_decline))),
                // The provider may not have seen it, or is still at it.
                Err(GatewayError::Unknown(_)) => {}
                // It has ended its work on it, and has not charged.
                Err(_) => return Ok(Verdict::Declined(failed_decline())),
            }
        }
        Ok(Verdict::Unknown)
    }

    /// The intent as it stands; none if that cannot be learned now.
    pub(super) async fn read(&self, attempt: &Attempt, intent_id: &str) -> Option<Intent> {
        let read = self.patience.within(self.backend.gateway().read_intent(attempt.provider, intent_id)).await;
        read.inspect_err(|error| tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not read")).ok()
    }
}
