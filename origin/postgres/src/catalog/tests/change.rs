//! Single products: new, changed, deleted.

use commerce_domain::{Currency, Money};
use origin_core::{
    catalog::{
        CarryCatalog, ProductChange, ProductSubject, ReadCatalog, SaveOutcome, Sort, VariantChange, WriteCatalog,
    },
    checkout::LoadPrices,
};
use serde_json::json;

use super::{at, entry, event, events, place, query, variant};
use crate::testing;

#[tokio::test]
async fn of_two_changes_to_one_version_only_the_first_is_saved() {
    let database = testing::database().await;
    let placed = place(entry("lamp", "Home", vec![variant("", 500, 3)]));
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let change = ProductChange {
        name: Some("Lamp".to_owned()),
        variants: vec![VariantChange {
            price: Some(Money::from_minor(750, Currency::USD).unwrap()),
            ..VariantChange::of(placed.variant_ids[0])
        }],
        images: Some(vec!["https://a.example/1".to_owned(), "https://a.example/2".to_owned()]),
        tags: Some(Vec::new()),
        ..ProductChange::default()
    };
    let id = placed.product_id;
    assert_eq!(database.save_product(id, 1, &change, None, event(), at(5)).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(database.save_product(id, 1, &change, None, event(), at(6)).await.unwrap(), SaveOutcome::Overtaken);
    let elsewhere = ProductChange { category: Some("nowhere".parse().unwrap()), ..ProductChange::default() };
    assert_eq!(
        database.save_product(id, 2, &elsewhere, None, event(), at(7)).await.unwrap(),
        SaveOutcome::UnknownCategory
    );
    let product = database.find_product(ProductSubject::Product(id)).await.unwrap().unwrap();
    assert_eq!((product.name.as_str(), product.version, product.updated_at), ("Lamp", 2, at(5)));
    assert_eq!((product.variants[0].price.minor(), product.images.len(), product.tags.len()), (750, 2, 0));
    assert_eq!(product.brand.as_deref(), Some("Brand"), "what is not named stays");
    let listed = database.list_products(&query(1, 1, None, Sort::Newest)).await.unwrap().products.remove(0);
    assert_eq!((listed.price.minor(), listed.image_url.as_deref()), (750, Some("https://a.example/1")));
}

#[tokio::test]
async fn a_deleted_product_is_out_of_the_shop_and_frees_its_handle() {
    let database = testing::database().await;
    let placed = place(entry("lamp", "Home", vec![variant("", 500, 3)]));
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let id = placed.product_id;
    assert_eq!(database.delete_product(id, Some(9), None, event(), at(1)).await.unwrap(), SaveOutcome::Overtaken);
    assert_eq!(database.delete_product(id, Some(1), None, event(), at(1)).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(database.delete_product(id, None, None, event(), at(2)).await.unwrap(), SaveOutcome::Overtaken);
    assert_eq!(database.find_product(ProductSubject::Product(id)).await.unwrap(), None);
    assert_eq!(database.find_product(ProductSubject::Variant(placed.variant_ids[0])).await.unwrap(), None);
    assert_eq!(database.list_products(&query(1, 9, None, Sort::Name)).await.unwrap().total, 0);
    assert_eq!(database.load_prices(&placed.variant_ids).await.unwrap(), []);
    let again = place(entry("lamp", "Home", vec![variant("", 500, 3)]));
    assert_eq!(database.import_entries(&[again], at(3)).await.unwrap().created, 1);
}

#[tokio::test]
async fn each_change_leaves_the_event_that_tells_of_it() {
    let database = testing::database().await;
    database.import_entries(&[place(entry("other", "Home", vec![variant("", 1, 0)]))], at(0)).await.unwrap();
    let mut new = entry("shirt", "Home", vec![variant("S", 100, 7), variant("M", 100, 0)]);
    new.variants[1].backorder_limit = 5;
    let placed = place(new);
    database.insert_product(&placed, None, at(0)).await.unwrap();
    let rename = ProductChange { name: Some("Shirt".to_owned()), ..ProductChange::default() };
    let id = placed.product_id;
    assert_eq!(database.save_product(id, 1, &rename, None, event(), at(1)).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(database.save_product(id, 1, &rename, None, event(), at(2)).await.unwrap(), SaveOutcome::Overtaken);
    assert_eq!(database.delete_product(id, None, None, event(), at(3)).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(database.delete_product(id, None, None, event(), at(4)).await.unwrap(), SaveOutcome::Overtaken);
    let variants = json!([
        {"variantId": placed.variant_ids[0], "onHand": 7, "backorderLimit": 0},
        {"variantId": placed.variant_ids[1], "onHand": 0, "backorderLimit": 5},
    ]);
    let expected = [
        ("ProductCreated".to_owned(), json!({"productId": id, "variants": variants})),
        ("ProductUpdated".to_owned(), json!({"productId": id})),
        ("ProductDeleted".to_owned(), json!({"productId": id})),
    ];
    assert_eq!(events(&database, id).await, expected);
}

#[tokio::test]
async fn one_variant_of_several_changes_and_the_product_shows_the_lowest_price() {
    let database = testing::database().await;
    let placed = place(entry("shirt", "Home", vec![variant("S", 300, 1), variant("M", 500, 1)]));
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let change = VariantChange {
        price: Some(Money::from_minor(200, Currency::USD).unwrap()),
        sku: Some("S-M".to_owned()),
        weight_grams: Some(9),
        backorder_limit: Some(4),
        ..VariantChange::of(placed.variant_ids[1])
    };
    let change = ProductChange { variants: vec![change], ..ProductChange::default() };
    let id = placed.product_id;
    assert_eq!(database.save_product(id, 1, &change, None, event(), at(1)).await.unwrap(), SaveOutcome::Saved);
    let stored = database.load_product(id).await.unwrap().unwrap();
    let shown: Vec<_> =
        stored.entry.variants.iter().map(|v| (v.price.minor(), v.sku.as_deref(), v.weight_grams)).collect();
    assert_eq!(shown, [(300, None, Some(5)), (200, Some("S-M"), Some(9))]);
    assert_eq!((stored.entry.variants[1].backorder_limit, stored.variant_ids), (4, placed.variant_ids));
    let listed = database.list_products(&query(1, 1, None, Sort::Newest)).await.unwrap().products.remove(0);
    assert_eq!(listed.price.minor(), 200);
}

#[tokio::test]
async fn what_no_shopper_sees_can_be_changed_and_published() {
    let database = testing::database().await;
    let mut hidden = entry("lamp", "Home", vec![variant("", 500, 3)]);
    hidden.published = false;
    let placed = place(hidden);
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let id = placed.product_id;
    let subject = ProductSubject::Product(id);
    assert_eq!(database.find_product(subject).await.unwrap(), None);
    let stored = database.load_product(id).await.unwrap().unwrap();
    assert_eq!((stored.id, stored.version, stored.created_at, stored.updated_at), (id, 1, at(0), at(0)));
    assert_eq!((&stored.entry, &stored.variant_ids), (&placed.entry, &placed.variant_ids));
    let publish = ProductChange { published: Some(true), ..ProductChange::default() };
    assert_eq!(database.save_product(id, 1, &publish, None, event(), at(1)).await.unwrap(), SaveOutcome::Saved);
    let found = database.find_product(subject).await.unwrap().unwrap();
    assert_eq!((found.version, found), (2, database.load_product(id).await.unwrap().unwrap().into()));
    assert_eq!(database.delete_product(id, Some(2), None, event(), at(2)).await.unwrap(), SaveOutcome::Saved);
    assert_eq!(database.load_product(id).await.unwrap(), None);
}

#[tokio::test]
async fn a_long_description_is_whole_in_the_product_and_begun_in_lists() {
    let database = testing::database().await;
    let mut long = entry("lamp", "Home", vec![variant("", 500, 3)]);
    long.description = "é".repeat(100_000);
    let placed = place(long);
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let found = database.find_product(ProductSubject::Product(placed.product_id)).await.unwrap().unwrap();
    assert_eq!(found.description, placed.entry.description);
    let listed = database.list_products(&query(1, 1, None, Sort::Newest)).await.unwrap().products.remove(0);
    assert_eq!(listed.description, "é".repeat(10_000));
}
