//! From a refund that is written down to the provider's verdict on it.

use commerce_domain::{Clock as _, EventId, state::RefundState};

use super::{
    ports::{RefundGateway as _, RefundStore as _},
    types::{ProviderRefund, Refund, RefundSettlement, RefundVerdict},
};
use crate::{
    Backend, Interrupted,
    hooks::{HookPoint, Hooks as _},
    payments::{GatewayError, Patience, WebhookReceipt},
};

/// A refund is sent at most this often by one request.
const MAX_CALLS: u32 = 3;

/// Brings a refund as far as it goes now. The refund as it stands then: PENDING also where the provider does not answer.
///
/// # Errors
/// [`Interrupted`]; the sweep goes on with it.
pub(crate) async fn drive<B: Backend>(backend: &B, refund: Refund) -> Result<Refund, Interrupted> {
    drive_within(backend, &Patience::new(backend), refund).await
}

/// The same, with so much patience for the provider.
pub(crate) async fn drive_within<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    refund: Refund,
) -> Result<Refund, Interrupted> {
    if refund.state != RefundState::Pending {
        return Ok(refund);
    }
    let verdict = match told(backend, patience, &refund).await? {
        Ok(ProviderRefund { id, verdict }) => {
            if refund.provider_id.is_none() {
                backend.database().note_refund(refund.id, &id, backend.clock().now()).await?;
            }
            verdict
        }
        Err(GatewayError::Declined(decline)) => Some(RefundVerdict::Failed(decline)),
        // Somebody has to put something right: then the sweep sends it.
        Err(error @ (GatewayError::Refused(_) | GatewayError::NoSuchMethod)) => {
            tracing::error!(refund.id = %refund.id, payment.id = %refund.payment_id, %error, "a refund is refused and stays to be made");
            None
        }
        Err(error) => {
            tracing::warn!(refund.id = %refund.id, %error, "refund not answered");
            None
        }
    };
    let Some(verdict) = verdict else { return Ok(refund) };
    settle_refund(backend, &refund, &verdict, None).await
}

/// Writes a verdict on a refund down, with the webhook that told of it.
pub(crate) async fn settle_refund<B: Backend>(
    backend: &B,
    refund: &Refund,
    verdict: &RefundVerdict,
    receipt: Option<&WebhookReceipt<'_>>,
) -> Result<Refund, Interrupted> {
    if let RefundVerdict::Failed(decline) = verdict {
        tracing::error!(refund.id = %refund.id, payment.id = %refund.payment_id, refund.failure = decline.code, "a refund failed");
    }
    backend.hooks().reached(HookPoint::BeforeRefunded).await?;
    let event = EventId::generate(backend.clock(), backend.entropy());
    let settlement = RefundSettlement { refund, verdict, event, receipt, now: backend.clock().now() };
    let settled = backend.database().settle_refund(settlement).await?;
    backend.hooks().reached(HookPoint::AfterRefunded).await?;
    Ok(settled)
}

/// What the provider says. One that may have been told before is asked first: it forgets keys after a day.
async fn told<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    refund: &Refund,
) -> Result<Result<ProviderRefund, GatewayError>, Interrupted> {
    let mut look_first = !refund.fresh;
    let mut calls = 0;
    loop {
        if look_first {
            match patience.within(backend.gateway().find_refund(refund)).await {
                Ok(Some(found)) => return Ok(Ok(found)),
                Ok(None) if refund.provider_id.is_none() => {}
                Ok(None) => return Ok(Err(GatewayError::Refused("the provider has lost a refund".to_owned()))),
                Err(error) => return Ok(Err(error)),
            }
        }
        backend.hooks().reached(HookPoint::BeforeMoneyBack).await?;
        let created = patience.within(backend.gateway().create_refund(refund)).await;
        backend.hooks().reached(HookPoint::AfterMoneyBack).await?;
        calls += 1;
        match created {
            Err(GatewayError::Unknown(_) | GatewayError::Failed(_))
                if calls < MAX_CALLS && patience.pause(calls).await =>
            {
                look_first = true;
            }
            answered => return Ok(answered),
        }
    }
}
