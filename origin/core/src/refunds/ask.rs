//! `POST /payments/{paymentId}/refunds`.

use commerce_api::{Amount, Route};
use commerce_auth::Principal;
use commerce_domain::{Clock as _, Money, PaymentId, RefundId, state::RefundState};

use super::{
    drive::drive,
    ports::{BeginRefund, RefundStore as _},
    types::{NewRefund, Refund, RefundReason, Refundable},
};
use crate::{
    Backend, StoreError,
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{
        Answer, ClaimRefused, Ended, Hash, IdempotencyKey, KeyedRequest, StoredAnswer, ends_claim, name_of, once,
    },
};

/// A request of the shop's to send money back.
#[derive(Debug, Clone)]
pub struct AskRefund<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request. There is no natural one: two refunds of one amount may both be meant.
    pub key: IdempotencyKey,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// The payment.
    pub payment_id: PaymentId,
    /// How much; all that is left if absent.
    pub amount: Option<Amount>,
    /// Why.
    pub reason: RefundReason,
}

/// Why no money goes back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// There is no such payment.
    #[error("no such payment")]
    NoPayment,
    /// The amount has more decimals or digits than the currency, or is not above zero.
    #[error("not an amount of the payment's currency")]
    BadAmount,
    /// Not that much can go back, or nothing.
    #[error("not that much is left")]
    NotLeft(Refundable),
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

from_interrupted!(RefundError);
ends_claim!(RefundError);

/// Sends money back. `render` makes the answer, which is kept once the refund is over.
///
/// # Errors
/// [`RefundError`]. A provider's no is an answer, not an error.
pub async fn ask_refund<B, R>(backend: &B, request: &AskRefund<'_>, render: R) -> Result<Answer, RefundError>
where
    B: Backend,
    R: Fn(&Refund) -> StoredAnswer + Send + Sync,
{
    let refundable = backend.database().find_refundable(request.payment_id).await?.ok_or(RefundError::NoPayment)?;
    let amount = request.amount.map(|amount| checked(amount, &refundable)).transpose()?;
    let customer = known_customer(backend, request.principal).await?;
    let keyed = KeyedRequest {
        customer,
        route: Route::CreateRefund,
        key: Some(request.key),
        request_hash: request.request_hash,
    };
    let refunding = async {
        let new = NewRefund {
            id: RefundId::generate(backend.clock(), backend.entropy()),
            payment_id: request.payment_id,
            cause: format!("request:{:x}", name_of(customer, request.key, request.request_hash)),
            amount,
            reason: request.reason,
            now: backend.clock().now(),
        };
        backend.hooks().reached(HookPoint::BeforeRefund).await?;
        let begun = backend.database().begin_refund(&new).await?;
        backend.hooks().reached(HookPoint::AfterRefund).await?;
        let refund = match begun {
            BeginRefund::NoPayment => return Err(RefundError::NoPayment),
            BeginRefund::NotLeft(refundable) => return Err(RefundError::NotLeft(refundable)),
            BeginRefund::Begun(refund) => refund,
        };
        let refund = drive(backend, *refund).await?;
        Ok(Ended { answer: render(&refund), kept: refund.state != RefundState::Pending })
    };
    once(backend, &keyed, refunding).await
}

fn checked(amount: Amount, refundable: &Refundable) -> Result<Money, RefundError> {
    let amount: Money = amount.in_currency(refundable.left.currency()).map_err(|_| RefundError::BadAmount)?;
    if amount.minor() > 0 { Ok(amount) } else { Err(RefundError::BadAmount) }
}
