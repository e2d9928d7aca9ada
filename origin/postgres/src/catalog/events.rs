//! The events that tell of products. They carry ids, and the first stock of new variants, so that their relay can put counters
//! that a process died before.

use commerce_domain::{EventId, ProductId};
use origin_core::{catalog::PlacedEntry, inventory::NewStock};
use serde_json::{Value, json};

use crate::outbox::NewEvent;

/// A new product.
pub(super) fn created(placed: &PlacedEntry, stock: &[NewStock]) -> NewEvent {
    let payload = json!({"productId": placed.product_id, "variants": counters(stock)});
    event(placed.event_id, placed.product_id, "ProductCreated", payload)
}

/// A changed product, and the variants that it did not have before.
pub(super) fn updated(id: EventId, product: ProductId, new_variants: &[NewStock]) -> NewEvent {
    let mut payload = json!({"productId": product});
    if !new_variants.is_empty() {
        payload["variants"] = counters(new_variants);
    }
    event(id, product, "ProductUpdated", payload)
}

/// A product that is out of the shop.
pub(super) fn deleted(id: EventId, product: ProductId) -> NewEvent {
    event(id, product, "ProductDeleted", json!({"productId": product}))
}

fn counters(stock: &[NewStock]) -> Value {
    let counter = |stock: &NewStock| json!({"variantId": stock.variant_id, "onHand": stock.on_hand, "backorderLimit": stock.backorder_limit});
    stock.iter().map(counter).collect()
}

fn event(id: EventId, product: ProductId, event: &'static str, payload: Value) -> NewEvent {
    NewEvent { id, aggregate_id: product.to_string(), event, payload }
}
