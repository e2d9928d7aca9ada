//! `POST /payments`.

use commerce_api::{Amount, Route};
use commerce_auth::Principal;
use commerce_domain::{
    AttemptId, Clock, CustomerId, Money, OrderId, PaymentId,
    state::{OrderStatus, PaymentState},
};

use super::{
    drive::Driving,
    gateway::Decline,
    ports::{PaymentStore, RequestClaim, RequestStore},
    types::{Attempt, Begun, NewAttempt, Payable},
};
use crate::{
    Backend, StoreError,
    customers::known_customer,
    idempotency::{Answer, ClaimKey, Hash, IdempotencyKey, LEASE, Lease, StoredAnswer},
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

/// How a request to pay ended, where its answer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// Paid.
    Succeeded {
        /// The payment.
        payment: PaymentId,
        /// The provider's receipt.
        receipt_url: Option<String>,
    },
    /// The customer has to confirm it.
    RequiresAction {
        /// The payment.
        payment: PaymentId,
        /// Where to send the customer.
        redirect_url: Option<String>,
        /// For the provider's own client library.
        client_secret: Option<String>,
    },
    /// Not known yet.
    Processing(PaymentId),
    /// The provider said no.
    Declined(Decline),
    /// The order was paid before.
    AlreadyPaid(PaymentId),
    /// The stock is no longer held.
    Expired,
    /// The order cannot be paid in this state.
    Closed(OrderStatus),
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
    /// Another payment of the order is under way.
    #[error("another payment is under way")]
    PaymentInProgress,
    /// The same request is being answered.
    #[error("the request is in progress")]
    InProgress,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// The payment provider cannot be reached; nothing was charged.
    #[error("provider unavailable: {0}")]
    ProviderUnavailable(String),
    /// The payment provider refused what it must not refuse.
    #[error("provider refused: {0}")]
    ProviderRefused(String),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pays an order. `render` makes the answer that is kept with the outcome.
///
/// # Errors
/// [`PayError`]. A decline is an answer, not an error.
pub async fn pay<B, R>(backend: &B, request: &Pay<'_>, render: R) -> Result<Answer, PayError>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    let customer = known_customer(backend, request.principal).await?;
    let payable = backend.database().find_payable(customer, request.order_id).await?.ok_or(PayError::NoOrder)?;
    let method = check(request, &payable)?;
    let claim = match claim(backend, request, customer).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(stored) => return Ok(Answer { stored, replayed: true }),
    };
    let outcome = attempt(backend, request, customer, method, claim.as_ref(), &render).await;
    match outcome {
        Ok(stored) => Ok(Answer { stored, replayed: false }),
        Err(error) => {
            if let Some((key, fence)) = &claim {
                leave(backend, &error, key, *fence).await;
            }
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

enum Claimed {
    Mine(Option<(ClaimKey, i64)>),
    Done(StoredAnswer),
}

async fn claim<B: Backend>(backend: &B, request: &Pay<'_>, customer: CustomerId) -> Result<Claimed, PayError> {
    let Some(key) = request.key else { return Ok(Claimed::Mine(None)) };
    let key = ClaimKey {
        principal: customer,
        route: Route::CreatePayment.name(),
        key_hash: key.hash(),
        synthetic: false,
        request_hash: request.request_hash,
    };
    match backend.database().claim_request(&key, Lease::from(backend.clock().now())).await? {
        RequestClaim::Mine(fence) => Ok(Claimed::Mine(Some((key, fence)))),
        RequestClaim::Done(answer) => Ok(Claimed::Done(answer)),
        RequestClaim::InFlight => Err(PayError::InProgress),
        RequestClaim::OtherRequest => Err(PayError::KeyReused),
    }
}

async fn attempt<B, R>(
    backend: &B,
    request: &Pay<'_>,
    customer: CustomerId,
    payment_method: Option<String>,
    claim: Option<&(ClaimKey, i64)>,
    render: &R,
) -> Result<StoredAnswer, PayError>
where
    B: Backend,
    R: Fn(&PaymentOutcome) -> StoredAnswer + Send + Sync,
{
    let driving = Driving { backend, claim, render };
    // A second round where the attempt that was under way has failed, and this request names other means.
    for _ in 0..2 {
        let new = NewAttempt {
            customer_id: customer,
            order_id: request.order_id,
            payment_id: PaymentId::generate(backend.clock(), backend.entropy()),
            attempt_id: AttemptId::generate(backend.clock(), backend.entropy()),
            payment_method: payment_method.clone(),
            now: backend.clock().now(),
        };
        match backend.database().begin_attempt(&new).await? {
            Begun::NoOrder => return Err(PayError::NoOrder),
            Begun::Paid(payment) => return driving.end(PaymentOutcome::AlreadyPaid(payment)).await,
            Begun::Closed(status) => return driving.end(PaymentOutcome::Closed(status)).await,
            Begun::Attempt(attempt) if is_anothers(&attempt, backend) => return Err(PayError::PaymentInProgress),
            Begun::Attempt(attempt) => {
                if let Some(answer) = driving.drive(&attempt, payment_method.as_deref()).await? {
                    return Ok(answer);
                }
            }
        }
    }
    Err(PayError::PaymentInProgress)
}

/// Whether another request is at this attempt at this moment: it has written it down and not told yet what came of it.
fn is_anothers<B: Backend>(attempt: &Attempt, backend: &B) -> bool {
    let until = attempt.updated_at.saturating_add(LEASE).unwrap_or(attempt.updated_at);
    !attempt.fresh && attempt.state == PaymentState::Created && backend.clock().now() < until
}

/// Ends the claim of a request without an answer to keep: a failure can be resumed, a refusal leaves no trace.
async fn leave<B: Backend>(backend: &B, error: &PayError, key: &ClaimKey, fence: i64) {
    let resumable =
        matches!(error, PayError::Store(_) | PayError::ProviderUnavailable(_) | PayError::ProviderRefused(_));
    let left = if resumable {
        backend.database().end_request_lease(key, fence, backend.clock().now()).await
    } else {
        backend.database().forget_request(key, fence).await
    };
    if let Err(error) = left {
        tracing::warn!(%error, "claim left to lapse");
    }
}
