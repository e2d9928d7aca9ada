//! Webhooks: hints of the provider that something has happened to a payment.
//!
//! A webhook says where to look, never what is true: the object is read from the provider, and what it says is written down as
//! any request would. So late, doubled and out of order deliveries change nothing. That an event was handled is written with
//! its effect, in one transaction; what fails leaves no such row, and the provider sends the event again.

mod dispute;
mod ports;

use commerce_domain::Clock as _;
use jiff::SignedDuration;

pub use self::{
    dispute::{Dispute, DisputeNews, DisputeNoted, DisputeOutcome, ReadDispute},
    ports::{
        Transmission, Unverified, VerifyTransmission, VerifyWebhook, Webhook, WebhookEvent, WebhookReceipt,
        WebhookRefusal, WebhookStore, WebhookSubject,
    },
};
use super::{
    approved::resume,
    gateway::{GatewayError, IntentStatus, PaymentGateway as _},
    means::Provider,
    outcome::decided_since,
    patience::Patience,
    pay::PayError,
    settle::settle_and_follow,
    types::{Attempt, Verdict},
};
use crate::{
    Backend, StoreError,
    error::from_interrupted,
    hooks::Stopped,
    refunds::{Refund, RefundGateway as _, RefundStore as _, settle_refund},
};

/// For how long it is known that an event was handled. Stripe gives up after three days, and lets a person send events of the
/// last 30 days again.
const KEPT: SignedDuration = SignedDuration::from_hours(31 * 24);

/// What became of a webhook that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// The provider was asked, and what it said is written down.
    Handled,
    /// It was handled before.
    Doubled,
    /// It is about a payment of somebody else's.
    NotOurs,
    /// Its type means nothing to this shop.
    Ignored,
}

