//! Webhooks of the carrier's: hints that something has happened to a shipment.
//!
//! As with the payment provider's, a webhook says where to look. That an event was handled is written with its effect; what fails
//! leaves no row, and the carrier sends the event again.

use commerce_domain::{Clock as _, state::ShipmentState};

use super::{
    carrier::{Carrier, CarrierError},
    drive::drive_within,
    ports::ShippingStore as _,
    track::{NotFollowed, follow_tracker},
    types::Shipment,
};
use crate::{
    Backend, StoreError,
    error::from_interrupted,
    hooks::Stopped,
    payments::{Patience, Webhook, WebhookOutcome, WebhookReceipt, WebhookRefusal},
};

/// Why a webhook was not taken. The carrier sends it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierWebhookError {
    /// It is not known to be the carrier's.
    #[error(transparent)]
    Refused(#[from] WebhookRefusal),
    /// The carrier cannot be asked.
    #[error("carrier not read: {0}")]
    CarrierUnavailable(#[from] CarrierError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(CarrierWebhookError);

impl From<NotFollowed> for CarrierWebhookError {
    fn from(error: NotFollowed) -> Self {
        match error {
            NotFollowed::Carrier(error) => Self::CarrierUnavailable(error),
            NotFollowed::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

/// Takes a webhook of the carrier's.
///
/// # Errors
/// [`CarrierWebhookError`]; nothing says then that the event was handled.
pub async fn receive_carrier_webhook<B: Backend>(
    backend: &B,
    webhook: Webhook<'_>,
) -> Result<WebhookOutcome, CarrierWebhookError> {
    let carrier = backend.carrier().ok_or(WebhookRefusal::NotTaken)?;
    let now = backend.clock().now();
    let event = carrier.verify_carrier_webhook(webhook, now)?;
    let Some(shipment_id) = event.shipment_id else { return Ok(WebhookOutcome::Ignored) };
    let database = backend.database();
    if database.is_carrier_event_handled(&event.id).await? {
        return Ok(WebhookOutcome::Doubled);
    }
    let Some(shipment) = database.find_shipment(shipment_id).await? else { return Ok(WebhookOutcome::NotOurs) };
    let receipt = WebhookReceipt { provider: "carrier", event_id: &event.id, kind: &event.kind, received_at: now };
    look_up(backend, carrier, shipment, &receipt).await?;
    Ok(WebhookOutcome::Handled)
}

/// Reads the tracker. What has a webhook has a label, also where the answer to who asked for that was lost.
async fn look_up<B: Backend>(
    backend: &B,
    carrier: &B::Carrier,
    shipment: Shipment,
    receipt: &WebhookReceipt<'_>,
) -> Result<(), CarrierWebhookError> {
    let patience = Patience::new(backend);
    let shipment = drive_within(backend, &patience, Shipment { fresh: false, ..shipment }).await?;
    match &shipment.tracker_id {
        Some(tracker) => {
            follow_tracker(backend, &patience, carrier, &shipment, tracker, Some(receipt)).await.map(drop)?;
        }
        None if shipment.state == ShipmentState::Pending => {
            return Err(CarrierError::Unknown("the label is not known".to_owned()).into());
        }
        None => backend.database().note_carrier_event(receipt).await?,
    }
    Ok(())
}
