//! Catalogs, in and out.

use std::io::Cursor;

use commerce_domain::Currency;
use origin_core::{
    catalog::{
        CarryCatalog, CatalogSnapshot, Item, PlacedEntry, ProductChange, ProductSubject, ReadCatalog, Sort,
        WriteCatalog, carry, carry::ExportFormat, shopify::ShopifyReader,
    },
    inventory::{BackorderLimit, KeepLimits},
};
use serde_json::json;

use super::{at, entry, event, events, place, query, variant};
use crate::{Database, testing};

const SAMPLE: &str = include_str!("../../../../core/tests/data/products.csv");

#[tokio::test]
async fn a_second_import_keeps_ids_and_stock_and_follows_the_file() {
    let database = testing::database().await;
    let first = place(entry("shirt", "Home", vec![variant("S", 100, 1), variant("M", 100, 2)]));
    let batch = database.import_entries(std::slice::from_ref(&first), at(0)).await.unwrap();
    assert_eq!((batch.created, batch.replaced, batch.new_stock.len(), batch.known_stock.len()), (1, 0, 2, 0));
    let second = place(entry("shirt", "Work", vec![variant("M", 90, 50), variant("L", 80, 4)]));
    let batch = database.import_entries(std::slice::from_ref(&second), at(1)).await.unwrap();
    assert_eq!((batch.created, batch.replaced), (0, 1));
    let new: Vec<_> = batch.new_stock.iter().map(|stock| (stock.variant_id, stock.on_hand)).collect();
    assert_eq!(new, [(second.variant_ids[1], 4)]);
    let known: Vec<_> = batch.known_stock.iter().map(|known| (known.stock.variant_id, known.stock.on_hand)).collect();
    assert_eq!(known, [(first.variant_ids[1], 2)]);
    let product = database.find_product(ProductSubject::Product(first.product_id)).await.unwrap().unwrap();
    let ids: Vec<_> =
        product.variants.iter().map(|variant| (variant.id, variant.price.minor(), variant.stock)).collect();
    assert_eq!(ids, [(first.variant_ids[1], 90, 2), (second.variant_ids[1], 80, 4)]);
    assert_eq!((product.version, product.category.as_str(), product.created_at), (2, "work", at(0)));
    let listed = database.list_products(&query(1, 1, None, Sort::Newest)).await.unwrap().products.remove(0);
    assert_eq!((listed.stock, listed.price.minor()), (6, 80));
}

#[tokio::test]
async fn an_entry_that_lacks_a_row_makes_a_product_but_replaces_none() {
    let database = testing::database().await;
    let lacking = PlacedEntry { whole: false, ..place(entry("new", "Home", vec![variant("S", 100, 1)])) };
    assert_eq!(database.import_entries(&[lacking], at(0)).await.unwrap().created, 1);
    let first = place(entry("shirt", "Home", vec![variant("S", 100, 1), variant("M", 100, 2)]));
    database.import_entries(std::slice::from_ref(&first), at(0)).await.unwrap();
    let before = database.load_product(first.product_id).await.unwrap();
    let lacking = PlacedEntry { whole: false, ..place(entry("shirt", "Work", vec![variant("M", 90, 2)])) };
    let whole = place(entry("hat", "Work", vec![variant("", 90, 2)]));
    let batch = database.import_entries(&[whole, lacking], at(1)).await.unwrap();
    assert_eq!((batch.created, batch.replaced, batch.left), (1, 0, vec![1]));
    assert_eq!((batch.new_stock.len(), batch.known_stock.len()), (1, 0));
    assert_eq!(database.load_product(first.product_id).await.unwrap(), before);
    assert_eq!(events(&database, first.product_id).await.len(), 1);
}

