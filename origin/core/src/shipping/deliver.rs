//! `POST /shipments/{shipmentId}/deliver`: somebody of the shop says that a shipment has arrived.

use commerce_domain::{
    ShipmentId,
    state::{IllegalTransition, ShipmentEvent, ShipmentState},
};

use super::{
    drive::settle_shipment,
    ports::ShippingStore as _,
    types::{Shipment, ShipmentNews},
};
use crate::{
    Backend, StoreError,
    error::from_interrupted,
    hooks::Stopped,
    idempotency::{ClaimRefused, ends_claim},
};

/// Why a shipment is not said to have arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// There is no such shipment.
    #[error("no such shipment")]
    NoShipment,
    /// It has not left, or never will.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
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

from_interrupted!(DeliverError);
ends_claim!(DeliverError);

/// Notes that a shipment has arrived. Of one that had arrived before, says so again.
///
/// # Errors
/// [`DeliverError`].
pub async fn deliver_shipment<B: Backend>(backend: &B, id: ShipmentId) -> Result<Shipment, DeliverError> {
    let shipment = backend.database().find_shipment(id).await?.ok_or(DeliverError::NoShipment)?;
    let settled = settle_shipment(backend, &shipment, &ShipmentNews::Arrived, None).await?;
    if settled.state != ShipmentState::Delivered {
        settled.state.on(ShipmentEvent::Deliver)?;
    }
    Ok(settled)
}
