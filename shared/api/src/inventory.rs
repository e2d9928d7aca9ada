//! Stock on the wire.

use serde::{Deserialize, Serialize};

/// `GET /inventory/{productId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryResponse {
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// What lies in the warehouse.
    pub on_hand: i64,
    /// What of it is held for orders.
    pub reserved: i64,
    /// On hand minus reserved.
    pub available: i64,
    /// How many may be sold beyond the stock.
    pub backorder_limit: i64,
    /// Grows with each change.
    pub version: u64,
}
