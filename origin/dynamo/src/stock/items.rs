//! Counters and holds as items.

use std::collections::BTreeMap;

use commerce_aws::{
    AttributeValue, Item,
    dynamodb::{item, map, number, text},
};
use commerce_domain::{AttemptId, OrderId, VariantId, state::HoldState};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{HeldLine, Hold, NewStock, StockLevel},
};
use serde::Deserialize;

use crate::tables::PK;

/// How long a finished hold is kept: longer than any write can be on its way, so that a late one still meets it.
const FINISHED_KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;

/// What the key of a hold begins with.
pub(super) const HOLD_PREFIX: &str = "reservation#";

/// The counters of a variant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredStock {
    variant_id: String,
    product_id: String,
    on_hand: i64,
    reserved: i64,
    backorder_limit: i64,
    sellable: i64,
    version: u64,
}

/// A hold.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredHold {
    #[serde(default)]
    pk: String,
    state: String,
    /// The attempt that a hold waits for while it is COMMITTING.
    attempt: Option<String>,
    lines: BTreeMap<String, u32>,
    /// Milliseconds.
    expires_at: i64,
}

impl StoredHold {
    pub(super) fn read(stored: Item) -> Result<Self, StoreError> {
        serde_dynamo::from_item(stored).map_err(StoreError::broken)
    }

    /// The order that holds.
    pub(super) fn order(&self) -> Result<OrderId, StoreError> {
        let order = self.pk.strip_prefix(HOLD_PREFIX).unwrap_or_default();
        order.parse().map_err(StoreError::broken)
    }

    pub(super) fn state(&self) -> Result<HoldState, StoreError> {
        self.state.parse().map_err(StoreError::broken)
    }

    /// The attempt that a hold waits for which is COMMITTING.
    pub(super) fn attempt(&self) -> Result<AttemptId, StoreError> {
        let attempt = self.attempt.as_deref().ok_or_else(|| StoreError::broken("a hold waits for no attempt"))?;
        attempt.parse().map_err(StoreError::broken)
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now.as_millisecond()
    }

    pub(super) fn lines(&self) -> Result<Vec<HeldLine>, StoreError> {
        let line = |(variant, quantity): (&String, &u32)| {
            let variant_id = variant.parse().map_err(StoreError::broken)?;
            Ok(HeldLine { variant_id, quantity: *quantity })
        };
        self.lines.iter().map(line).collect()
    }

    pub(super) fn is_of(&self, hold: &Hold) -> bool {
        let wanted: BTreeMap<String, u32> =
            hold.lines.iter().map(|line| (line.variant_id.to_string(), line.quantity)).collect();
        self.lines == wanted
    }
}

/// The counters in an item.
pub(super) fn stock_level(stored: Item) -> Result<StockLevel, StoreError> {
    let stored: StoredStock = serde_dynamo::from_item(stored).map_err(StoreError::broken)?;
    Ok(StockLevel {
        variant_id: stored.variant_id.parse().map_err(StoreError::broken)?,
        product_id: stored.product_id.parse().map_err(StoreError::broken)?,
        on_hand: stored.on_hand,
        reserved: stored.reserved,
        backorder_limit: stored.backorder_limit,
        sellable: stored.sellable,
        version: stored.version,
    })
}

/// How many of a variant can be sold, by the item that a failed condition brought along; none without an item.
pub(super) fn sellable(stored: Option<&Item>) -> i64 {
    let number = stored.and_then(|item| item.get("sellable"));
    match number {
        Some(AttributeValue::N(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// The first counters of a variant.
pub(super) fn new_stock(stock: &NewStock) -> Item {
    item([
        (PK, text(stock_pk(stock.variant_id))),
        ("variantId", text(stock.variant_id.to_string())),
        ("productId", text(stock.product_id.to_string())),
        ("onHand", number(stock.on_hand)),
        ("reserved", number(0)),
        ("backorderLimit", number(stock.backorder_limit)),
        ("sellable", number(i64::from(stock.on_hand) + i64::from(stock.backorder_limit))),
        ("version", number(1)),
    ])
}

/// A hold in force.
pub(super) fn held(hold: &Hold) -> Item {
    item(attributes(hold, HoldState::Held))
}

/// What stands where there is no hold: the mark of one that has ended like this. RELEASED, it is a tombstone: the order holds
/// nothing and never will.
pub(super) fn stand_in(order: OrderId, lines: &[HeldLine], state: HoldState, now: Timestamp) -> Item {
    let hold = Hold { order_id: order, lines: lines.to_vec(), created_at: now, expires_at: now };
    let ttl = ("ttl", number(finished_ttl(now)));
    item(attributes(&hold, state).into_iter().chain([ttl]))
}

fn attributes(hold: &Hold, state: HoldState) -> Vec<(&'static str, AttributeValue)> {
    vec![
        (PK, text(hold_pk(hold.order_id))),
        ("state", text(state.as_str())),
        ("lines", map(hold.lines.iter().map(|line| (line.variant_id.to_string(), number(line.quantity))))),
        ("createdAt", number(hold.created_at.as_millisecond())),
        ("expiresAt", number(hold.expires_at.as_millisecond())),
    ]
}

/// The second at which a hold that ended `now` may be swept.
pub(super) fn finished_ttl(now: Timestamp) -> i64 {
    now.as_second() + FINISHED_KEPT_SECONDS
}

pub(super) fn stock_key(variant: VariantId) -> Item {
    item([(PK, text(stock_pk(variant)))])
}

pub(super) fn hold_key(order: OrderId) -> Item {
    item([(PK, text(hold_pk(order)))])
}

fn stock_pk(variant: VariantId) -> String {
    format!("stock#{variant}")
}

fn hold_pk(order: OrderId) -> String {
    format!("{HOLD_PREFIX}{order}")
}