/// Why a webhook was not taken. The provider sends it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// It is not known to be the provider's.
    #[error(transparent)]
    Refused(#[from] WebhookRefusal),
    /// The provider cannot be asked.
    #[error("provider not read: {0}")]
    ProviderUnavailable(#[from] GatewayError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(WebhookError);

impl From<Unverified> for WebhookError {
    fn from(error: Unverified) -> Self {
        match error {
            Unverified::Refused(refusal) => Self::Refused(refusal),
            Unverified::Unanswered(error) => Self::ProviderUnavailable(error),
        }
    }
}

/// Takes a webhook of Stripe's: verifies it, reads what it is about from the provider, and writes down what that says.
///
/// # Errors
/// [`WebhookError`].
pub async fn receive_webhook<B: Backend>(backend: &B, webhook: Webhook<'_>) -> Result<WebhookOutcome, WebhookError> {
    let event = backend.gateway().verify_webhook(webhook, backend.clock().now())?;
    handle(backend, Provider::Stripe, &event).await
}

/// The same, of PayPal's.
///
/// # Errors
/// [`WebhookError`].
pub async fn receive_transmission<B: Backend>(
    backend: &B,
    transmission: Transmission<'_>,
) -> Result<WebhookOutcome, WebhookError> {
    let verified = backend.gateway().verify_transmission(transmission, backend.clock().now());
    let event = Patience::new(backend).within(verified).await?;
    handle(backend, Provider::PayPal, &event).await
}

async fn handle<B: Backend>(
    backend: &B,
    provider: Provider,
    event: &WebhookEvent,
) -> Result<WebhookOutcome, WebhookError> {
    let outcome = look(backend, provider, event).await?;
    tracing::info!(webhook.id = event.id, webhook.kind = event.kind, ?outcome, "webhook taken");
    Ok(outcome)
}

async fn look<B: Backend>(
    backend: &B,
    provider: Provider,
    event: &WebhookEvent,
) -> Result<WebhookOutcome, WebhookError> {
    let database = backend.database();
    if event.subject == WebhookSubject::Other {
        return Ok(WebhookOutcome::Ignored);
    }
    if database.is_webhook_handled(provider, &event.id).await? {
        return Ok(WebhookOutcome::Doubled);
    }
    let receipt = WebhookReceipt {
        provider: provider.as_str(),
        event_id: &event.id,
        kind: &event.kind,
        received_at: backend.clock().now(),
    };
    let ours = match &event.subject {
        WebhookSubject::Intent { intent_id } => match database.find_attempt_by_intent(provider, intent_id).await? {
            Some(attempt) => look_up(backend, &attempt, intent_id, &receipt).await.map(|()| true)?,
            None => false,
        },
        WebhookSubject::Dispute { dispute_id, intent_id } => {
            let attempt = database.find_attempt_by_intent(provider, intent_id).await?;
            look_up_dispute(backend, attempt, dispute_id, &receipt).await?
        }
        WebhookSubject::DisputeOf { dispute_id, payment_id } => {
            let attempt = database.find_attempt_of(provider, *payment_id).await?;
            look_up_dispute(backend, attempt, dispute_id, &receipt).await?
        }
        // One that is not known yet was sent by a request that is at it, or by somebody else.
        WebhookSubject::Refund { refund_id } => match database.find_refund_by_provider_id(provider, refund_id).await? {
            Some(refund) => look_up_refund(backend, &refund, &receipt).await.map(|()| true)?,
            None => false,
        },
        WebhookSubject::RefundElsewhere { refund_id, intent_id } => {
            match database.find_attempt_by_intent(provider, intent_id).await? {
                Some(attempt) => refunded_elsewhere(backend, &attempt, refund_id, &receipt).await.map(|()| true)?,
                None => false,
            }
        }
        WebhookSubject::Other => false,
    };
    Ok(if ours { WebhookOutcome::Handled } else { WebhookOutcome::NotOurs })
}

/// Whether the dispute is about a payment of ours; if so, it is read, and what it says is written down.
async fn look_up_dispute<B: Backend>(
    backend: &B,
    attempt: Option<Attempt>,
    dispute_id: &str,
    receipt: &WebhookReceipt<'_>,
) -> Result<bool, WebhookError> {
    let Some(attempt) = attempt else { return Ok(false) };
    dispute::look_up(backend, &attempt, dispute_id, receipt).await.map(|()| true)
}

/// Money of a payment of ours went back past this shop, whose ledger does not have it: somebody has to know.
async fn refunded_elsewhere<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    refund_id: &str,
    receipt: &WebhookReceipt<'_>,
) -> Result<(), WebhookError> {
    let (order, payment) = (attempt.order_id, attempt.payment_id);
    tracing::error!(order.id = %order, payment.id = %payment, refund.provider_id = refund_id, "a payment was refunded at the provider, not by this shop");
    Ok(backend.database().note_webhook(receipt).await?)
}

/// Reads a refund and writes down what the provider says about it.
async fn look_up_refund<B: Backend>(
    backend: &B,
    refund: &Refund,
    receipt: &WebhookReceipt<'_>,
) -> Result<(), WebhookError> {
    let found = Patience::new(backend).within(backend.gateway().find_refund(refund)).await?;
    match found.and_then(|found| found.verdict) {
        Some(verdict) => settle_refund(backend, refund, &verdict, Some(receipt)).await.map(drop)?,
        None => backend.database().note_webhook(receipt).await?,
    }
    Ok(())
}

/// Reads an intent and writes down what it says about the latest attempt.
async fn look_up<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    intent_id: &str,
    receipt: &WebhookReceipt<'_>,
) -> Result<(), WebhookError> {
    let intent = Patience::new(backend).within(backend.gateway().read_intent(attempt.provider, intent_id)).await?;
    if intent.status == IntentStatus::Approved {
        return charge(backend, attempt, receipt).await;
    }
    let Some(verdict) = decided_since(attempt, &intent) else {
        return Ok(backend.database().note_webhook(receipt).await?);
    };
    // While a webhook about an earlier attempt was on its way, another one may have begun, and the money is that one's. A no is
    // for the attempt that was known before it was heard.
    let latest = match verdict {
        Verdict::Succeeded { .. } => backend.database().find_attempt_by_intent(attempt.provider, intent_id).await?,
        _ => None,
    };
    let attempt = latest.as_ref().unwrap_or(attempt);
    settle_and_follow(backend, attempt, &verdict, None, Some(receipt)).await?;
    Ok(())
}

/// Charges for what the customer has agreed to. Only then the event is noted: who stops in between is sent it again, and finds
/// the charge made. Where somebody else is at it, the sweep sees to it that they come to an end.
async fn charge<B: Backend>(backend: &B, attempt: &Attempt, receipt: &WebhookReceipt<'_>) -> Result<(), WebhookError> {
    match Box::pin(resume(backend, &Patience::new(backend), attempt)).await {
        Ok(_) => {}
        Err(PayError::Store(error)) => return Err(error.into()),
        Err(PayError::Stopped(stopped)) => return Err(stopped.into()),
        Err(error) => return Err(GatewayError::Unknown(error.to_string()).into()),
    }
    Ok(backend.database().note_webhook(receipt).await?)
}

/// Forgets which events were handled long ago, at most `limit`. How many.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn forget_webhooks<B: Backend>(backend: &B, limit: u32) -> Result<u32, StoreError> {
    let before = backend.clock().now().saturating_sub(KEPT).unwrap_or(jiff::Timestamp::MIN);
    backend.database().forget_webhooks(before, limit).await
}