#[tokio::test]
async fn a_variant_that_comes_back_is_the_one_that_left() {
    let database = testing::database().await;
    let first = place(entry("shirt", "Home", vec![variant("S", 100, 8), variant("M", 100, 2)]));
    database.import_entries(std::slice::from_ref(&first), at(0)).await.unwrap();
    let without = place(entry("shirt", "Home", vec![variant("M", 100, 2)]));
    database.import_entries(&[without], at(1)).await.unwrap();
    let listed = database.list_products(&query(1, 1, None, Sort::Newest)).await.unwrap().products.remove(0);
    assert_eq!(listed.stock, 2);
    let again = place(entry("shirt", "Home", vec![variant("M", 100, 2), variant("S", 110, 50)]));
    let batch = database.import_entries(&[again], at(2)).await.unwrap();
    assert_eq!((batch.new_stock.len(), batch.known_stock.len()), (0, 2));
    let back = batch.known_stock[1];
    assert_eq!((back.place, back.stock.variant_id, back.stock.on_hand), ((0, 1), first.variant_ids[0], 8));
    let product = database.find_product(ProductSubject::Product(first.product_id)).await.unwrap().unwrap();
    let shown: Vec<_> = product.variants.iter().map(|v| (v.id, v.price.minor(), v.stock)).collect();
    assert_eq!(shown, [(first.variant_ids[1], 100, 2), (first.variant_ids[0], 110, 8)]);
    let client = database.client().await.unwrap();
    let ledger = client.query("select sum(quantity)::bigint from stock_ledger", &[]).await.unwrap();
    assert_eq!(ledger[0].get::<_, i64>(0), 10, "no second receipt");
}

#[tokio::test]
async fn the_limit_of_a_known_variant_waits_for_its_counter() {
    let database = testing::database().await;
    let first = place(entry("shirt", "Home", vec![variant("S", 100, 8), variant("M", 100, 2)]));
    database.import_entries(std::slice::from_ref(&first), at(0)).await.unwrap();
    let mut more = entry("shirt", "Home", vec![variant("S", 100, 8), variant("M", 100, 2)]);
    more.variants[0].backorder_limit = 1000;
    let batch = database.import_entries(&[place(more)], at(1)).await.unwrap();
    let wanted: Vec<_> = batch.known_stock.iter().map(|known| (known.limit, known.stock.backorder_limit)).collect();
    assert_eq!(wanted, [(0, 1000), (0, 0)]);
    let limits = |small: u32, medium: u32| {
        let limit = |place: usize, limit: u32| BackorderLimit { variant_id: first.variant_ids[place], limit };
        let mut limits = [limit(0, small), limit(1, medium)];
        limits.sort_by_key(|limit| limit.variant_id);
        limits
    };
    assert_eq!(database.load_limits(&first.variant_ids).await.unwrap(), limits(0, 0));
    database.save_limits(&[limits(1000, 0)[0], limits(1000, 0)[1]]).await.unwrap();
    database.save_limits(&[]).await.unwrap();
    assert_eq!(database.load_limits(&first.variant_ids).await.unwrap(), limits(1000, 0));
}

#[tokio::test]
async fn an_import_leaves_an_event_a_product() {
    let database = testing::database().await;
    let (shirt, hat) =
        (place(entry("shirt", "Home", vec![variant("S", 1, 8)])), place(entry("hat", "Home", vec![variant("", 1, 0)])));
    database.import_entries(&[shirt.clone(), hat.clone()], at(0)).await.unwrap();
    let again = place(entry("shirt", "Home", vec![variant("S", 1, 8), variant("M", 1, 3)]));
    database.import_entries(std::slice::from_ref(&again), at(1)).await.unwrap();
    let counter = |id, on_hand: u32| json!([{"variantId": id, "onHand": on_hand, "backorderLimit": 0}]);
    let created = |placed: &PlacedEntry, on_hand| {
        let variants = counter(placed.variant_ids[0], on_hand);
        ("ProductCreated".to_owned(), json!({"productId": placed.product_id, "variants": variants}))
    };
    let updated = json!({"productId": shirt.product_id, "variants": counter(again.variant_ids[1], 3)});
    let expected = [created(&shirt, 8), ("ProductUpdated".to_owned(), updated)];
    assert_eq!(events(&database, shirt.product_id).await, expected);
    assert_eq!(events(&database, hat.product_id).await, [created(&hat, 0)]);
}

