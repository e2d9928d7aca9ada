//! Orders, their checkouts and their events.

use commerce_domain::state::OrderStatus;

use super::Found;
use crate::shop::Shop;

pub(super) fn check(shop: &Shop, found: &Found) {
    let id = found.order_id;
    let expected = match found.order {
        None => "FAILED",
        Some(OrderStatus::Processing) => "PLACED",
        Some(OrderStatus::Failed | OrderStatus::Cancelled) => "CANCELLED",
        Some(status) => return shop.violated(format!("{id} is {status} although all is quiet")),
    };
    if found.checkout != expected {
        shop.violated(format!("{id} is {:?}, and its checkout {}", found.order, found.checkout));
    }
    if found.order != Some(OrderStatus::Cancelled) && shop.memory().called_off.contains(&id) {
        shop.violated(format!("{id} is {:?}, and somebody was told that it is called off", found.order));
    }
    check_events(shop, found);
    check_lines(shop, found);
}

/// Gapless, the first one that the order was made, the last one where it stands, each once.
fn check_events(shop: &Shop, found: &Found) {
    let gapless = found.events.iter().zip(1..).all(|((sequence, _), expected)| *sequence == expected);
    let created = usize::from(found.order.is_some());
    // Paid once, if it is to be packed; and perhaps before it was called off.
    let paid = found.count("PaymentSucceeded");
    let paid_rightly = match found.order {
        Some(OrderStatus::Processing) => paid == 1,
        Some(OrderStatus::Cancelled) => paid <= 1,
        _ => paid == 0,
    };
    let failed = usize::from(found.order == Some(OrderStatus::Failed));
    let cancelled = usize::from(found.order == Some(OrderStatus::Cancelled));
    let right = gapless
        && (created == 0 || found.events.first().is_some_and(|(_, name)| name == "OrderCreated"))
        && found.count("OrderCreated") == created
        && found.count("InventoryReserved") == created
        // What was called off before it was known to be paid is never packed.
        && (found.count("OrderProcessed") == paid || (cancelled == 1 && found.count("OrderProcessed") == 0))
        && paid_rightly
        // What the bank has called back cannot be sent back as well.
        && (found.count("RefundFailed") == 0 || found.count("DisputeOpened") > 0)
        && found.count("OrderFailed") == failed
        && found.count("OrderCancelled") == cancelled;
    if !right {
        shop.violated(format!("{} is {:?}, and its events are {:?}", found.order_id, found.order, found.events));
    }
}

/// What was ordered is what was in the cart.
fn check_lines(shop: &Shop, found: &Found) {
    let contents = shop.memory().contents.get(&found.cart).cloned();
    let Some(contents) = contents.filter(|_| found.order.is_some()) else { return };
    if contents != found.lines {
        shop.violated(format!("{} has {:?} of a cart with {contents:?}", found.order_id, found.lines));
    }
}
