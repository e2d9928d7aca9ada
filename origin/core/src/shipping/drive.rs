//! From a shipment that is written down to the carrier's label, or to its no.

use commerce_domain::{Clock as _, EventId, state::ShipmentState};

use super::{
    call_off,
    carrier::{Carrier, CarrierError, Label, LabelRequest},
    ports::ShippingStore as _,
    types::{Shipment, ShipmentNews, ShipmentSettlement},
};
use crate::{
    Backend, Interrupted, StoreError,
    hooks::{HookPoint, Hooks as _},
    orders::ReadOrders as _,
    payments::{Patience, WebhookReceipt},
};

/// A label is asked for at most this often by one request.
const MAX_CALLS: u32 = 3;

/// Brings a shipment as far as it goes now. The shipment as it stands then: PENDING also where the carrier does not answer.
///
/// # Errors
/// [`Interrupted`]; the sweep goes on with it.
pub(crate) async fn drive<B: Backend>(backend: &B, shipment: Shipment) -> Result<Shipment, Interrupted> {
    drive_within(backend, &Patience::new(backend), shipment).await
}

/// The same, with so much patience for the carrier.
pub(crate) async fn drive_within<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    shipment: Shipment,
) -> Result<Shipment, Interrupted> {
    if shipment.state != ShipmentState::Pending {
        return Ok(shipment);
    }
    if let Some(since) = shipment.called_off_at {
        return call_off::end(backend, patience, shipment, since).await;
    }
    let Some(carrier) = backend.carrier() else { return Ok(shipment) };
    let news = match told(backend, patience, carrier, &shipment).await? {
        Ok(label) => ShipmentNews::Labelled(label),
        Err(CarrierError::Refused(refusal)) => {
            tracing::error!(shipment.id = %shipment.id, order.id = %shipment.order_id, shipment.failure = refusal.code, "the carrier refused a shipment");
            ShipmentNews::Refused(refusal)
        }
        Err(error @ CarrierError::Misconfigured(_)) => {
            tracing::error!(shipment.id = %shipment.id, %error, "no label until this is set right, or the shipment called off");
            return Ok(shipment);
        }
        Err(error) => {
            tracing::warn!(shipment.id = %shipment.id, %error, "no label yet");
            return Ok(shipment);
        }
    };
    let settled = settle_shipment(backend, &shipment, &news, None).await?;
    if settled.state == ShipmentState::Cancelled && matches!(news, ShipmentNews::Labelled(_)) {
        tracing::error!(shipment.id = %shipment.id, "a label was made for a shipment that is called off: the carrier has to void it");
    }
    Ok(settled)
}

/// Writes news of a shipment down, with the webhook that told of it.
pub(super) async fn settle_shipment<B: Backend>(
    backend: &B,
    shipment: &Shipment,
    news: &ShipmentNews,
    receipt: Option<&WebhookReceipt<'_>>,
) -> Result<Shipment, Interrupted> {
    backend.hooks().reached(HookPoint::BeforeShipmentNews).await?;
    let event = EventId::generate(backend.clock(), backend.entropy());
    let settlement = ShipmentSettlement { shipment, news, event, receipt, now: backend.clock().now() };
    let settled = backend.database().settle_shipment(settlement).await?;
    backend.hooks().reached(HookPoint::AfterShipmentNews).await?;
    Ok(settled)
}

/// What the carrier says. One that may have been told before is asked first.
async fn told<B: Backend>(
    backend: &B,
    patience: &Patience<'_, B>,
    carrier: &B::Carrier,
    shipment: &Shipment,
) -> Result<Result<Label, CarrierError>, Interrupted> {
    let order = backend.database().find_order(None, shipment.order_id).await?;
    let order = order.ok_or_else(|| StoreError::broken("a shipment without its order"))?;
    let request = LabelRequest {
        shipment_id: shipment.id,
        order_id: shipment.order_id,
        service: shipment.carrier.as_deref(),
        to: &order.shipping_address,
        pieces: shipment.lines.iter().map(|pieces| pieces.quantity).sum(),
    };
    let mut look_first = !shipment.fresh;
    let mut calls = 0;
    loop {
        if look_first {
            match patience.within(carrier.find_label(shipment.id)).await {
                Ok(Some(found)) => return Ok(Ok(found)),
                Ok(None) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        backend.hooks().reached(HookPoint::BeforeLabel).await?;
        let created = patience.within(carrier.create_label(&request)).await;
        backend.hooks().reached(HookPoint::AfterLabel).await?;
        calls += 1;
        match created {
            Err(CarrierError::Unknown(_)) if calls < MAX_CALLS && patience.pause(calls).await => look_first = true,
            answered => return Ok(answered),
        }
    }
}
