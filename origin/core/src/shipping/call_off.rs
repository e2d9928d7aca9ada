//! `POST /shipments/{shipmentId}/cancel`: calls a shipment off that waits for its label.
//!
//! First it is noted, so that nobody asks for a label any more. Then those who were asking get the time to end, and the label is
//! looked for: one that was made has left, and without one the pieces are open again. So no label is lost, whatever the carrier
//! and other requests do meanwhile.

use commerce_domain::{Clock as _, ShipmentId, state::ShipmentEvent};
use jiff::Timestamp;

use super::{
    carrier::{Carrier, Refusal},
    drive::{drive, settle_shipment},
    error::ShipmentError,
    ports::ShippingStore as _,
    types::{Shipment, ShipmentNews},
};
use crate::{Backend, Interrupted, idempotency::LEASE, payments::Patience};

/// Why no carrier has it, where the shop said so.
const CALLED_OFF: &str = "called_off";

/// Calls a shipment off. It is CANCELLED, or PENDING until the sweep has looked for its label. Of one that was called off before,
/// says so again.
///
/// # Errors
/// [`ShipmentError`]; what was begun is ended by a repetition, or by the sweep.
pub async fn call_shipment_off<B: Backend>(backend: &B, id: ShipmentId) -> Result<Shipment, ShipmentError> {
    let noted = backend.database().call_shipment_off(id, backend.clock().now()).await?;
    let shipment = drive(backend, noted.ok_or(ShipmentError::NoShipment)?).await?;
    if shipment.has_left() {
        shipment.state.on(ShipmentEvent::Refuse)?;
    }
    Ok(shipment)
}

/// Ends a shipment that was called off `since`, once nobody can be asking for its label any more. Without a carrier nobody is.
pub(super) async fn end<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    shipment: Shipment,
    since: Timestamp,
) -> Result<Shipment, Interrupted> {
    let found = match backend.carrier() {
        None => None,
        Some(_) if backend.clock().now() < since.saturating_add(LEASE).unwrap_or(Timestamp::MAX) => {
            return Ok(shipment);
        }
        Some(carrier) => match patience.within(carrier.find_label(shipment.id)).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(shipment.id = %shipment.id, %error, "not known whether a shipment that is called off has a label");
                return Ok(shipment);
            }
        },
    };
    let none = || ShipmentNews::Refused(Refusal { code: CALLED_OFF.to_owned() });
    settle_shipment(backend, &shipment, &found.map_or_else(none, ShipmentNews::Labelled), None).await
}