#[tokio::test]
async fn a_snapshot_sees_nothing_of_what_happens_meanwhile() {
    let database = testing::database().await;
    let products: Vec<_> = ["a", "b", "c"].map(|handle| place(entry(handle, "Home", vec![variant("", 1, 1)]))).into();
    database.import_entries(&products, at(0)).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap();
    let first = snapshot.entries(0, 1).await.unwrap();
    let rename = ProductChange { name: Some("Other".to_owned()), ..ProductChange::default() };
    database.save_product(products[1].product_id, 1, &rename, None, event(), at(1)).await.unwrap();
    database.delete_product(products[2].product_id, None, None, event(), at(1)).await.unwrap();
    database.import_entries(&[place(entry("d", "Home", vec![variant("", 1, 1)]))], at(1)).await.unwrap();
    let rest = snapshot.entries(first[0].0, 9).await.unwrap();
    let names: Vec<_> = first.iter().chain(&rest).map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["The a", "The b", "The c"]);
    drop(snapshot);
    let now = database.snapshot().await.unwrap().entries(0, 9).await.unwrap();
    let names: Vec<_> = now.iter().map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["The a", "Other", "The d"]);
}

#[tokio::test]
async fn the_first_product_to_name_a_category_names_it() {
    let database = testing::database().await;
    let products =
        ["Home & Garden", "home garden"].map(|category| place(entry(category, category, vec![variant("", 1, 1)])));
    database.import_entries(&products, at(0)).await.unwrap();
    database.import_entries(&[place(entry("c", "HOME GARDEN", vec![variant("", 1, 1)]))], at(1)).await.unwrap();
    let categories = database.list_categories().await.unwrap();
    assert_eq!(categories.iter().map(|listed| listed.name.as_str()).collect::<Vec<_>>(), ["Home & Garden"]);
}

async fn import(database: &Database, file: &str) {
    let entries: Vec<_> = ShopifyReader::new(Cursor::new(file.to_owned()), Currency::USD)
        .unwrap()
        .map(|item| match item.unwrap() {
            Item::Entry(read) => place(read.entry),
            Item::Fault(fault) => panic!("{fault}"),
        })
        .collect();
    database.import_entries(&entries, at(0)).await.unwrap();
}

async fn export(database: &Database, format: ExportFormat) -> String {
    let mut output = Vec::new();
    carry::export(database, format, &mut output).await.unwrap();
    String::from_utf8(output).unwrap()
}

#[tokio::test]
async fn an_import_comes_out_byte_for_byte_and_goes_in_again() {
    let (one, other) = (testing::database().await, testing::database().await);
    import(&one, SAMPLE).await;
    let exported = export(&one, ExportFormat::Csv).await;
    assert_eq!(exported, SAMPLE);
    import(&other, &exported).await;
    import(&other, &exported).await;
    assert_eq!(export(&other, ExportFormat::Csv).await, exported);
    assert_eq!(export(&other, ExportFormat::Ndjson).await, export(&one, ExportFormat::Ndjson).await);
}

#[tokio::test]
async fn one_category_under_two_spellings_keeps_the_files_words() {
    let database = testing::database().await;
    let file = "Handle,Title,Type,Variant Price\r\na,A,Home & Garden,1\r\nb,B,home garden,1\r\n";
    import(&database, file).await;
    assert_eq!(database.list_categories().await.unwrap().len(), 1);
    let exported = export(&database, ExportFormat::Csv).await;
    assert!(exported.contains(",Home & Garden,") && exported.contains(",home garden,"), "{exported}");
}
