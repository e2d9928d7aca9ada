//! Shipments on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /orders/{orderId}/shipments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateShipmentRequest {
    /// What leaves; everything that is still open if absent.
    pub items: Option<Vec<ShipmentItem>>,
    /// Who brings it, in the shop's words; with a label of the carrier's, the service that is asked for.
    pub carrier: Option<String>,
    /// The number of a label that the shop has already: what leaves has left. Without it, the carrier is asked for one.
    pub tracking_number: Option<String>,
}

/// Pieces of one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipmentItem {
    /// `var_…`
    pub variant_id: String,
    /// How many, 1 to 999.
    pub quantity: u32,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentResponse {
    /// `ship_…`
    pub id: String,
    /// `order_…`
    pub order_id: String,
    /// `PENDING`, `SHIPPED`, `DELIVERED` or `CANCELLED`.
    pub status: String,
    /// What is in it.
    pub items: Vec<ShipmentItem>,
    /// Who brings it.
    pub carrier: Option<String>,
    /// The carrier's number; null while `PENDING`.
    pub tracking_number: Option<String>,
    /// Where the carrier shows how far it is.
    pub tracking_url: Option<String>,
    /// RFC 3339, UTC.
    pub estimated_delivery: Option<Timestamp>,
    /// Why the carrier said no, if it did: its code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC; null before it left.
    pub shipped_at: Option<Timestamp>,
    /// RFC 3339, UTC; null before it arrived.
    pub delivered_at: Option<Timestamp>,
}

/// `GET /orders/{orderId}/shipments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentListResponse {
    /// The order's shipments, oldest first.
    pub data: Vec<ShipmentResponse>,
}
