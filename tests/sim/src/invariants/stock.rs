//! Counters, holds and the stock ledger.

use std::collections::BTreeMap;

use commerce_domain::{
    OrderId,
    state::{HoldState, OrderStatus},
};

use super::{Found, rows};
use crate::{
    lab::{Lab, LabError},
    shop::{Item, Shop},
    tables::StoredHold,
};

const ORDERS: &str =
    "select c.order_id from checkouts c join customers u on u.id = c.customer_id where u.sub = any($1)";
const LEDGER: &str = "select v.stock, coalesce(sum(l.quantity), 0)::bigint from variants v
    left join stock_ledger l on l.variant_id = v.id where v.id = $1 group by v.stock";
const OF_PRODUCTS: &str =
    "select p.id::text, p.stock, sum(v.stock)::bigint from products p join variants v on v.product_id = p.id
    group by p.id, p.stock having p.stock <> sum(v.stock)";

/// At any time between two calls: live holds and counters agree, and nothing is sold that is not there.
pub(crate) async fn check_stock(lab: &Lab, shop: &Shop) -> Result<(), LabError> {
    let mut reserved: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(lab, ORDERS, &[&shop.customers]).await? {
        let order = OrderId::from_uuid(row.get(0)).map_err(|error| LabError::Store(error.to_string()))?;
        let hold = shop.tables.hold(order).await?;
        for (variant, pieces) in hold.filter(StoredHold::is_live).into_iter().flat_map(|hold| hold.lines) {
            *reserved.entry(variant).or_default() += pieces;
        }
    }
    for Item { variant, .. } in &shop.items {
        let counters = shop.tables.counters(*variant).await?;
        let held = reserved.get(&variant.to_string()).copied().unwrap_or_default();
        if counters.reserved != held {
            shop.violated(format!("{held} of {variant} are held, and {counters:?}"));
        }
        if counters.sellable < 0 || counters.on_hand - counters.reserved + counters.backorder_limit != counters.sellable
        {
            shop.violated(format!("{variant}: {counters:?}"));
        }
    }
    Ok(())
}

/// Once all is quiet: what left the warehouse is in the ledger.
pub(super) async fn check_ledger(lab: &Lab, shop: &Shop) -> Result<(), LabError> {
    for Item { variant, .. } in &shop.items {
        let on_hand = shop.tables.counters(*variant).await?.on_hand;
        for row in rows(lab, LEDGER, &[&variant.as_uuid()]).await? {
            let (shown, ledger): (i64, i64) = (row.get(0), row.get(1));
            if on_hand != ledger || shown != ledger {
                shop.violated(format!("{variant}: {on_hand} on hand, {shown} shown, {ledger} by the ledger"));
            }
        }
    }
    for row in rows(lab, OF_PRODUCTS, &[]).await? {
        let (product, shown, of_variants): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        shop.violated(format!("product {product}: {shown} shown, {of_variants} by its variants"));
    }
    Ok(())
}

/// Once all is quiet: who has paid has got the goods, and nobody else holds any.
pub(super) async fn check_hold(shop: &Shop, found: &Found) -> Result<(), LabError> {
    let hold = shop.tables.hold(found.order_id).await?;
    let state = hold.map(|hold| hold.state);
    let right = match found.order {
        Some(OrderStatus::Processing) => state == Some(HoldState::Consumed),
        Some(OrderStatus::Cancelled) if found.count("PaymentSucceeded") == 1 => {
            matches!(state, Some(HoldState::Returned | HoldState::Released))
        }
        // Where no tombstone was needed there is nothing at all.
        _ => matches!(state, None | Some(HoldState::Released)),
    };
    if !right {
        shop.violated(format!("{} is {:?}, and its hold {state:?}", found.order_id, found.order));
    }
    Ok(())
}
