//! The catalog's tables, on a real PostgreSQL.

mod carry;
mod change;
mod constraints;
mod levels;
mod lists;
mod publish;

use commerce_api::page::Page;
use commerce_domain::{CategorySlug, Currency, EventId, Money, ProductId, VariantId};
use jiff::Timestamp;
use origin_core::{
    catalog::{
        CarryCatalog, CatalogEntry, CatalogSnapshot, CategoryEntry, EntryCategory, EntryVariant, Extra, InsertOutcome,
        PlacedEntry, ProductFilter, ProductQuery, ProductSlice, ProductSubject, ReadCatalog, Sort, WriteCatalog,
    },
    checkout::LoadPrices,
};
use rust_decimal::Decimal;
use test_support::{SystemClock, SystemEntropy};

use crate::{Database, testing};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn variant(option: &str, price: i64, stock: i64) -> EntryVariant {
    EntryVariant {
        sku: None,
        options: if option.is_empty() { Vec::new() } else { vec![("Size".to_owned(), option.to_owned())] },
        price: Money::from_minor(price, Currency::USD).unwrap(),
        weight_grams: Some(5),
        stock,
        backorder_limit: 0,
        extra: Extra::new(),
    }
}

fn entry(handle: &str, category: &str, variants: Vec<EntryVariant>) -> CatalogEntry {
    CatalogEntry {
        handle: handle.to_owned(),
        name: format!("The {handle}"),
        description: String::new(),
        brand: Some("Brand".to_owned()),
        category: EntryCategory::titled(category),
        tags: vec!["a".to_owned(), "b".to_owned()],
        specifications: [("power".to_owned(), "5 W".to_owned())].into(),
        published: true,
        currency: Currency::USD,
        rating: Decimal::ZERO,
        review_count: 0,
        images: Vec::new(),
        variants,
        extra: Extra::new(),
    }
}

fn place(entry: CatalogEntry) -> PlacedEntry {
    let variant_ids = entry.variants.iter().map(|_| VariantId::generate(&SystemClock, &SystemEntropy)).collect();
    let product_id = ProductId::generate(&SystemClock, &SystemEntropy);
    PlacedEntry { product_id, variant_ids, event_id: event(), whole: true, entry }
}

fn event() -> EventId {
    EventId::generate(&SystemClock, &SystemEntropy)
}

