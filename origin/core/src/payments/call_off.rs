//! Calling an intent off, so that it cannot charge any more: because its order ends, or because the next attempt needs an intent
//! of its own. Never are there two intents of an order that can charge.

use super::{
    drive::{Driven, Driving},
    gateway::{CallOff, Intent, IntentStatus, PaymentGateway as _},
    outcome::{PaymentOutcome, decided},
    patience::Patience,
    pay::PayError,
    types::{Attempt, Verdict},
};
use crate::{
    Backend,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::StoredAnswer,
};

/// The intent after it was called off, or as it stands if it could not be; none if that cannot be learned now.
pub(crate) async fn call_off<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    attempt: &Attempt,
    intent_id: &str,
) -> Result<Option<Intent>, Stopped> {
    backend.hooks().reached(HookPoint::BeforeCallOff).await?;
    let call = CallOff { provider: attempt.provider, intent_id, payment_id: attempt.payment_id };
    let called_off = patience.within(backend.gateway().cancel_intent(call)).await;
    backend.hooks().reached(HookPoint::AfterCallOff).await?;
    let found = match called_off {
        Ok(intent) => Ok(intent),
        Err(_) => patience.within(backend.gateway().read_intent(attempt.provider, intent_id)).await,
    };
    Ok(found
        .inspect_err(|error| tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not called off"))
        .ok())
}

impl<B, R> Driving<'_, B, R>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    /// Calls an intent off whose customer was asked to confirm it and has named other means instead: what became of it. None if
    /// that is not known now, or the provider is at it. A customer who has confirmed it at the same moment has paid.
    pub(super) async fn turn_from(&self, attempt: &Attempt, intent_id: &str) -> Result<Option<Verdict>, PayError> {
        let called_off = call_off(self.backend, self.patience, attempt, intent_id).await?;
        let over = called_off.as_ref().filter(|intent| {
            !matches!(intent.status, IntentStatus::RequiresAction | IntentStatus::Processing | IntentStatus::Approved)
        });
        Ok(over.and_then(decided))
    }

    /// Ends a payment whose latest attempt has failed, so that another one can begin. No attempt of it is live, so nobody charges
    /// for it meanwhile; what was sent before is found out from the provider.
    pub(super) async fn end_payment(&self, failed: &Attempt) -> Result<Driven, PayError> {
        let verdict = match &failed.intent_id {
            // Stands only if nobody has announced it after all: then there is an intent, and it is called off in the next round.
            None => Verdict::NotAnnounced { reason: "superseded" },
            Some(intent_id) => {
                let Some(intent) = call_off(self.backend, self.patience, failed, intent_id).await? else {
                    let cause = "it is not known whether the earlier payment is called off";
                    return Err(PayError::ProviderUnavailable(cause.to_owned()));
                };
                match (intent.status, decided(&intent)) {
                    (IntentStatus::Canceled | IntentStatus::Succeeded, Some(verdict)) => verdict,
                    // It may charge yet.
                    _ => return self.end(PaymentOutcome::Processing(failed.payment_id)).await,
                }
            }
        };
        self.take_back(failed, &verdict).await?;
        Ok(Driven::Again)
    }
}
