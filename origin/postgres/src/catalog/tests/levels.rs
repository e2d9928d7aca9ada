//! What is known of counters, beside the variants that they are of.

use commerce_domain::{ProductId, VariantId};
use origin_core::{
    catalog::{CarryCatalog, PlacedEntry, WriteCatalog},
    inventory::{KeepLevels, StockChanged},
    publish::{KnownLevel, ReadLevels},
};

use super::{at, entry, event, place, variant};
use crate::{Database, testing};

async fn with_products(count: usize) -> (Database, Vec<PlacedEntry>) {
    let database = testing::database().await;
    let named = |number: usize| {
        place(entry(&format!("lamp-{number}"), "Home", vec![variant("S", 500, 3), variant("L", 600, 3)]))
    };
    let placed: Vec<PlacedEntry> = (0..count).map(named).collect();
    database.import_entries(&placed, at(0)).await.unwrap();
    (database, placed)
}

fn changed(product: ProductId, variant: VariantId, available: i64, version: u64) -> StockChanged {
    StockChanged { variant_id: variant, product_id: product, available, sellable: available.max(0), version }
}

fn of(placed: &PlacedEntry, which: usize, available: i64, version: u64) -> StockChanged {
    changed(placed.product_id, placed.variant_ids[which], available, version)
}

/// Available and sellable, by variant.
async fn known(database: &Database) -> Vec<(VariantId, i64, i64)> {
    let mut known = database.levels(None, 100).await.unwrap();
    known.sort_by_key(|level| level.variant);
    known.into_iter().map(|level| (level.variant, level.available, level.sellable)).collect()
}

#[tokio::test]
async fn the_latest_version_is_kept_whatever_the_order() {
    let (database, placed) = with_products(1).await;
    let variant = placed[0].variant_ids[0];
    database.keep_levels(&[of(&placed[0], 0, 3, 1), of(&placed[0], 0, 1, 3), of(&placed[0], 0, 2, 2)]).await.unwrap();
    assert_eq!(known(&database).await, [(variant, 1, 1)]);
    database.keep_levels(&[of(&placed[0], 0, 9, 2)]).await.unwrap();
    assert_eq!(known(&database).await, [(variant, 1, 1)], "an older one");
    database.keep_levels(&[of(&placed[0], 0, -4, 4)]).await.unwrap();
    assert_eq!(known(&database).await, [(variant, -4, 0)]);
    database.keep_levels(&[]).await.unwrap();
}

#[tokio::test]
async fn counters_of_no_variant_stop_nothing() {
    let (database, placed) = with_products(2).await;
    let stranger = place(entry("stranger", "Home", vec![variant("", 1, 1)]));
    database.keep_levels(&[of(&stranger, 0, 7, 1), of(&placed[1], 1, 8, 1)]).await.unwrap();
    assert_eq!(known(&database).await, [(placed[1].variant_ids[1], 8, 8)]);
}

#[tokio::test]
async fn levels_are_read_in_pages_in_the_order_of_places_and_without_what_has_gone() {
    let (database, placed) = with_products(6).await;
    let all: Vec<StockChanged> = placed.iter().flat_map(|placed| [of(placed, 0, 1, 1), of(placed, 1, 2, 1)]).collect();
    database.keep_levels(&all).await.unwrap();
    let mut pages: Vec<KnownLevel> = Vec::new();
    loop {
        let page = database.levels(pages.last().copied(), 5).await.unwrap();
        pages.extend(&page);
        if page.len() < 5 {
            break;
        }
    }
    assert_eq!(pages.len(), 12);
    assert!(pages.is_sorted_by_key(|level| (level.place(), level.variant)));
    assert_eq!(database.count_products().await.unwrap(), 6);
    database.delete_product(placed[0].product_id, None, None, event(), at(1)).await.unwrap();
    let left = database.levels(None, 100).await.unwrap();
    assert!(left.len() == 10 && left.iter().all(|level| level.product != placed[0].product_id));
    assert_eq!(database.count_products().await.unwrap(), 5);
}
