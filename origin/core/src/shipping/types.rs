//! Shipments as they are written down.

use std::collections::HashMap;

use commerce_domain::{
    EventId, OrderId, ShipmentId, VariantId,
    state::{ShipmentEvent, ShipmentState},
};
use jiff::Timestamp;

use super::carrier::{Label, Refusal, Tracker};
use crate::{checkout::OrderLine, payments::WebhookReceipt};

/// So many of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    /// The variant.
    pub variant_id: VariantId,
    /// How many.
    pub quantity: u32,
}

/// A label that the shop has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLabel {
    /// The number on it, 1 to 100 characters.
    pub tracking_number: String,
}

/// A shipment to be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShipment {
    /// The id, if there is none for the cause yet.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// What causes it, 1 to 100 characters. The same cause ships once.
    pub cause: String,
    /// What leaves, each variant once; all that is open if absent.
    pub lines: Option<Vec<Pieces>>,
    /// Who brings it, 1 to 50 characters.
    pub carrier: Option<String>,
    /// With a label of the shop's own it has left at once; without, it waits for the carrier's.
    pub own_label: Option<OwnLabel>,
    /// The id of the event that tells that it has left.
    pub event: EventId,
    /// Now.
    pub now: Timestamp,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The shipment. The carrier knows it by this id, too.
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    pub state: ShipmentState,
    /// What is in it, in the order of variants.
    pub lines: Vec<Pieces>,
    /// Who brings it.
    pub carrier: Option<String>,
    /// The carrier's id of what tells how far it is; none before the carrier's label, and with one of the shop's own.
    pub tracker_id: Option<String>,
    /// The number on the label.
    pub tracking_number: Option<String>,
    /// Where the carrier shows how far it is.
    pub tracking_url: Option<String>,
    /// When it should arrive.
    pub estimated_delivery: Option<Timestamp>,
    /// Why the carrier said no, if it did: its code.
    pub failure: Option<String>,
    /// When it was called off, if it was: no label is asked for since.
    pub called_off_at: Option<Timestamp>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it left.
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// Whether this call wrote it down.
    pub fresh: bool,
}

impl Shipment {
    /// Whether it has left.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self.state, ShipmentState::Shipped | ShipmentState::Delivered)
    }
}

/// What was learned about a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShipmentNews {
    /// The carrier has made a label.
    Labelled(Label),
    /// The carrier takes it not.
    Refused(Refusal),
    /// How far the carrier says it is.
    Tracked(Tracker),
    /// The carrier does not know what was asked for. It is asked again later.
    Silence,
    /// Somebody of the shop says that it has arrived.
    Arrived,
}

impl ShipmentNews {
    /// The event that moves the shipment, if one does.
    #[must_use]
    pub fn event(&self) -> Option<ShipmentEvent> {
        match self {
            Self::Labelled(_) => Some(ShipmentEvent::Ship),
            Self::Refused(_) => Some(ShipmentEvent::Refuse),
            Self::Tracked(tracker) => tracker.delivered.then_some(ShipmentEvent::Deliver),
            Self::Silence => None,
            Self::Arrived => Some(ShipmentEvent::Deliver),
        }
    }
}

/// News of a shipment to be written down, with all that follows from it, in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct ShipmentSettlement<'a> {
    /// The shipment.
    pub shipment: &'a Shipment,
    /// What was learned.
    pub news: &'a ShipmentNews,
    /// The id of the event that tells of it, if there is something to tell.
    pub event: EventId,
    /// The webhook that told of it, if one did.
    pub receipt: Option<&'a WebhookReceipt<'a>>,
    /// Now.
    pub now: Timestamp,
}

/// How much of an order has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fulfillment {
    /// Nothing.
    Unfulfilled,
    /// Some of it.
    Partial,
    /// All of it.
    Fulfilled,
}

impl Fulfillment {
    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::Partial => "partial",
            Self::Fulfilled => "fulfilled",
        }
    }
}

/// How much of these lines has left in these shipments.
#[must_use]
pub fn fulfillment_of(lines: &[OrderLine], shipments: &[Shipment]) -> Fulfillment {
    let mut left: HashMap<VariantId, u32> = HashMap::new();
    for pieces in shipments.iter().filter(|shipment| shipment.has_left()).flat_map(|shipment| &shipment.lines) {
        *left.entry(pieces.variant_id).or_default() += pieces.quantity;
    }
    let all = lines.iter().all(|line| left.get(&line.variant_id).is_some_and(|left| *left >= line.quantity));
    match (left.is_empty(), all) {
        (true, _) => Fulfillment::Unfulfilled,
        (false, true) => Fulfillment::Fulfilled,
        (false, false) => Fulfillment::Partial,
    }
}
