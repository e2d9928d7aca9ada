//! `POST /orders/{orderId}/shipments`.

use commerce_api::Route;
use commerce_auth::Principal;
use commerce_domain::{
    Clock as _, CustomerId, EventId, OrderId, ShipmentId,
    state::{OrderStatus, ShipmentState},
};

use super::{
    drive::drive,
    ports::{BeginShipment, ShippingStore as _},
    types::{NewShipment, OwnLabel, Pieces, Shipment},
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

/// A request of the shop's to let goods leave.
#[derive(Debug, Clone)]
pub struct ShipOrder<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request. There is no natural one: two shipments of one piece may both be meant.
    pub key: IdempotencyKey,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// The order.
    pub order_id: OrderId,
    /// What leaves, each variant once; all that is open if absent.
    pub lines: Option<Vec<Pieces>>,
    /// Who brings it.
    pub carrier: Option<String>,
    /// A label that the shop has already; the carrier is asked for one if absent.
    pub own_label: Option<OwnLabel>,
}

/// Why nothing leaves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShipError {
    /// There is no such order.
    #[error("no such order")]
    NoOrder,
    /// Nothing leaves in this state of the order.
    #[error("the order is {0}")]
    Settled(OrderStatus),
    /// The order's stock has yet to follow its payment.
    #[error("the stock has not followed the payment yet")]
    StockDue,
    /// Not that many pieces are open. What is.
    #[error("not that many pieces are open")]
    NotOpen(Vec<Pieces>),
    /// The shop has no carrier to ask for a label.
    #[error("no carrier is configured")]
    NoCarrier,
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

from_interrupted!(ShipError);
ends_claim!(ShipError);

/// Lets goods leave. `render` makes the answer, which is kept once the carrier has spoken.
///
/// # Errors
/// [`ShipError`]. A carrier's no is an answer, not an error.
pub async fn ship_order<B, R>(backend: &B, request: &ShipOrder<'_>, render: R) -> Result<Answer, ShipError>
where
    B: Backend,
    R: Fn(&Shipment) -> StoredAnswer + Send + Sync,
{
    if request.own_label.is_none() && backend.carrier().is_none() {
        return Err(ShipError::NoCarrier);
    }
    let customer = known_customer(backend, request.principal).await?;
    let keyed = KeyedRequest {
        customer,
        route: Route::CreateShipment,
        key: Some(request.key),
        request_hash: request.request_hash,
    };
    let shipping = async {
        let shipment = drive(backend, begin(backend, request, customer).await?).await?;
        Ok(Ended { answer: render(&shipment), kept: shipment.state != ShipmentState::Pending })
    };
    once(backend, &keyed, shipping).await
}

async fn begin<B: Backend>(backend: &B, request: &ShipOrder<'_>, customer: CustomerId) -> Result<Shipment, ShipError> {
    let new = NewShipment {
        id: ShipmentId::generate(backend.clock(), backend.entropy()),
        order_id: request.order_id,
        cause: format!("request:{:x}", name_of(customer, request.key, request.request_hash)),
        lines: request.lines.clone(),
        carrier: request.carrier.clone(),
        own_label: request.own_label.clone(),
        event: EventId::generate(backend.clock(), backend.entropy()),
        now: backend.clock().now(),
    };
    backend.hooks().reached(HookPoint::BeforeShipment).await?;
    let begun = backend.database().begin_shipment(&new).await?;
    backend.hooks().reached(HookPoint::AfterShipment).await?;
    match begun {
        BeginShipment::NoOrder => Err(ShipError::NoOrder),
        BeginShipment::Settled(status) => Err(ShipError::Settled(status)),
        BeginShipment::StockDue => Err(ShipError::StockDue),
        BeginShipment::NotOpen(open) => Err(ShipError::NotOpen(open)),
        BeginShipment::Begun(shipment) => Ok(*shipment),
    }
}
