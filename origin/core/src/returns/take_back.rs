//! `POST /orders/{orderId}/returns`.

use commerce_api::Route;
use commerce_auth::Principal;
use commerce_domain::{
    Clock as _, CustomerId, EventId, OrderId, RefundId, ReturnId,
    state::{OrderStatus, RefundState},
};

use super::{
    ports::{BeginReturn, ReturnStore as _},
    restock::restock,
    types::{NewReturn, Return, ReturnLine, Returnable},
};
use crate::{
    Backend, Interrupted, StoreError,
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{
        Answer, ClaimRefused, Ended, Hash, IdempotencyKey, KeyedRequest, StoredAnswer, ends_claim, name_of, once,
    },
    refunds,
};

/// A request of the shop's to take goods back.
#[derive(Debug, Clone)]
pub struct TakeBack<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request. There is no natural one: a piece may come back today and another tomorrow.
    pub key: IdempotencyKey,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// The order.
    pub order_id: OrderId,
    /// 1 to 99 lines, each variant once.
    pub lines: Vec<ReturnLine>,
    /// Whether what was paid for shipping goes back too.
    pub shipping: bool,
    /// The shop's note.
    pub reason: Option<String>,
}

/// Why no goods are taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// Nothing of an order in this state comes back.
    #[error("the order is {0}")]
    NotTaken(OrderStatus),
    /// Fewer pieces are left of these lines.
    #[error("not that many pieces are left")]
    TooMany(Vec<Returnable>),
    /// What was paid for shipping went back before.
    #[error("the shipping went back before")]
    ShippingGone,
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

from_interrupted!(ReturnError);
ends_claim!(ReturnError);

/// Takes goods back, and sends the money for them. `render` makes the answer, which is kept once the refund is over.
///
/// # Errors
/// [`ReturnError`]. A provider's no to the refund is part of the answer, not an error: the goods are here.
pub async fn take_back<B, R>(backend: &B, request: &TakeBack<'_>, render: R) -> Result<Answer, ReturnError>
where
    B: Backend,
    R: Fn(&Return) -> StoredAnswer + Send + Sync,
{
    let customer = known_customer(backend, request.principal).await?;
    let keyed = KeyedRequest {
        customer,
        route: Route::CreateReturn,
        key: Some(request.key),
        request_hash: request.request_hash,
    };
    let returning = async {
        let returned = run(backend, &new_return(backend, customer, request)).await?;
        let kept = returned.refund.as_ref().is_none_or(|refund| refund.state != RefundState::Pending);
        Ok::<_, ReturnError>(Ended { answer: render(&returned), kept })
    };
    once(backend, &keyed, returning).await
}

fn new_return<B: Backend>(backend: &B, customer: CustomerId, request: &TakeBack<'_>) -> NewReturn {
    NewReturn {
        id: ReturnId::generate(backend.clock(), backend.entropy()),
        order_id: request.order_id,
        request: name_of(customer, request.key, request.request_hash).into(),
        lines: request.lines.clone(),
        shipping: request.shipping,
        reason: request.reason.clone(),
        refund: RefundId::generate(backend.clock(), backend.entropy()),
        event: EventId::generate(backend.clock(), backend.entropy()),
        now: backend.clock().now(),
    }
}

/// The return as far as it comes now. Its refund is PENDING also where the provider does not answer.
async fn run<B: Backend>(backend: &B, new: &NewReturn) -> Result<Return, ReturnError> {
    backend.hooks().reached(HookPoint::BeforeTakingBack).await?;
    let begun = backend.database().begin_return(new).await?;
    backend.hooks().reached(HookPoint::AfterTakingBack).await?;
    let mut returned = match begun {
        BeginReturn::NoOrder => return Err(ReturnError::NoOrder),
        BeginReturn::NotTaken(status) => return Err(ReturnError::NotTaken(status)),
        BeginReturn::TooMany(left) => return Err(ReturnError::TooMany(left)),
        BeginReturn::ShippingGone => return Err(ReturnError::ShippingGone),
        BeginReturn::Begun(returned) => *returned,
    };
    if let Some(due) = returned.due() {
        returned.restock_due = !restock(backend, &due).await?;
    }
    if let Some(refund) = returned.refund.take() {
        returned.refund = Some(send_back(backend, refund).await?);
    }
    Ok(returned)
}

/// The refund as it stands then. A store that fails now leaves it to the sweep: the return is a fact.
async fn send_back<B: Backend>(backend: &B, refund: refunds::Refund) -> Result<refunds::Refund, Stopped> {
    match refunds::drive(backend, refund.clone()).await {
        Ok(refund) => Ok(refund),
        Err(Interrupted::Stopped(stopped)) => Err(stopped),
        Err(Interrupted::Store(error)) => {
            tracing::warn!(order.id = %refund.order_id, %error, "refund left to the sweep");
            Ok(refund)
        }
    }
}
