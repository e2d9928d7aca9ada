//! What the carrier says about a shipment that has left.

use commerce_domain::state::ShipmentState;

use super::{
    carrier::{Carrier, CarrierError},
    drive::settle_shipment,
    types::{Shipment, ShipmentNews},
};
use crate::{
    Backend, Interrupted,
    payments::{Patience, WebhookReceipt},
};

/// Why a tracker was not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFollowed {
    /// The carrier cannot be asked.
    #[error("carrier not read: {0}")]
    Carrier(#[from] CarrierError),
    /// It did not come to its end.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Reads a shipment's tracker and writes down what it says, with the webhook that told of it. The shipment as it stands then.
///
/// # Errors
/// [`NotFollowed`].
pub(crate) async fn follow_tracker<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    carrier: &B::Carrier,
    shipment: &Shipment,
    tracker_id: &str,
    receipt: Option<&WebhookReceipt<'_>>,
) -> Result<Shipment, NotFollowed> {
    let tracker = match patience.within(carrier.track(tracker_id)).await {
        Ok(tracker) => tracker,
        // It will not know better in a minute.
        Err(error @ CarrierError::Misconfigured(_)) => {
            settle_shipment(backend, shipment, &ShipmentNews::Silence, None).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    let settled = settle_shipment(backend, shipment, &ShipmentNews::Tracked(tracker), receipt).await?;
    if tracker.delivered && settled.state != ShipmentState::Delivered {
        tracing::error!(shipment.id = %shipment.id, shipment.state = %settled.state, "a shipment arrived that has not left");
    }
    Ok(settled)
}
