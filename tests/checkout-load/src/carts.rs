//! Carts and their owners, filled before a run.

use std::collections::BTreeMap;

use commerce_aws::{
    cart_table::{LIFE_SECONDS, StoredCart, StoredLine},
    dynamodb::PutItem,
};
use commerce_domain::{CartId, Clock as _, CustomerId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use origin_dynamo::CARTS_TABLE;
use origin_gateways::{SystemClock, SystemEntropy};

use crate::{
    failure::Failure,
    shop::{Item, PRICE, Shop, VARIANTS},
};

/// Who issued the tokens that the principals stand for.
pub(crate) const ISSUER: &str = "https://issuer.bench";
/// Carts that are written at once.
const AT_ONCE: usize = 16;

/// Which variants the lines of carts are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    /// Two of all, evenly.
    Spread,
    /// The first one in every cart, and one of the others.
    Hot,
}

/// Whose cart the `index`th of a run is.
pub(crate) fn owner(run: u32, index: u32) -> String {
    format!("run{run}-{index}")
}

/// Makes so many customers, and fills each one's cart with two lines.
pub(crate) async fn fill(shop: &Shop, run: u32, goods: Goods, count: u32) -> Result<(), Failure> {
    let ids: Vec<_> = (0..count).map(|_| CustomerId::generate(&SystemClock, &SystemEntropy).as_uuid()).collect();
    let owners: Vec<String> = (0..count).map(|index| owner(run, index)).collect();
    let insert = "insert into customers (id, issuer, sub, created_at, updated_at)
        select new.id, $1, new.sub, now(), now() from unnest($2::uuid[], $3::text[]) as new(id, sub)";
    let client = shop.database.client().await?;
    client.execute(insert, &[&ISSUER, &ids, &owners]).await?;
    // As autovacuum does within a minute: before that, plans take these tables for small ones.
    client.batch_execute("analyze categories, products, variants, customers").await?;
    drop(client);
    let carts = owners.iter().zip(0_usize..).map(|(owner, index)| async move {
        let [first, second] = lines(goods, index);
        let cart = cart(owner, [(&shop.items[first], 1), (&shop.items[second], 2)]);
        let item = cart.to_item()?;
        shop.dynamo.put_item(&PutItem { table_name: CARTS_TABLE.to_owned(), item, ..PutItem::default() }).await?;
        Ok::<(), Failure>(())
    });
    stream::iter(carts).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Two different places in the list of items. Neighbours in time are far apart in it.
fn lines(goods: Goods, index: usize) -> [usize; 2] {
    // Primes, so that every place has its turn.
    let (first, second) = (index * 7919 % VARIANTS, index * 6007 % (VARIANTS - 1));
    match goods {
        Goods::Spread => [first, (first + 1 + second) % VARIANTS],
        Goods::Hot => [0, 1 + second],
    }
}

/// A cart as the edge stores it.
fn cart(owner: &str, lines: [(&Item, i64); 2]) -> StoredCart {
    let now = SystemClock.now();
    let keyed = |value: &dyn Fn(i64) -> i64| -> BTreeMap<String, i64> {
        lines.iter().map(|(item, count)| (item.variant.to_string(), value(*count))).collect()
    };
    StoredCart {
        user_id: owner.to_owned(),
        cart_id: CartId::generate(&SystemClock, &SystemEntropy).to_string(),
        version: 2,
        quantities: keyed(&|count| count),
        lines: lines.iter().map(|(item, _)| (item.variant.to_string(), line(item))).collect(),
        added_at: keyed(&|_| now.as_millisecond()),
        keys: BTreeMap::new(),
        updated_at: now.as_millisecond(),
        ttl: now.as_second() + LIFE_SECONDS,
    }
}

fn line(item: &Item) -> StoredLine {
    StoredLine {
        product_id: item.product.to_string(),
        name: "Thing".to_owned(),
        options: vec![("Colour".to_owned(), "Black".to_owned())],
        price: PRICE.to_owned(),
        currency: "USD".to_owned(),
        category: Some("things".to_owned()),
        product_version: 1,
        image_url: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_cart_has_two_different_variants_and_all_have_their_turn() {
        for goods in [Goods::Spread, Goods::Hot] {
            let carts: Vec<_> = (0..VARIANTS).map(|index| lines(goods, index)).collect();
            assert!(carts.iter().all(|[first, second]| first != second && first.max(second) < &VARIANTS));
            let variants: BTreeSet<_> = carts.iter().flatten().collect();
            assert!(variants.len() > VARIANTS - 3, "{goods:?} {}", variants.len());
        }
    }
}
