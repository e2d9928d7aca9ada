//! Reading what is published.

use bytes::Bytes;
use commerce_api::product::ProductResponse;
use commerce_catalog::{HEAD_KEY, STOCK_HEAD_KEY};
use commerce_domain::Product;
use serde_json::{Value, json};

use crate::{
    auth::fetches,
    bucket::{Objects, product, published},
    fake::Fake,
    shop::{catalog, get, header, json_of, refusal, request},
    tokens::{admin, shopper},
};

fn products(version: u64) -> Vec<Product> {
    (0..40).map(|index| product(index, version)).collect()
}

fn detail(product: &Product) -> String {
    format!("/v1/products/{}", product.id)
}

/// Names on a page, in its order.
fn names(fake: &Fake, target: &str) -> Vec<String> {
    let answer = fake.ask(get(target));
    assert_eq!(answer.status(), 200, "{target}");
    let data = json_of(&answer)["data"].as_array().unwrap().clone();
    data.iter().map(|product| product["name"].as_str().unwrap().to_owned()).collect()
}

fn version_of(answer: &Value) -> &Value {
    &answer["version"]
}

#[test]
fn the_catalog_is_read_while_the_origin_is_down() {
    for from_bucket in [false, true] {
        let fake = Fake::with_bucket();
        let objects = published(&products(1), 0);
        if from_bucket {
            fake.fill_bucket(&objects);
        } else {
            fake.push(&objects);
        }
        let product = product(7, 1);
        let answer = fake.ask(get(&detail(&product)));
        let mut expected = product;
        expected.variants[0].stock = 5;
        assert_eq!(json_of(&answer), serde_json::to_value(ProductResponse::of(&expected)).unwrap());
        assert_eq!(header(&answer, "cache-status"), "cloudcommerce; hit; ttl=60");
        let page = json_of(&fake.ask(get("/v1/products?limit=3&page=2&sort=price_desc")));
        let cursor = page["pagination"]["nextCursor"].clone();
        assert_eq!(
            page["pagination"],
            json!({"page": 2, "limit": 3, "total": 40, "totalPages": 14, "nextCursor": cursor})
        );
        let listed: Vec<&str> =
            page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(listed, ["Thing 36, version 1", "Thing 35, version 1", "Thing 34, version 1"]);
        assert_eq!(names(&fake, "/v1/products?category=home&limit=2"), ["Thing 38, version 1", "Thing 36, version 1"]);
        assert!(names(&fake, "/v1/products?category=unknown").is_empty());
        let categories = json_of(&fake.ask(get("/v1/categories")));
        assert_eq!(
            categories["data"][1],
            json!({"id": "cat_home", "slug": "home", "name": "HOME", "parentId": null, "productCount": 20})
        );
        assert!(fake.sent_to("origin.test").is_empty());
    }
}

#[test]
fn what_was_pulled_once_is_in_the_store_for_other_instances() {
    let fake = Fake::with_bucket();
    fake.fill_bucket(&published(&products(1), 0));
    fake.ask(get(&detail(&product(7, 1))));
    fake.run_behind();
    let pulled = fake.sent_to("objects.test").len();
    let fake = fake.restarted();
    assert_eq!(fake.ask(get(&detail(&product(7, 1)))).status(), 200);
    assert_eq!(fake.sent_to("objects.test").len(), pulled);
}

#[test]
fn a_warm_instance_reads_heads_alone() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    names(&fake, "/v1/products");
    let before = fake.calls().1;
    names(&fake, "/v1/products");
    assert_eq!(fake.calls().1, before, "within the moment");
    fake.pass(2);
    names(&fake, "/v1/products");
    assert_eq!(fake.calls().1, before + 2, "both heads");
}

#[test]
fn a_later_head_is_seen_and_never_an_earlier_one() {
    let fake = Fake::with_bucket();
    let (first, second) = (published(&products(1), 0), published(&products(2), 10));
    fake.push(&first);
    let version = |fake: &Fake| version_of(&json_of(&fake.ask(get(&detail(&product(7, 1)))))).clone();
    assert_eq!(version(&fake), 1);
    fake.pass(10);
    fake.push(&second);
    assert_eq!(version(&fake), 2);
    fake.pass(2);
    // Another place of the store, which has not heard of it.
    fake.push(&first);
    assert_eq!(version(&fake), 2);
}

