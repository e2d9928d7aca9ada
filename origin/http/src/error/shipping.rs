//! What can go wrong with shipments.

use commerce_api::{Problem, ProblemCode};
use origin_core::{
    payments::WebhookRefusal,
    shipping::{CarrierWebhookError, ShipError, ShipmentError},
};

use super::{RETRY_AFTER_SECONDS, claim, store};
use crate::shipments::items_response;

pub(super) fn ship(error: &ShipError) -> Problem {
    let titled = |code: ProblemCode| Problem::new(code, code.title());
    match error {
        ShipError::NoOrder => Problem::not_found("Order"),
        ShipError::Settled(status) => {
            Problem::new(ProblemCode::Conflict, format!("Nothing can be shipped of an order that is {status}"))
        }
        ShipError::StockDue => Problem::new(ProblemCode::Conflict, "The order's stock has yet to follow its payment")
            .with_retry_after(RETRY_AFTER_SECONDS),
        ShipError::NotOpen(open) => titled(ProblemCode::ShipmentTooLarge).with_member("open", &items_response(open)),
        ShipError::NoCarrier => titled(ProblemCode::TrackingNumberRequired)
            .with_field("trackingNumber", "is required: no carrier is set up"),
        ShipError::Claim(refused) => claim(refused),
        ShipError::Store(error) => store(error),
        ShipError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

pub(super) fn shipment(error: ShipmentError) -> Problem {
    match error {
        ShipmentError::NoShipment => Problem::not_found("Shipment"),
        ShipmentError::Illegal(illegal) => illegal.into(),
        ShipmentError::Claim(refused) => claim(&refused),
        ShipmentError::Store(error) => store(&error),
        ShipmentError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}

/// A webhook that is answered with anything but a 2xx is sent again.
pub(super) fn webhook(error: CarrierWebhookError) -> Problem {
    match error {
        CarrierWebhookError::Refused(WebhookRefusal::NotTaken) => {
            Problem::not_found("Resource").with_cause(WebhookRefusal::NotTaken)
        }
        CarrierWebhookError::Refused(refusal) => {
            Problem::new(ProblemCode::WebhookRejected, ProblemCode::WebhookRejected.title())
                .with_field("Carrier-Signature", refusal.code())
                .with_cause(refusal)
        }
        CarrierWebhookError::CarrierUnavailable(cause) => Problem::unavailable(RETRY_AFTER_SECONDS, cause),
        CarrierWebhookError::Store(error) => store(&error),
        CarrierWebhookError::Stopped(stopped) => Problem::unavailable(RETRY_AFTER_SECONDS, stopped),
    }
}
