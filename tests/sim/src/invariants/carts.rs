//! Pieces leave a cart once, and only by an order.

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
            let ordered: i64 =
                found.iter().filter(|order| order.owner == *name).filter_map(|order| order.lines.get(&id)).sum();
            let added = shop.memory().added.get(&(name.clone(), *variant)).copied().unwrap_or_default();
            if left + ordered != added {
                shop.violated(format!("{name} put {added} of {variant} into the cart, ordered {ordered}, and {left} are left"));
            }
        }
    }
    Ok(())
}
