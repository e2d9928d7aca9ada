//! Shipments: goods that leave, with a label of the shop's own or with one that the carrier makes.
//!
//! A shipment is written down before the carrier is told of it, under the lock of the order, and its pieces are spoken for from
//! then on: whatever races, no more leaves than was ordered, and an order of which something leaves is not called off. What
//! causes it causes one shipment. The carrier makes one label, under the shipment's key, and a label whose answer was lost is
//! looked for there before it is asked for again; so is that of a shipment which is called off. What the carrier's webhooks say is
//! a hint: the tracker is read.

mod call_off;
mod carrier;
mod deliver;
mod drive;
mod error;
mod ports;
mod ship;
mod track;
mod types;
mod webhook;

pub use call_off::call_shipment_off;
pub use carrier::{Carrier, CarrierError, CarrierEvent, Label, LabelRequest, Refusal, Tracker};
pub use deliver::deliver_shipment;
pub(crate) use drive::drive_within;
pub use error::ShipmentError;
pub use ports::{BeginShipment, ShippingStore};
pub use ship::{ShipError, ShipOrder, ship_order};
pub(crate) use track::{NotFollowed, follow_tracker};
pub use types::{
    Fulfillment, NewShipment, OwnLabel, Pieces, Shipment, ShipmentNews, ShipmentSettlement, fulfillment_of,
};
pub use webhook::{CarrierWebhookError, receive_carrier_webhook};
