//! Ordering again, on the wire.

use serde::{Deserialize, Serialize};

use crate::cart::CartResponse;

/// Answers `POST /orders/{orderId}/reorder`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReorderResponse {
    /// The caller's cart, at today's prices.
    pub cart: CartResponse,
    /// Lines of the order of which not all pieces went into the cart.
    pub left_out: Vec<LeftOutResponse>,
}

/// A line of the order of which not all pieces went into the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutResponse {
    /// `prod_…`
    pub product_id: String,
    /// `var_…`
    pub variant_id: String,
    /// The product's name when it was ordered.
    pub name: String,
    /// `gone`, `out_of_stock`, `fewer_left` or `cart_full`.
    pub reason: String,
    /// How many were ordered.
    pub requested: u32,
    /// How many went into the cart.
    pub added: u32,
}
