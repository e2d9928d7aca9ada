//! Stock on the wire.

use serde::{Deserialize, Deserializer, Serialize};

use crate::page::Pagination;

/// `GET` and `PUT /inventory/{productId}`.
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
    /// The shop is told when fewer than that are available; null for never.
    pub low_stock_threshold: Option<u32>,
    /// Grows with each change.
    pub version: u64,
}

/// `PUT /inventory/{productId}`: at least one of `delta` and `lowStockThreshold`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustInventoryRequest {
    /// How many pieces have come, or are gone if below zero.
    pub delta: Option<i64>,
    /// Why: `receipt`, goods have come; `correction`, which it is if nothing is said, the count was wrong.
    pub reason: Option<String>,
    /// The new threshold; null for none.
    #[serde(default)]
    pub low_stock_threshold: ThresholdChange,
}

/// What becomes of a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThresholdChange {
    /// Nothing: the member is absent.
    #[default]
    Keep,
    /// It is this from now on, or none.
    Set(Option<u32>),
}

impl<'de> Deserialize<'de> for ThresholdChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Set)
    }
}

/// `GET /inventory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryListResponse {
    /// The rows of the page. A variant without counters is not among them.
    pub data: Vec<InventoryResponse>,
    /// The page.
    pub pagination: Pagination,
}

/// `POST /inventory/reconcile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcileResponse {
    /// How many variants were compared.
    pub checked: u32,
    /// How many of them kept moving, so that nothing can be said of them.
    pub unsettled: u32,
    /// What differs.
    pub findings: Vec<StockFinding>,
    /// `after` of the request that goes on; null where everything was compared.
    pub next: Option<String>,
}

/// A difference between counters and ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockFinding {
    /// `lost_release`, `double_release`, `manual_edit`, `lost_hold`, `missing_counters` or `unconsumed_hold`.
    pub kind: String,
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// `order_…`, if it is about the hold of one.
    pub order_id: Option<String>,
    /// What counters and holds say.
    pub counted: i64,
    /// What ledger and orders say.
    pub expected: i64,
    /// Whether it was repaired.
    pub repaired: bool,
}
