//! `POST /payments`.

use commerce_api::{Amount, Route};
use commerce_auth::Principal;
use commerce_domain::{AttemptId, Clock, CustomerId, Money, OrderId, PaymentId, state::IllegalTransition};

use super::{
    drive::{Driven, Driving},
    gateway::{GatewayLimit, PaymentGateway as _},
    hold,
    means::Provider,
    outcome::PaymentOutcome,
    patience::Patience,
    ports::PaymentStore,
    types::{Begun, NewAttempt, Payable},
};
use crate::{
    Backend, StoreError,
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Stopped},
    idempotency::{
        Answer, ClaimEnd, ClaimRefused, Claimed, EndsClaim, Hash, IdempotencyKey, KeyedRequest, StoredAnswer, claim,
        leave,
    },
};

/// A request to pay an order of the caller's.
#[derive(Debug, Clone)]
pub struct Pay<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// The order.
    pub order_id: OrderId,
    /// The amount that the client means to pay.
    pub amount: Amount,
    /// The means of payment; the order's if absent.
    pub payment_method: Option<String>,
}

/// Why a request to pay has no answer to keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// The caller has no such order.
    #[error("no such order")]
    NoOrder,
    /// The amount has more decimals or digits than the currency.
    #[error("not an amount of the order's currency")]
    BadAmount,
    /// The amount is not the order's total.
    #[error("the amount is not the order's total")]
    AmountMismatch,
    /// Neither the request nor the order names a means of payment.
    #[error("no payment method")]
    MethodRequired,
    /// The means of payment does not exist.
    #[error("no such payment method")]
    NoSuchMethod,
    /// The provider of that means of payment does not take this amount.
    #[error(transparent)]
    Limit(#[from] GatewayLimit),
    /// Another payment of the order is under way.
    #[error("another payment is under way")]
    PaymentInProgress,
    /// The order is being closed.
    #[error("the order is being closed")]
    OrderClosing,
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// The payment provider cannot be reached; nothing was charged.
    #[error("provider unavailable: {0}")]
    ProviderUnavailable(String),
    /// The payment provider refused what it must not refuse.
    #[error("provider refused: {0}")]
    ProviderRefused(String),
    /// The payment stands where no attempt can begin.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(PayError);

impl EndsClaim for PayError {
    /// A failure can be resumed, a refusal leaves no trace.
    fn claim_end(&self) -> ClaimEnd {
        match self {
            Self::Stopped(_) => ClaimEnd::Lapses,
            Self::Store(_) | Self::ProviderUnavailable(_) | Self::ProviderRefused(_) => ClaimEnd::Resumable,
            _ => ClaimEnd::Forgotten,
        }
    }
}

/// An order is looked at this often, before another request is taken to be at it.
const MAX_ROUNDS: u32 = 4;

/// Pays an order. `render` makes the answer that is kept with the outcome.
///
/// # Errors
/// [`PayError`]. A decline is an answer, not an error.
pub async fn pay<B, R>(backend: &B, request: &Pay<'_>, render: R) -> Result<Answer, PayError>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    let patience = Patience::new(backend);
    let customer = known_customer(backend, request.principal).await?;
    let payable = backend.database().find_payable(customer, request.order_id).await?.ok_or(PayError::NoOrder)?;
    for step in &payable.hold_steps {
        hold::follow(backend, *step).await;
    }
    let method = check(request, &payable)?;
    if let Some(method) = &method {
        accept(backend, method, payable.total)?;
    }
    let keyed =
        KeyedRequest { customer, route: Route::CreatePayment, key: request.key, request_hash: request.request_hash };
    let claim = match claim(backend, &keyed).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(answer) => return Ok(answer),
    };
    let driving = Driving { backend, patience: &patience, claim: claim.as_ref(), render: &render };
    let outcome = attempt(&driving, customer, request.order_id, method).await;
    match outcome {
        Ok(stored) => Ok(Answer { stored, replayed: false }),
        Err(error) => {
            leave(backend, claim.as_ref(), error.claim_end()).await;
            Err(error)
        }
    }
}

/// The means of payment; none where nothing is to be paid.
fn check(request: &Pay<'_>, payable: &Payable) -> Result<Option<String>, PayError> {
    let amount: Money = request.amount.in_currency(payable.total.currency()).map_err(|_| PayError::BadAmount)?;
    if amount != payable.total {
        return Err(PayError::AmountMismatch);
    }
    if amount.is_zero() {
        return Ok(None);
    }
    let method = request.payment_method.clone().or_else(|| payable.payment_method.clone());
    method.ok_or(PayError::MethodRequired).map(Some)
}

/// Whether this shop takes that means of payment for that amount. Stripe was asked about the amount when the order was made.
fn accept<B: Backend>(backend: &B, method: &str, amount: Money) -> Result<(), PayError> {
    let provider = Provider::of(Some(method));
    if !backend.gateway().knows(provider) {
        return Err(PayError::NoSuchMethod);
    }
    if provider == Provider::PayPal {
        backend.gateway().accepts(provider, amount)?;
    }
    Ok(())
}

/// Rounds, because an attempt that an earlier request began may end without an answer to this one.
async fn attempt<B, R>(
    driving: &Driving<'_, B, R>,
    customer_id: CustomerId,
    order: OrderId,
    payment_method: Option<String>,
) -> Result<StoredAnswer, PayError>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    let backend = driving.backend;
    for _ in 0..MAX_ROUNDS {
        let new = NewAttempt {
            customer_id,
            order_id: order,
            payment_id: PaymentId::generate(backend.clock(), backend.entropy()),
            attempt_id: AttemptId::generate(backend.clock(), backend.entropy()),
            payment_method: payment_method.clone(),
            now: backend.clock().now(),
        };
        driving.reached(HookPoint::BeforeAttempt).await?;
        let begun = backend.database().begin_attempt(&new).await?;
        driving.reached(HookPoint::AfterAttempt).await?;
        let driven = match begun {
            Begun::NoOrder => return Err(PayError::NoOrder),
            Begun::Illegal(illegal) => return Err(illegal.into()),
            Begun::Paid(payment) => driving.end(PaymentOutcome::AlreadyPaid(payment)).await?,
            Begun::Closed(status) => driving.end(PaymentOutcome::Closed(status)).await?,
            Begun::Closing => return Err(PayError::OrderClosing),
            Begun::Expired => driving.end(PaymentOutcome::Expired).await?,
            Begun::Attempt(attempt) if !attempt.fresh && attempt.is_under_way(backend.clock().now()) => {
                return Err(PayError::PaymentInProgress);
            }
            Begun::CallOff(failed) => driving.end_payment(&failed).await?,
            Begun::Attempt(attempt) => driving.drive(&attempt, payment_method.as_deref()).await?,
        };
        if let Driven::Answered(answer) = driven {
            return Ok(answer);
        }
    }
    Err(PayError::PaymentInProgress)
}
