//! The port to a carrier: who makes labels, brings parcels and tells how far they are.

use std::future::Future;

use commerce_api::order::Address;
use commerce_domain::{OrderId, ShipmentId};
use jiff::Timestamp;

use crate::payments::{Unanswered, Webhook, WebhookRefusal};

/// A label to be made.
#[derive(Debug, Clone, Copy)]
pub struct LabelRequest<'a> {
    /// Our shipment: the carrier's reference, which makes the call safe to repeat.
    pub shipment_id: ShipmentId,
    /// The order, for the carrier's records.
    pub order_id: OrderId,
    /// The carrier's service; its usual one if absent.
    pub service: Option<&'a str>,
    /// Where it goes.
    pub to: &'a Address,
    /// How many pieces are in it.
    pub pieces: u32,
}

/// A label that the carrier has made: it has taken the parcel on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The carrier's id of what tells how far the parcel is.
    pub tracker_id: String,
    /// Who brings it.
    pub carrier: Option<String>,
    /// The number on the label.
    pub tracking_number: String,
    /// Where the carrier shows how far it is.
    pub tracking_url: Option<String>,
    /// When it should arrive.
    pub estimated_delivery: Option<Timestamp>,
}

/// How far a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracker {
    /// Whether it has arrived.
    pub delivered: bool,
    /// When it should arrive, or did.
    pub estimated_delivery: Option<Timestamp>,
}

/// The carrier's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The carrier's code, 1 to 100 characters: `address_not_served`.
    pub code: String,
}

/// Why the carrier did not answer with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// It is not known whether the carrier acted, or will: no answer, a failure, a rate limit, or a key that is in use.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// The carrier does not take this parcel.
    #[error("refused: {}", .0.code)]
    Refused(Refusal),
    /// The carrier does not understand this shop, or does not know it: a fault of ours or of the configuration. Nothing was done.
    #[error("the carrier did not accept the call: {0}")]
    Misconfigured(String),
}

impl Unanswered for CarrierError {
    fn unanswered(cause: &str) -> Self {
        Self::Unknown(cause.to_owned())
    }
}

/// What a webhook of the carrier's tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierEvent {
    /// The carrier's id of the event, the same in each delivery.
    pub id: String,
    /// The carrier's name of its type: `tracker.updated`.
    pub kind: String,
    /// Our shipment that it is about; none where it is about something else.
    pub shipment_id: Option<ShipmentId>,
}

/// A carrier.
pub trait Carrier: Send + Sync {
    /// Has a label made. Safe to repeat: there is one for each shipment.
    ///
    /// # Errors
    /// [`CarrierError`]; after [`CarrierError::Unknown`] the label is to be [looked for](Self::find_label).
    fn create_label(&self, label: &LabelRequest<'_>) -> impl Future<Output = Result<Label, CarrierError>> + Send;

    /// The label of a shipment; none if there is none.
    ///
    /// # Errors
    /// [`CarrierError`].
    fn find_label(&self, shipment: ShipmentId) -> impl Future<Output = Result<Option<Label>, CarrierError>> + Send;

    /// How far a parcel is.
    ///
    /// # Errors
    /// [`CarrierError`].
    fn track(&self, tracker_id: &str) -> impl Future<Output = Result<Tracker, CarrierError>> + Send;

    /// What the webhook tells, if it is the carrier's and was signed at about `now`. Nothing of the body is believed before.
    ///
    /// # Errors
    /// [`WebhookRefusal`].
    fn verify_carrier_webhook(&self, webhook: Webhook<'_>, now: Timestamp) -> Result<CarrierEvent, WebhookRefusal>;
}
