//! Taking money that is set aside, in a shop that captures by hand.
//!
//! 1. The wish is noted, in the database, unless the order is being closed.
//! 2. The provider is told, under `capture:{payment}`; what is not answered is read from the intent.
//! 3. What it came to is written down as the outcome of the attempt: the order is paid, and the goods are sold.
//!
//! Whoever calls the order off at the same moment tells the provider to cancel: it does one of the two, and both sides read
//! which. A wish whose request has died is the sweep's.

mod lapse;
mod ports;

use commerce_domain::{Clock as _, PaymentId, state::PaymentState};

pub(crate) use self::lapse::{LAPSE_TOLD, tell_lapse};
pub use self::{
    lapse::SetAside,
    ports::{BeginCapture, CaptureStore, Lapsing},
};
use super::{
    gateway::{Capture, GatewayError, Intent, IntentStatus, PaymentGateway as _},
    outcome::decided,
    patience::Patience,
    read::{PaymentRecord, ReadPayments as _},
    settle::settle_and_follow,
    types::Attempt,
};
use crate::{
    Backend, Interrupted, StoreError,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{ClaimRefused, ends_claim},
};

/// Why no money was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// There is no such payment.
    #[error("no such payment")]
    NoPayment,
    /// No money is set aside.
    #[error("the payment is {0}")]
    NotAuthorised(PaymentState),
    /// The order is being closed.
    #[error("the order is being closed")]
    Closing,
    /// The provider does not take it; its code.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(CaptureError);
ends_claim!(CaptureError);

/// Takes the money of a payment, all of it. The payment as it stands then: SUCCEEDED, or as it was while the provider has yet to
/// say. Of money that was taken before, says so again.
///
/// # Errors
/// [`CaptureError`]; what was begun is ended by a repetition, or by the sweep.
pub async fn capture_payment<B: Backend>(backend: &B, payment_id: PaymentId) -> Result<PaymentRecord, CaptureError> {
    let database = backend.database();
    backend.hooks().reached(HookPoint::BeforeCaptureNote).await?;
    let begun = database.begin_capture(payment_id, backend.clock().now()).await?;
    backend.hooks().reached(HookPoint::AfterCaptureNote).await?;
    match begun {
        BeginCapture::NoPayment => return Err(CaptureError::NoPayment),
        BeginCapture::NotAuthorised(state) => return Err(CaptureError::NotAuthorised(state)),
        BeginCapture::Closing => return Err(CaptureError::Closing),
        BeginCapture::Taken => {}
        BeginCapture::Begun(attempt) => {
            if let Captured::Refused(code) = capture(backend, &Patience::new(backend), &attempt).await? {
                return Err(CaptureError::Refused(code));
            }
        }
    }
    let payment = database.find_payment(None, payment_id).await?.ok_or(CaptureError::NoPayment)?;
    match payment.state {
        PaymentState::Canceled | PaymentState::Failed => Err(CaptureError::NotAuthorised(payment.state)),
        _ => Ok(payment),
    }
}

/// What the provider said to the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Captured {
    /// The money is taken, or the payment was called off: it is written down.
    Settled,
    /// Nothing, or nothing yet.
    Unknown,
    /// No, with this code. The wish is forgotten.
    Refused(String),
}

/// Takes the money that an attempt has set aside, and writes down what came of it.
pub(crate) async fn capture<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    attempt: &Attempt,
) -> Result<Captured, Interrupted> {
    let intent_id = attempt.intent_id.as_deref();
    let intent_id = intent_id.ok_or_else(|| StoreError::broken("money is set aside by no intent"))?;
    backend.hooks().reached(HookPoint::BeforeCapture).await?;
    let call = Capture { provider: attempt.provider, intent_id, payment_id: attempt.payment_id };
    let answer = patience.within(backend.gateway().capture_intent(call)).await;
    backend.hooks().reached(HookPoint::AfterCapture).await?;
    let (intent, refused) = match answer {
        Ok(intent) => (Ok(intent), None),
        Err(error) => {
            tracing::warn!(payment.id = %attempt.payment_id, %error, "capture not answered");
            (patience.within(backend.gateway().read_intent(attempt.provider, intent_id)).await, refusal(error))
        }
    };
    let Ok(intent) = intent else { return Ok(Captured::Unknown) };
    written(backend, attempt, &intent, refused).await
}

async fn written<B: Backend>(
    backend: &B,
    attempt: &Attempt,
    intent: &Intent,
    refused: Option<String>,
) -> Result<Captured, Interrupted> {
    if intent.status != IntentStatus::RequiresCapture
        && let Some(verdict) = decided(intent)
    {
        settle_and_follow(backend, attempt, &verdict, None, None).await?;
        return Ok(Captured::Settled);
    }
    let Some(code) = refused else { return Ok(Captured::Unknown) };
    backend.database().withdraw_capture(attempt.payment_id).await?;
    Ok(Captured::Refused(code))
}

/// The provider's no, if the error is one.
fn refusal(error: GatewayError) -> Option<String> {
    match error {
        GatewayError::Declined(decline) => Some(decline.code),
        GatewayError::Refused(code) => Some(code),
        GatewayError::NoSuchMethod => Some("no_such_method".to_owned()),
        GatewayError::Unknown(_) | GatewayError::Failed(_) => None,
    }
}
