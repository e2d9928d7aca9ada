//! `GET /products`, `GET /products/{id}`, `GET /categories`.

use commerce_domain::{Currency, Money};
use origin_core::catalog::{CatalogEntry, EntryCategory, EntryVariant, Extra, Item, ReadEntry, carry::Importer};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use test_support::SystemEntropy;

use crate::shop::Shop;

/// How many products [`stocked`] has.
const PRODUCTS: i64 = 60;

/// A shop with products of different prices and ratings in two categories; every third product has two variants.
async fn stocked() -> Shop {
    let shop = Shop::open().await;
    shop.category("electronics", None).await;
    shop.category("audio", Some("electronics")).await;
    shop.category("books", None).await;
    let into = Importer { database: &shop.database, stock: &shop.stock, clock: &shop.clock, entropy: &SystemEntropy };
    let read = |number| ReadEntry { line: 1, whole: true, entry: entry(number) };
    let items = (0..PRODUCTS).map(|number| Ok(Item::Entry(Box::new(read(number)))));
    into.import(items, drop).await.unwrap();
    shop
}

fn entry(number: i64) -> CatalogEntry {
    let (slug, name) = if number % 2 == 0 { ("audio", "Audio") } else { ("books", "Books") };
    let sizes: &[&str] = if number % 3 == 0 { &["M", "L"] } else { &[] };
    let variant = |options: Vec<(String, String)>| EntryVariant {
        sku: None,
        options,
        // Neither in the order of names nor in that of ids.
        price: Money::from_minor(100 + number * 37 % 60 * 50, Currency::USD).unwrap(),
        weight_grams: None,
        stock: number,
        backorder_limit: 0,
        extra: Extra::new(),
    };
    let of_sizes = sizes.iter().map(|size| variant(vec![("Size".to_owned(), (*size).to_owned())]));
    let variants = if sizes.is_empty() { vec![variant(Vec::new())] } else { of_sizes.collect() };
    CatalogEntry {
        handle: format!("item-{number}"),
        name: format!("Item {number:02}"),
        description: String::new(),
        brand: None,
        category: EntryCategory { slug: slug.parse().unwrap(), name: name.to_owned() },
        tags: Vec::new(),
        specifications: std::collections::BTreeMap::new(),
        published: true,
        currency: Currency::USD,
        rating: Decimal::new(number * 23 % 51, 1),
        review_count: 1,
        images: Vec::new(),
        variants,
        extra: Extra::new(),
    }
}

async fn get(shop: &Shop, path: &str) -> Value {
    let answer = shop.shopper("ada").get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

fn column(body: &Value, name: &str) -> Vec<Value> {
    body["data"].as_array().unwrap().iter().map(|product| product[name].clone()).collect()
}

#[tokio::test]
async fn pages_of_a_list_make_up_the_list() {
    let shop = stocked().await;
    let whole = get(&shop, "/v1/products?limit=100&sort=name").await;
    assert_eq!((&whole["pagination"]["total"], column(&whole, "id").len()), (&json!(PRODUCTS), 60));
    let mut paged = Vec::new();
    for page in 1..=3 {
        let part = get(&shop, &format!("/v1/products?limit=25&sort=name&page={page}")).await;
        assert_eq!(part["pagination"]["totalPages"], 3);
        paged.extend(column(&part, "name"));
    }
    assert_eq!(column(&whole, "name"), paged);
    assert_eq!(column(&get(&shop, "/v1/products?page=9999").await, "id").len(), 0);
}

#[tokio::test]
async fn a_list_follows_its_sort() {
    let shop = stocked().await;
    for (sort, member, ascending) in
        [("price_asc", "price", true), ("price_desc", "price", false), ("rating", "rating", false)]
    {
        let list = get(&shop, &format!("/v1/products?limit=100&sort={sort}")).await;
        let numbers: Vec<Decimal> =
            column(&list, member).iter().map(|number| number.to_string().parse().unwrap()).collect();
        let sorted = numbers.windows(2).all(|pair| if ascending { pair[0] <= pair[1] } else { pair[0] >= pair[1] });
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert!(sorted && distinct.len() > 40, "{sort}: {numbers:?}");
    }
}

#[tokio::test]
async fn categories_count_what_their_lists_hold() {
    let shop = stocked().await;
    let categories = get(&shop, "/v1/categories").await;
    let shown = column(&categories, "slug").into_iter().zip(column(&categories, "productCount")).collect::<Vec<_>>();
    let expected = [("audio", 30), ("books", 30), ("electronics", 30)];
    assert_eq!(shown, expected.map(|(slug, count)| (Value::from(slug), Value::from(count))));
    assert_eq!(column(&categories, "id"), ["cat_audio", "cat_books", "cat_electronics"]);
    assert_eq!(categories["data"][0]["parentId"], "cat_electronics");
    for (slug, count) in expected {
        let list = get(&shop, &format!("/v1/products?category={slug}&limit=1")).await;
        assert_eq!(list["pagination"]["total"], count, "{slug}");
    }
}

#[tokio::test]
async fn a_product_is_found_by_its_id_and_by_a_variants() {
    let shop = stocked().await;
    let list = get(&shop, "/v1/products?limit=100").await;
    let place = column(&list, "name").iter().position(|name| name == "Item 03").unwrap();
    let id = list["data"][place]["id"].as_str().unwrap();
    let found = shop.shopper("ada").get(&format!("/v1/products/{id}")).await;
    let product = found.json();
    assert_eq!((found.status.as_u16(), product["name"].as_str()), (200, Some("Item 03")));
    assert_eq!(found.header("etag"), Some(format!("\"{}\"", product["version"]).as_str()));
    let variants = product["variants"].as_array().unwrap();
    assert_eq!((variants.len(), &variants[1]["options"][0]["value"], &product["stock"]), (2, &json!("L"), &json!(6)));
    let variant = variants[1]["id"].as_str().unwrap();
    assert_eq!(get(&shop, &format!("/v1/products/{variant}")).await, product);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    for (query, field) in [
        ("page=0", "page"),
        ("limit=101", "limit"),
        ("category=A%20b", "category"),
        ("sort=cheap", "sort"),
        ("colour=red", "colour"),
        ("page=1&page=2", "page"),
    ] {
        let answer = ada.get(&format!("/v1/products?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.fields()), (400, vec![field.to_owned()]), "{query}");
    }
    for id in ["prod_123", "prod_01h4vjdvzefw18zfwz5dxw5y8g", "order_01h4vjdvzefw18zfwz5dxw5y8g", "1'--", "%00"] {
        let answer = ada.get(&format!("/v1/products/{id}")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NOT_FOUND"), "{id}");
    }
    assert_eq!(get(&shop, "/v1/products?category=nowhere").await["pagination"]["total"], 0);
}
