//! The port to what is known about shipments.

use std::future::Future;

use commerce_domain::{ShipmentId, state::OrderStatus};
use jiff::Timestamp;

use super::types::{NewShipment, Pieces, Shipment, ShipmentSettlement};
use crate::{StoreError, payments::WebhookReceipt, sweep::Turn};

/// What became of the wish to ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginShipment {
    /// There is no such order.
    NoOrder,
    /// Nothing leaves in this state of the order.
    Settled(OrderStatus),
    /// The order's stock has yet to follow its payment. That takes a moment.
    StockDue,
    /// Not that many pieces are open. What is.
    NotOpen(Vec<Pieces>),
    /// The shipment of this cause, written down now or before.
    Begun(Box<Shipment>),
}

/// Shipments.
pub trait ShippingStore: Send + Sync {
    /// Writes a shipment down, or finds the one of the same cause. Under the lock of the order: it is PROCESSING, and what
    /// leaves and has left is no more than was ordered. With a label of the shop's own, all that follows from it is written as
    /// well. Commits.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been written, and will be found.
    fn begin_shipment(&self, shipment: &NewShipment) -> impl Future<Output = Result<BeginShipment, StoreError>> + Send;

    /// Notes that a shipment is called off, if it is PENDING; of one that was before, nothing changes. The shipment as it stands
    /// then; none if there is none.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been noted.
    fn call_shipment_off(
        &self,
        shipment: ShipmentId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Shipment>, StoreError>> + Send;

    /// Moves a shipment as far as the table of states allows it, and in the same transaction the order, the outbox and the
    /// receipt of the webhook. The shipment as it stands then. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; all of it may have been written.
    fn settle_shipment(
        &self,
        settlement: ShipmentSettlement<'_>,
    ) -> impl Future<Output = Result<Shipment, StoreError>> + Send;

    /// A shipment.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_shipment(&self, shipment: ShipmentId) -> impl Future<Output = Result<Option<Shipment>, StoreError>> + Send;

    /// Whether an event of the carrier's was handled.
    ///
    /// # Errors
    /// [`StoreError`].
    fn is_carrier_event_handled(&self, event_id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Notes that an event of the carrier's was handled that had no effect. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note_carrier_event(&self, receipt: &WebhookReceipt<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Shipments that are PENDING and have not changed since `before`, from behind `after` in the order of that turn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_pending_shipments(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<ShipmentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Shipment>, StoreError>> + Send;

    /// Shipments that are SHIPPED with a tracker of the carrier's which was not read since `before`, from behind `after` in
    /// the order of that turn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_unread_trackers(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<ShipmentId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Shipment>, StoreError>> + Send;
}
