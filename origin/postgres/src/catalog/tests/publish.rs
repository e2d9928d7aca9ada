//! The notes that publishing takes up.

use std::collections::BTreeSet;

use commerce_domain::ProductId;
use origin_core::{
    catalog::{CarryCatalog, PlacedEntry, ProductSubject, ReadCatalog, WriteCatalog},
    publish::{CatalogState, Noted, NotedChange, NotedChanges},
};

use super::{at, entry, event, place, variant};
use crate::{
    Database,
    testing::{self, assert_refused},
};

/// A database with so many products, and no note.
async fn with_products(count: usize) -> (Database, Vec<PlacedEntry>) {
    let database = testing::database().await;
    let named = |number: usize| place(entry(&format!("lamp-{number}"), "Home", vec![variant("", 500, 3)]));
    let placed: Vec<PlacedEntry> = (0..count).map(named).collect();
    database.import_entries(&placed, at(0)).await.unwrap();
    take(&database).await;
    (database, placed)
}

async fn noted(database: &Database) -> Vec<NotedChange> {
    let (state, changes) = begin(database).await;
    state.finish(&[]).await.unwrap();
    changes
}

async fn begin(database: &Database) -> (impl CatalogState, Vec<NotedChange>) {
    let Noted { state, changes } = database.changes().await.unwrap().expect("should be alone");
    (state, changes)
}

/// The products that are noted, whose notes are then gone.
async fn take(database: &Database) -> BTreeSet<ProductId> {
    let (state, changes) = begin(database).await;
    state.finish(&changes).await.unwrap();
    changes.into_iter().map(|change| change.product).collect()
}

#[tokio::test]
async fn every_change_that_shoppers_see_is_noted_and_no_other() {
    let (database, placed) = with_products(2).await;
    let client = database.client().await.unwrap();
    let id = placed[0].product_id;
    for (change, is_seen) in [
        ("update products set name = 'Other' where id = $1", true),
        ("update products set name = name, stock = stock + 1 where id = $1", false),
        ("update products set extra = '{\"a\": \"b\"}' where id = $1", false),
        ("update products set rating = 4.5, review_count = 2 where id = $1", true),
        ("update products set published = false where id = $1", true),
        ("update products set version = version + 1 where id = $1", true),
        ("update variants set stock = stock - 1 where product_id = $1", false),
        ("update variants set price = price + 1 where product_id = $1", true),
        ("update variants set low_stock_threshold = 5 where product_id = $1", false),
        ("update variants set backorder_limit = 7 where product_id = $1", true),
        ("insert into product_images (product_id, position, url) values ($1, 0, 'https://a.example/1')", true),
        ("update product_images set url = 'https://a.example/2' where product_id = $1", true),
        ("delete from product_images where product_id = $1", true),
        ("update products set deleted_at = now() where id = $1", true),
    ] {
        client.execute(change, &[&id.as_uuid()]).await.unwrap();
        let expected: BTreeSet<ProductId> = is_seen.then_some(id).into_iter().collect();
        assert_eq!(take(&database).await, expected, "{change}");
    }
    client.execute("update categories set slug = 'house'", &[]).await.unwrap();
    assert_eq!(take(&database).await, placed.iter().map(|placed| placed.product_id).collect());
}

#[tokio::test]
async fn what_the_shop_does_to_products_is_noted() {
    let database = testing::database().await;
    let placed = place(entry("lamp", "Home", vec![variant("", 500, 3)]));
    let id = BTreeSet::from([placed.product_id]);
    database.import_entries(&[], at(0)).await.unwrap();
    assert_eq!(take(&database).await, BTreeSet::new());
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    assert_eq!(take(&database).await, id);
    database.delete_product(placed.product_id, None, None, event(), at(1)).await.unwrap();
    assert_eq!(take(&database).await, id);
}

#[tokio::test]
async fn a_note_that_was_made_again_stays() {
    let (database, placed) = with_products(2).await;
    let client = database.client().await.unwrap();
    client.execute("update products set name = 'One'", &[]).await.unwrap();
    let (state, changes) = begin(&database).await;
    assert_eq!(changes.len(), 2);
    let id = placed[0].product_id;
    client.execute("update products set name = 'Two' where id = $1", &[&id.as_uuid()]).await.unwrap();
    state.finish(&changes).await.unwrap();
    let left = noted(&database).await;
    assert_eq!(left.iter().map(|change| change.product).collect::<Vec<_>>(), [id]);
    assert!(!changes.contains(&left[0]));
}

#[tokio::test]
async fn one_publishes_at_a_time() {
    let (database, _) = with_products(1).await;
    let first = database.changes().await.unwrap();
    assert!(first.is_some());
    assert!(database.changes().await.unwrap().is_none());
    drop(first);
    // The lock goes with the connection, of whose end the server hears a moment later.
    for _ in 0..100 {
        if database.changes().await.unwrap().is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the lock is still held");
}

#[tokio::test]
async fn products_are_read_by_id_from_one_state() {
    let (database, placed) = with_products(7).await;
    let (mut state, _) = begin(&database).await;
    let mut ids: Vec<ProductId> = placed.iter().map(|placed| placed.product_id).collect();
    ids.sort_unstable();
    database.delete_product(ids[4], None, None, event(), at(1)).await.unwrap();
    let first = state.products(None, 5).await.unwrap();
    assert_eq!(first.iter().map(|product| product.id).collect::<Vec<_>>(), ids[..5]);
    let rest = state.products(Some(ids[4]), 5).await.unwrap();
    assert_eq!(rest.iter().map(|product| product.id).collect::<Vec<_>>(), ids[4..]);
    let found = database.find_product(ProductSubject::Product(ids[0])).await.unwrap().unwrap();
    assert_eq!(first[0], found, "as the origin itself answers");
    state.finish(&[]).await.unwrap();
    let client = database.client().await.unwrap();
    client.execute("update products set published = false where id = $1", &[&ids[0].as_uuid()]).await.unwrap();
    let (mut state, _) = begin(&database).await;
    let shown = state.products(None, 10).await.unwrap();
    assert_eq!(shown.iter().map(|product| product.id).collect::<Vec<_>>(), [&ids[1..4], &ids[5..]].concat());
}

#[tokio::test]
async fn a_note_is_about_a_product() {
    let (database, _) = with_products(1).await;
    let client = database.client().await.unwrap();
    let stranger = "insert into catalog_changes (product_id, token) values (gen_random_uuid(), 1)";
    assert_refused(&client, &[("catalog_changes_product_exists", stranger)]).await;
}
