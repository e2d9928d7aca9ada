//! An attempt that no request waits for any more: what it came to is read from the provider.

use commerce_domain::state::PaymentState;

use super::{
    gateway::PaymentGateway as _,
    outcome::{decided, failed_decline},
    patience::Patience,
    settle::settle_and_follow,
    types::{Attempt, Verdict},
};
use crate::{Backend, Interrupted};

/// Reads the attempt's intent and writes down what it says. Whether the attempt is somewhere else now.
///
/// # Errors
/// [`Interrupted`]. A provider that does not answer changes nothing.
pub(crate) async fn look_after<B: Backend>(backend: &B, attempt: &Attempt) -> Result<bool, Interrupted> {
    let Some(intent_id) = &attempt.intent_id else { return Ok(false) };
    let read = Patience::new(backend).within(backend.gateway().read_intent(intent_id)).await;
    let Ok(intent) =
        read.inspect_err(|error| tracing::warn!(payment.id = %attempt.payment_id, %error, "intent not read"))
    else {
        return Ok(false);
    };
    let verdict = match decided(&intent) {
        Some(verdict) => verdict,
        // The customer was asked, so the confirmation had arrived: the customer's answer was no.
        None if attempt.state == PaymentState::RequiresAction => {
            Verdict::Declined(intent.decline.unwrap_or_else(failed_decline))
        }
        // The confirmation may be on its way still.
        None => return Ok(false),
    };
    let settled = settle_and_follow(backend, attempt, &verdict, None).await?;
    Ok(settled.attempt != attempt.state)
}
