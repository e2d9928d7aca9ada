//! Lists from what is published, beside the database's own: an administrator's read is answered by the origin.

use std::collections::BTreeSet;

use commerce_api::query::Query;
use e2e::{Call, EdgeKind, Shop, edge::Edge};
use serde_json::Value;

use crate::published::{is_hit, wait_for};

const SORTS: [&str; 5] = ["newest", "price_asc", "price_desc", "rating", "name"];

/// The same list, as everybody gets it and as the database has it.
async fn both(shop: &Shop, edge: &Edge, admin: &str, query: &str) -> [Value; 2] {
    let path = format!("/v1/{query}");
    let published = Call::get(&path).send(&shop.client, &edge.url).await.expect(200);
    assert!(is_hit(&published), "{query}: {}", published.header("cache-status"));
    let origin = Call::get(&path).token(admin).send(&shop.client, &edge.url).await.expect(200);
    assert_eq!(origin.header("cache-status"), "cloudcommerce; fwd=bypass");
    [published.json(), origin.json()]
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().filter_map(|product| product["id"].as_str()).collect()
}

fn spelled(parameters: &[(&str, String)]) -> String {
    let mut query = Query::default();
    for (name, value) in parameters {
        query.push(name, value);
    }
    query.canonical()
}

/// Filters that some of the shop's products pass.
async fn filters(shop: &Shop, edge: &Edge) -> BTreeSet<String> {
    let mut all = BTreeSet::from([String::new(), "in_stock=true".to_owned(), "rating_min=4".to_owned()]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for product in shop.stack_products().await.iter().step_by(9) {
        let path = format!("/v1/products/{}", text(&product["id"]));
        let product = Call::get(path).send(&shop.client, &edge.url).await.expect(200).json();
        let price = product["price"].to_string();
        all.insert(spelled(&[("price_max", price.clone())]));
        all.insert(spelled(&[("price_min", price), ("category", text(&product["category"]))]));
        all.extend(product["brand"].as_str().map(|brand| spelled(&[("brand", brand.to_owned())])));
        all.extend(product["tags"].as_array().unwrap().iter().map(|tag| spelled(&[("tag", text(tag))])));
        for variant in product["variants"].as_array().unwrap() {
            let option = |option: &Value| ("option", format!("{}:{}", text(&option["name"]), text(&option["value"])));
            let mut asked: Vec<(&str, String)> = variant["options"].as_array().unwrap().iter().map(option).collect();
            asked.push(("price_max", variant["price"].to_string()));
            all.insert(spelled(&asked));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_is_chosen_and_sorted_as_the_database_does() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let admin = shop.token("admin", &["admin"], 3600);
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
        let filters = filters(&shop, edge).await;
        assert!(filters.len() > 20, "{filters:?}");
        let mut found = 0;
        for (filter, sort) in filters.iter().zip(SORTS.iter().cycle()) {
            let [published, origin] =
                both(&shop, edge, &admin, &format!("products?{filter}&sort={sort}&limit=7")).await;
            assert_eq!(ids(&published), ids(&origin), "{filter}, {sort}");
            for part in ["pagination", "links"] {
                assert_eq!(published[part], origin[part], "{filter}, {sort}");
            }
            found += ids(&origin).len();
            let Some(cursor) = origin["pagination"]["nextCursor"].as_str() else { continue };
            let [published, origin] =
                both(&shop, edge, &admin, &format!("products?{filter}&sort={sort}&limit=7&cursor={cursor}")).await;
            assert_eq!(ids(&published), ids(&origin), "{filter}, {sort}, behind {cursor}");
            assert_eq!(published["links"], origin["links"], "{filter}, {sort}");
        }
        assert!(found > 50, "{found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_finds_is_found_by_words_at_the_edge() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let admin = shop.token("admin", &["admin"], 3600);
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
        let products = shop.stack_products().await;
        for product in products.iter().step_by(12) {
            let name = product["name"].as_str().unwrap();
            let word = name.split(|c: char| !c.is_ascii_alphabetic()).max_by_key(|word| word.len()).unwrap();
            let [published, origin] = both(&shop, edge, &admin, &format!("products?q={word}&limit=100")).await;
            let (published, origin) = (ids(&published), ids(&origin));
            assert!(origin.contains(&product["id"].as_str().unwrap()), "{word}");
            assert!(origin.iter().all(|id| published.contains(id)), "{word}: {origin:?}, {published:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_else_could_be_chosen_is_counted_as_the_database_does() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let admin = shop.token("admin", &["admin"], 3600);
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
        let filters = filters(&shop, edge).await;
        for filter in &filters {
            let [published, origin] = both(&shop, edge, &admin, &format!("search?{filter}&limit=3")).await;
            assert_eq!(published["facets"], origin["facets"], "{filter}");
            assert_eq!(published["links"], origin["links"], "{filter}");
        }
        let of_all = both(&shop, edge, &admin, "search").await[0]["facets"].clone();
        for facet in ["categories", "brands", "options", "prices"] {
            assert!(of_all[facet].as_array().is_some_and(|values| values.len() > 2), "{facet}: {of_all}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_completed_and_corrected() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let admin = shop.token("admin", &["admin"], 3600);
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
        let products = shop.stack_products().await;
        let name = products[0]["name"].as_str().unwrap().to_lowercase();
        let word = name.split(|c: char| !c.is_ascii_alphabetic()).max_by_key(|word| word.len()).unwrap();
        let beginning = &word[..3];
        let completed = both(&shop, edge, &admin, &format!("search/suggest?q={beginning}&limit=20")).await;
        for suggestions in &completed {
            let terms = suggestions["terms"].as_array().unwrap();
            assert!(terms.iter().any(|term| term["value"] == word), "{word}: {suggestions}");
            assert!(!suggestions["data"].as_array().unwrap().is_empty());
        }
        let mistyped = format!("{}{}", &word[..word.len() - 2], &word[word.len() - 1..]);
        let path = format!("/v1/search?q={mistyped}&limit=100");
        let found = Call::get(path).send(&shop.client, &edge.url).await.expect(200).json();
        assert_eq!(found["didYouMean"], word, "{mistyped}");
        assert!(ids(&found).contains(&products[0]["id"].as_str().unwrap()), "{mistyped}");
    }
}