#[test]
fn a_segment_that_is_damaged_or_not_there_yet_is_read_elsewhere() {
    let fake = Fake::with_bucket();
    let objects = published(&products(1), 0);
    fake.push(&objects);
    fake.fill_bucket(&objects);
    for key in objects.clone().without_heads().0.keys() {
        fake.kv_set(key, Bytes::from_static(b"CCat nonsense"));
    }
    assert_eq!(fake.ask(get(&detail(&product(7, 1)))).status(), 200);
    assert!(fake.log().iter().any(|line| line["event"] == "catalog.segment_damaged"), "{:?}", fake.log());
    // The bucket has none of it either: only the origin is left.
    let fake = Fake::with_bucket();
    fake.push(&Objects(objects.0.into_iter().filter(|(key, _)| key == HEAD_KEY || key == STOCK_HEAD_KEY).collect()));
    fake.origin(|request| Ok(catalog(request)));
    let answer = fake.ask(get("/v1/products"));
    assert_eq!((answer.status().as_u16(), header(&answer, "cache-status")), (200, "cloudcommerce; fwd=miss; stored"));
}

#[test]
fn an_answer_is_of_one_head_whatever_is_published_meanwhile() {
    let fake = Fake::with_bucket();
    let (first, second) = (published(&products(1), 0), published(&products(2), 10));
    fake.push(&first);
    names(&fake, "/v1/products?limit=40");
    fake.pass(10);
    // The head of the second state is there before its segments.
    fake.push(&Objects(
        second.0.iter().filter(|(key, _)| *key == HEAD_KEY).map(|(key, bytes)| (key.clone(), bytes.clone())).collect(),
    ));
    fake.fill_bucket(&second);
    let names = names(&fake, "/v1/products?limit=40");
    assert!(names.len() == 40 && names.iter().all(|name| name.ends_with("version 2")), "{names:?}");
}

#[test]
fn the_bucket_is_asked_by_one_request_at_a_time_and_behind_the_answer() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    fake.fill_bucket(&published(&products(2), 6));
    fake.pass(6);
    for _ in 0..3 {
        assert_eq!(json_of(&fake.ask(get(&detail(&product(7, 1)))))["version"], 1);
    }
    assert!(fake.sent_to("objects.test").is_empty(), "nobody waits");
    fake.run_behind();
    let heads = [HEAD_KEY, STOCK_HEAD_KEY].map(|key| format!("/shop/{key}"));
    let mut asked: Vec<String> =
        fake.sent_to("objects.test").iter().map(|request| request.uri().path().to_owned()).collect();
    asked.sort_unstable();
    assert_eq!(asked, heads);
    assert_eq!(json_of(&fake.ask(get(&detail(&product(7, 1)))))["version"], 2);
}

#[test]
fn what_is_older_than_promised_is_served_only_where_nobody_knows_better() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    let target = detail(&product(7, 1));
    fake.ask(get(&target));
    fake.pass(121);
    let stale = fake.ask(get(&target));
    assert_eq!(
        header(&stale, "cache-status"),
        "cloudcommerce; fwd=stale; fwd-status=502; ttl=-61; detail=stale-if-error"
    );
    assert_eq!(header(&stale, "age"), "121");
    let asked = fake.sent_to("origin.test").len();
    let behind_it = fake.ask(get(&target));
    assert_eq!(header(&behind_it, "cache-status"), "cloudcommerce; hit; ttl=-61; detail=stale");
    assert_eq!(fake.sent_to("origin.test").len(), asked, "one request at a time waits");
    fake.origin(|request| Ok(catalog(request)));
    let asked = fake.ask(get("/v1/products"));
    assert_eq!(header(&asked, "cache-status"), "cloudcommerce; fwd=miss; stored");
    fake.fill_bucket(&published(&products(2), 120));
    fake.pass(5);
    assert_eq!(json_of(&fake.ask(get(&target)))["version"], 2, "the bucket is asked before the answer");
}

#[test]
fn a_product_that_is_gone_is_a_404_and_a_known_answer_a_304() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1)[..30], 0));
    assert_eq!(refusal(&fake.ask(get(&detail(&product(35, 1))))), (404, "NOT_FOUND".to_owned()));
    let full = fake.ask(get("/v1/products"));
    let tagged =
        request("GET", "/v1/products").header("if-none-match", header(&full, "etag")).body(Bytes::new()).unwrap();
    assert_eq!(fake.ask(tagged).status(), 304);
}

#[test]
fn where_nothing_is_published_yet_the_origin_answers() {
    let fake = Fake::with_bucket();
    fake.origin(|request| Ok(catalog(request)));
    assert_eq!(header(&fake.ask(get("/v1/products")), "cache-status"), "cloudcommerce; fwd=miss; stored");
    fake.kv_hangs();
    fake.pass(10);
    assert_eq!(fake.ask(get("/v1/products")).status(), 200);
}

