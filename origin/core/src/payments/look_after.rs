//! An attempt that no request waits for any more: what it came to is read from the provider.

use super::{
    approved::resume,
    gateway::{IntentStatus, PaymentGateway as _},
    outcome::decided_since,
    patience::Patience,
    pay::PayError,
    settle::settle_and_follow,
    types::Attempt,
};
use crate::{Backend, Interrupted};

/// Reads the attempt's intent and writes down what it says; what the customer has agreed to is charged. Whether the attempt is
/// somewhere else now.
///
/// # Errors
/// [`Interrupted`]. A provider that does not answer changes nothing.
pub(crate) async fn look_after<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    attempt: &Attempt,
) -> Result<bool, Interrupted> {
    let Some(intent_id) = &attempt.intent_id else { return Ok(false) };
    let read = patience.within(backend.gateway().read_intent(attempt.provider, intent_id)).await;
    let Ok(intent) =
        read.inspect_err(|error| tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not read"))
    else {
        return Ok(false);
    };
    if intent.status == IntentStatus::Approved {
        // On the heap: rare, and larger than all else that a sweep does.
        return match Box::pin(resume(backend, patience, attempt)).await {
            Ok(moved) => Ok(moved),
            Err(PayError::Store(error)) => Err(error.into()),
            Err(PayError::Stopped(stopped)) => Err(stopped.into()),
            Err(error) => {
                tracing::warn!(payment.id = %attempt.payment_id, %error, "approved payment not charged");
                Ok(false)
            }
        };
    }
    let Some(verdict) = decided_since(attempt, &intent) else { return Ok(false) };
    let settled = settle_and_follow(backend, attempt, &verdict, None, None).await?;
    Ok(settled.attempt != attempt.state)
}
