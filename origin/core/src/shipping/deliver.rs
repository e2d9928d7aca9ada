//! `POST /shipments/{shipmentId}/deliver`: somebody of the shop says that a shipment has arrived.

use commerce_domain::{
    ShipmentId,
    state::{ShipmentEvent, ShipmentState},
};

use super::{
    drive::settle_shipment,
    error::ShipmentError,
    ports::ShippingStore as _,
    types::{Shipment, ShipmentNews},
};
use crate::Backend;

/// Notes that a shipment has arrived. Of one that had arrived before, says so again.
///
/// # Errors
/// [`ShipmentError`].
pub async fn deliver_shipment<B: Backend>(backend: &B, id: ShipmentId) -> Result<Shipment, ShipmentError> {
    let shipment = backend.database().find_shipment(id).await?.ok_or(ShipmentError::NoShipment)?;
    let settled = settle_shipment(backend, &shipment, &ShipmentNews::Arrived, None).await?;
    if settled.state != ShipmentState::Delivered {
        settled.state.on(ShipmentEvent::Deliver)?;
    }
    Ok(settled)
}