#[test]
fn an_administrator_reads_what_the_origin_has_at_this_moment() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    fake.origin(|request| Ok(catalog(request)));
    let with = |token: &str, tag: &str| {
        let request = request("GET", "/v1/products").header("authorization", format!("Bearer {token}"));
        fake.ask(request.header("if-none-match", tag).body(Bytes::new()).unwrap())
    };
    let own = with(&admin(), "\"none\"");
    assert_eq!((own.status().as_u16(), header(&own, "cache-status")), (200, "cloudcommerce; fwd=bypass"));
    assert_eq!(header(&own, "cache-control"), "private, no-store");
    assert_eq!(fake.sent_to("origin.test").len(), 1);
    assert!(fake.kv_keys().iter().all(|key| !key.starts_with("catalog/products")), "{:?}", fake.kv_keys());
    assert_eq!(with(&admin(), header(&own, "etag")).status(), 304);
    for other in [shopper("somebody"), format!("{}x", admin())] {
        assert!(header(&with(&other, "\"none\""), "cache-status").contains("; hit; "), "{other}");
    }
    fake.origin_is_down();
    assert_eq!(refusal(&with(&admin(), "\"none\"")), (502, "ORIGIN_UNREACHABLE".to_owned()), "nothing older will do");
}

#[test]
fn what_is_published_is_stale_after_its_minute_and_newer_than_an_older_answer_of_the_origin() {
    let fake = Fake::with_bucket();
    fake.origin(|request| Ok(catalog(request)));
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("fwd=miss"), "nothing is published yet");
    fake.pass(30);
    fake.push(&published(&products(1), 30));
    fake.origin_is_down();
    names(&fake, "/v1/products");
    fake.pass(61);
    assert_eq!(header(&fake.ask(get("/v1/products")), "cache-status"), "cloudcommerce; hit; ttl=-1; detail=stale");
    fake.pass(60);
    let late = fake.ask(get("/v1/products"));
    assert_eq!(header(&late, "cache-status"), "cloudcommerce; hit; ttl=-61; detail=stale");
    assert_eq!(header(&late, "age"), "121", "not the 151 seconds of what the origin said");
}

#[test]
fn an_answer_that_was_put_together_holds_until_something_else_is_published() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    let first = fake.ask(get("/v1/products?limit=3"));
    fake.pass(10);
    fake.push(&published(&products(1), 10));
    let same = fake.ask(get("/v1/products?limit=3"));
    assert_eq!((header(&same, "etag"), same.body()), (header(&first, "etag"), first.body()));
    assert_eq!(header(&same, "age"), "0", "it is as young as the head");
    fake.pass(10);
    fake.push(&published(&products(2), 20));
    assert_ne!(header(&fake.ask(get("/v1/products?limit=3")), "etag"), header(&first, "etag"));
}

#[test]
fn an_instance_for_each_request_reads_three_keys() {
    let fake = Fake::with_bucket();
    fake.set("catalog_store_answers", "true");
    fake.push(&published(&products(1), 0));
    let mut first = Vec::new();
    for target in ["/v1/products?limit=3", "/v1/categories", &detail(&product(7, 1))] {
        first.push((target.to_owned(), fake.ask(get(target))));
    }
    names(&fake, "/v1/products?page=77");
    fake.run_behind();
    let stored = fake.kv_keys().iter().filter(|key| key.starts_with("catalog/answers/")).count();
    assert_eq!(stored, 3, "a page without a product is not worth it");
    let mut fake = fake;
    for (target, before) in &first {
        fake = fake.restarted();
        let calls = fake.calls().1;
        let answer = fake.ask(get(target));
        assert_eq!(fake.calls().1, calls + 3, "both heads and the answer");
        for name in ["etag", "cache-status", "cache-control", "age"] {
            assert_eq!(header(&answer, name), header(before, name), "{name} of {target}");
        }
        assert_eq!(answer.body(), before.body());
    }
    fake.push(&published(&products(2), 1));
    let fake = fake.restarted();
    assert!(names(&fake, "/v1/products?limit=3").iter().all(|name| name.ends_with("version 2")), "of another state");
}

#[test]
fn a_shoppers_token_is_not_verified_to_read_the_catalog() {
    let fake = Fake::with_bucket();
    fake.push(&published(&products(1), 0));
    for token in [shopper("somebody").as_str(), "not.a.token"] {
        let request = request("GET", "/v1/products").header("authorization", format!("Bearer {token}"));
        assert_eq!(fake.ask(request.body(Bytes::new()).unwrap()).status(), 200);
    }
    assert_eq!(fetches(&fake), 0);
}