/// The events of a product in their order: kind and payload.
async fn events(database: &Database, product: ProductId) -> Vec<(String, serde_json::Value)> {
    let client = database.client().await.unwrap();
    let events = "select event, payload, sequence from outbox where aggregate_id = $1 order by sequence";
    let rows = client.query(events, &[&product.to_string()]).await.unwrap();
    for (sequence, row) in (1_i64..).zip(&rows) {
        assert_eq!(row.get::<_, i64>(2), sequence);
    }
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn query(page: u32, limit: u32, category: Option<&str>, sort: Sort) -> ProductQuery {
    let filter = ProductFilter { category: category.map(|slug| slug.parse().unwrap()), ..ProductFilter::default() };
    ProductQuery { filter, sort: Some(sort), slice: ProductSlice::Page(Page { page, limit }), fields: None }
}

async fn names(database: &Database, query: &ProductQuery) -> (Vec<String>, u64) {
    let page = database.list_products(query).await.unwrap();
    (page.products.into_iter().map(|product| product.name.replace("The ", "")).collect(), page.total)
}

#[tokio::test]
async fn lists_sort_filter_page_and_count() {
    let database = testing::database().await;
    let products = [("b", "Home", 300), ("c", "Home", 100), ("a", "Work", 200), ("d", "Home", 100)];
    for (second, (handle, category, price)) in (0..).zip(products) {
        let mut entry = entry(handle, category, vec![variant("", price, 1)]);
        entry.rating = Decimal::new(price / 100, 0);
        database.import_entries(&[place(entry)], at(second)).await.unwrap();
    }
    let mut hidden = entry("hidden", "Home", vec![variant("", 1, 1)]);
    hidden.published = false;
    database.import_entries(&[place(hidden)], at(9)).await.unwrap();
    for (sort, expected) in [
        (Sort::Newest, ["d", "a", "c", "b"]),
        (Sort::PriceAscending, ["c", "d", "a", "b"]),
        (Sort::PriceDescending, ["b", "a", "d", "c"]),
        (Sort::Rating, ["b", "a", "c", "d"]),
        (Sort::Name, ["a", "b", "c", "d"]),
    ] {
        assert_eq!(names(&database, &query(1, 10, None, sort)).await, (expected.map(str::to_owned).to_vec(), 4));
        let (first, _) = names(&database, &query(1, 3, None, sort)).await;
        let (second, total) = names(&database, &query(2, 3, None, sort)).await;
        assert_eq!(([first, second].concat(), total), (expected.map(str::to_owned).to_vec(), 4), "{sort:?}");
        let (home, total) = names(&database, &query(1, 10, Some("home"), sort)).await;
        assert_eq!((home.len(), total), (3, 3));
    }
    assert_eq!(names(&database, &query(9, 10, None, Sort::Newest)).await, (Vec::new(), 4));
    assert_eq!(names(&database, &query(1, 10, Some("none"), Sort::Newest)).await, (Vec::new(), 0));
    let categories = database.list_categories().await.unwrap();
    let counts: Vec<_> = categories.iter().map(|listed| (listed.slug.as_str(), listed.product_count)).collect();
    assert_eq!(counts, [("home", 3), ("work", 1)]);
}

#[tokio::test]
async fn a_category_lists_and_counts_what_is_below_it() {
    let database = testing::database().await;
    let category = |slug: &str, parent: Option<&str>| CategoryEntry {
        slug: slug.parse().unwrap(),
        name: slug.to_uppercase(),
        parent: parent.map(|slug| slug.parse().unwrap()),
    };
    let tree = [category("top", None), category("mid", Some("top")), category("low", Some("mid"))];
    database.import_categories(&tree).await.unwrap();
    database.import_categories(&tree).await.unwrap();
    for (handle, at_category) in [("a", "top"), ("b", "mid"), ("c", "low"), ("d", "low")] {
        let placed = place(entry(handle, at_category, vec![variant("", 100, 1)]));
        database.import_entries(&[placed], at(0)).await.unwrap();
    }
    for (slug, expected) in [("top", 4), ("mid", 3), ("low", 2)] {
        let (listed, total) = names(&database, &query(1, 10, Some(slug), Sort::Name)).await;
        assert_eq!((listed.len() as u64, total), (expected, expected), "{slug}");
    }
    let categories = database.list_categories().await.unwrap();
    let shown: Vec<_> = categories.iter().map(|c| (c.name.as_str(), c.parent.as_ref(), c.product_count)).collect();
    let (top, mid) = ("top".parse().unwrap(), "mid".parse().unwrap());
    assert_eq!(shown, [("LOW", Some(&mid), 2), ("MID", Some(&top), 3), ("TOP", None, 4)]);
}

#[tokio::test]
async fn what_is_sold_names_its_category_and_those_above_it() {
    let database = testing::database().await;
    let category = |slug: &str, parent: Option<&str>| CategoryEntry {
        slug: slug.parse().unwrap(),
        name: slug.to_owned(),
        parent: parent.map(|slug| slug.parse().unwrap()),
    };
    let tree = [category("top", None), category("mid", Some("top")), category("low", Some("mid"))];
    database.import_categories(&tree).await.unwrap();
    for (at_category, path) in [("low", vec!["low", "mid", "top"]), ("mid", vec!["mid", "top"]), ("top", vec!["top"])] {
        let placed = place(entry(at_category, at_category, vec![variant("", 100, 1)]));
        database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
        let found = database.load_prices(&placed.variant_ids).await.unwrap();
        assert_eq!(found[0].categories.iter().map(CategorySlug::as_str).collect::<Vec<_>>(), path);
    }
    // The tree should have no ring; if it has one, orders go on.
    let client = database.client().await.unwrap();
    let ring = "update categories set parent_id = (select id from categories where slug = 'low') where slug = 'top'";
    client.execute(ring, &[]).await.unwrap();
    let placed = place(entry("ring", "top", vec![variant("", 100, 1)]));
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let found = database.load_prices(&placed.variant_ids).await.unwrap();
    assert_eq!(found[0].categories[..3].iter().map(CategorySlug::as_str).collect::<Vec<_>>(), ["top", "low", "mid"]);
}

#[tokio::test]
async fn a_product_is_found_by_its_own_id_and_by_its_variants() {
    let database = testing::database().await;
    let placed = place(entry("shirt", "Home", vec![variant("M", 1050, 3), variant("L", 999, 4)]));
    assert_eq!(database.insert_product(&placed, None, at(0)).await.unwrap(), InsertOutcome::UnknownCategory);
    database.import_entries(&[place(entry("other", "Home", vec![variant("", 1, 0)]))], at(0)).await.unwrap();
    assert_eq!(database.insert_product(&placed, None, at(1)).await.unwrap(), InsertOutcome::Inserted);
    let by_id = database.find_product(ProductSubject::Product(placed.product_id)).await.unwrap().unwrap();
    let by_variant = database.find_product(ProductSubject::Variant(placed.variant_ids[1])).await.unwrap().unwrap();
    assert_eq!(by_id, by_variant);
    assert_eq!((by_id.price().unwrap().minor(), by_id.stock(), by_id.version), (999, 7, 1));
    assert_eq!((by_id.tags.join(","), by_id.specifications["power"].as_str()), ("a,b".to_owned(), "5 W"));
    assert_eq!(by_id.variants[0].options, [("Size".to_owned(), "M".to_owned())]);
    assert_eq!((by_id.created_at, by_id.updated_at), (at(1), at(1)));
    let prices = database.load_prices(&placed.variant_ids).await.unwrap();
    assert_eq!(prices.len(), 2);
    let nobody = ProductSubject::Product(ProductId::generate(&SystemClock, &SystemEntropy));
    assert_eq!(database.find_product(nobody).await.unwrap(), None);
}

#[tokio::test]
async fn texts_may_have_any_name() {
    let database = testing::database().await;
    let odd: Extra = [("$serde_json::private::Number".to_owned(), "five".to_owned())].into();
    let mut entry = entry("shirt", "Home", vec![EntryVariant { extra: odd.clone(), ..variant("", 1050, 3) }]);
    (entry.specifications, entry.extra) = (odd.clone(), odd);
    let placed = place(entry);
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let found = database.find_product(ProductSubject::Product(placed.product_id)).await.unwrap().unwrap();
    assert_eq!(found.specifications, placed.entry.specifications);
    let exported = database.snapshot().await.unwrap().entries(0, 10).await.unwrap();
    assert_eq!(exported[0].1, placed.entry);
}

#[tokio::test]
async fn the_ledger_has_a_receipt_for_all_stock_and_cannot_be_changed() {
    let database = testing::database().await;
    let placed = place(entry("shirt", "Home", vec![variant("S", 100, 7), variant("M", 100, 0)]));
    database.import_entries(std::slice::from_ref(&placed), at(0)).await.unwrap();
    let client = database.client().await.unwrap();
    let rows = client.query("select variant_id, kind, quantity, reference from stock_ledger", &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "nothing in stock is no movement");
    assert_eq!(rows[0].get::<_, uuid::Uuid>(0), placed.variant_ids[0].as_uuid());
    assert_eq!((rows[0].get::<_, &str>(1), rows[0].get::<_, i64>(2)), ("receipt", 7));
    for statement in ["update stock_ledger set quantity = 8", "delete from stock_ledger", "truncate stock_ledger"] {
        let error = client.execute(statement, &[]).await.unwrap_err();
        assert!(error.as_db_error().unwrap().message().contains("only grows"), "{statement}");
    }
}
