//! Pieces leave a cart once, and only by an order.

use commerce_domain::state::OrderStatus;

use super::Found;
use crate::{
    lab::LabError,
    shop::{Item, Shop},
    shopper::Shopper,
};

pub(super) async fn check(shop: &Shop, shoppers: &[Shopper], found: &[Found]) -> Result<(), LabError> {
    for Shopper { name, .. } in shoppers {
        let cart = shop.tables.cart(name).await?;
        for Item { variant, .. } in &shop.items {
            let id = variant.to_string();
            let left = cart.as_ref().and_then(|cart| cart.quantities.get(&id).copied()).unwrap_or_default();
            let ordered = |found: &&Found| found.owner == *name && found.order.is_some();
            let pieces = |found: &Found| found.lines.get(&id).copied().unwrap_or_default();
            let most: i64 = found.iter().filter(ordered).map(pieces).sum();
            // Those of an order that ended before they had left may stay, and be ordered again.
            let paid = |found: &&Found| found.order == Some(OrderStatus::Processing);
            let least: i64 = found.iter().filter(ordered).filter(paid).map(pieces).sum();
            let added = shop.memory().added.get(&(name.clone(), *variant)).copied().unwrap_or_default();
            if !(least..=most).contains(&(added - left)) {
                shop.violated(format!("{name} put {added} of {id} into the cart, ordered {most}, and {left} are left"));
            }
        }
    }
    for order in found.iter().filter(|found| found.checkout == "PLACED" && !found.is_taken) {
        shop.violated(format!("the pieces of {} are still in the cart", order.order_id));
    }
    Ok(())
}
