//! Reading the catalog through the cache.

use bytes::Bytes;
use serde_json::json;

use crate::{
    fake::{answer, problem},
    shop::{self, PRODUCT, UNKNOWN, get, header, json_of, refusal, request},
};

#[test]
fn the_first_read_misses_and_is_stored_and_the_second_hits() {
    let fake = shop::open();
    for target in ["/v1/products", "/v1/categories", &format!("/v1/products/{PRODUCT}")] {
        let first = fake.ask(get(target));
        assert_eq!(first.status(), 200);
        assert_eq!(header(&first, "cache-status"), "cloudcommerce; fwd=miss; stored", "{target}");
        let asked = fake.sent_to("origin.test").len();
        fake.pass(10);
        let second = fake.ask(get(target));
        assert_eq!(header(&second, "cache-status"), "cloudcommerce; hit; ttl=50", "{target}");
        assert_eq!(header(&second, "age"), "10");
        assert_eq!(second.body(), first.body());
        assert_eq!(header(&second, "etag"), header(&first, "etag"));
        let expected = "public, max-age=60, stale-while-revalidate=300, stale-if-error=3600";
        assert_eq!(header(&second, "cache-control"), expected);
        assert_eq!(fake.sent_to("origin.test").len(), asked, "the origin is not asked again");
    }
}

#[test]
fn another_instance_finds_what_the_first_one_stored() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    let fake = fake.restarted();
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("; hit;"));
}

#[test]
fn a_client_that_has_the_answer_gets_304_with_the_same_headers() {
    let fake = shop::open();
    let full = fake.ask(get("/v1/products"));
    let tag = header(&full, "etag").to_owned();
    assert!(tag.starts_with('"'), "a strong tag");
    for value in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let asked = request("GET", "/v1/products").header("if-none-match", &value).body(Bytes::new()).unwrap();
        let answer = fake.ask(asked);
        assert_eq!(answer.status(), 304, "{value}");
        assert!(answer.body().is_empty());
        for name in ["cache-control", "etag", "vary", "date"] {
            assert_eq!(header(&answer, name), header(&full, name), "{name}");
        }
        assert!(header(&answer, "cache-status").contains("; hit;") && !header(&answer, "age").is_empty());
    }
    let other = request("GET", "/v1/products").header("if-none-match", "\"other\"").body(Bytes::new()).unwrap();
    assert_eq!(fake.ask(other).status(), 200);
    let other_page = request("GET", "/v1/products?limit=5").header("if-none-match", &tag).body(Bytes::new()).unwrap();
    assert_eq!(fake.ask(other_page).status(), 200, "another list has another tag, though its body is the same");
}

#[test]
fn a_stale_entry_is_served_and_refreshed_once_behind_the_answer() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.origin(|_| Ok(answer(200, &json!({"data": [{"new": true}], "pagination": {}}))));
    fake.pass(70);
    for _ in 0..3 {
        let stale = fake.ask(get("/v1/products"));
        assert_eq!(header(&stale, "cache-status"), "cloudcommerce; hit; ttl=-10; detail=stale");
        assert_eq!(header(&stale, "age"), "70");
    }
    assert_eq!(fake.sent_to("origin.test").len(), 1, "nobody waited for the origin");
    fake.run_behind();
    assert_eq!(fake.sent_to("origin.test").len(), 2, "one of three refreshed");
    let fresh = fake.ask(get("/v1/products"));
    assert_eq!(header(&fresh, "cache-status"), "cloudcommerce; hit; ttl=60");
    assert_eq!(json_of(&fresh)["data"][0]["new"], true);
}

#[test]
fn only_one_of_two_instances_refreshes() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.pass(70);
    fake.ask(get("/v1/products"));
    fake.run_behind();
    fake.origin_is_down();
    fake.pass(62);
    fake.ask(get("/v1/products"));
    fake.run_behind();
    let asked = fake.sent_to("origin.test").len();
    let fake = fake.restarted();
    fake.ask(get("/v1/products"));
    fake.run_behind();
    assert_eq!(fake.sent_to("origin.test").len(), asked, "the claim in the store holds the other one back");
}

#[test]
fn under_load_the_store_is_asked_once_a_second() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.forget_kv();
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("; hit; ttl=60"), "the instance remembers");
    fake.pass(1);
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("; fwd=miss"), "for a second only");
    let fake = shop::open();
    fake.set("catalog_memory_millis", "0");
    fake.ask(get("/v1/products"));
    fake.forget_kv();
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("; fwd=miss"));
}

#[test]
fn only_known_parameters_reach_the_key_and_the_origin() {
    let fake = shop::open();
    fake.ask(get("/v1/products?sort=price_asc&utm_source=mail&category=electronics&page=1&limit=20"));
    let sent = fake.sent_to("origin.test");
    assert_eq!(sent[0].uri().path_and_query().unwrap(), "/v1/products?category=electronics&sort=price_asc");
    let second = fake.ask(get("/v1/products?category=electronics&sort=price%5Fasc"));
    assert!(header(&second, "cache-status").contains("; hit;"));
    assert_eq!(fake.kv_keys(), ["catalog/1/products?category=electronics&sort=price_asc"]);
}

#[test]
fn a_query_that_no_list_has_is_refused_before_any_call() {
    let fake = shop::open();
    for (query, field) in [
        ("page=0", "page"),
        ("limit=101", "limit"),
        ("limit=1&limit=1", "limit"),
        ("category=Not%20A%20Slug", "category"),
        ("sort=cheapest", "sort"),
        ("page=%ff", "query"),
    ] {
        let answer = fake.ask(get(&format!("/v1/products?{query}")));
        assert_eq!(refusal(&answer), (400, "VALIDATION_ERROR".to_owned()), "{query}");
        assert_eq!(json_of(&answer)["error"]["details"][0]["field"], field, "{query}");
    }
    assert!(fake.sent_to("origin.test").is_empty() && fake.kv_keys().is_empty());
}

#[test]
fn an_unknown_product_is_404_remembered_for_a_moment_and_never_stored() {
    let fake = shop::open();
    let target = format!("/v1/products/{UNKNOWN}");
    for _ in 0..3 {
        let answer = fake.ask(get(&target));
        assert_eq!(refusal(&answer), (404, "NOT_FOUND".to_owned()));
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
    assert_eq!(fake.sent_to("origin.test").len(), 1);
    assert!(fake.kv_keys().is_empty());
    fake.pass(5);
    fake.ask(get(&target));
    assert_eq!(fake.sent_to("origin.test").len(), 2, "it may have been added meanwhile");
}

#[test]
fn a_page_beyond_the_end_takes_no_room() {
    let fake = shop::open();
    let beyond = fake.ask(get("/v1/products?page=9"));
    assert_eq!((beyond.status().as_u16(), header(&beyond, "cache-status")), (200, "cloudcommerce; fwd=miss"));
    assert!(fake.kv_keys().is_empty());
}

#[test]
fn a_product_that_is_gone_leaves_the_cache() {
    let fake = shop::open();
    let target = format!("/v1/products/{PRODUCT}");
    fake.ask(get(&target));
    fake.origin(|_| Ok(problem(404, "NOT_FOUND")));
    fake.pass(70);
    assert_eq!(fake.ask(get(&target)).status(), 200, "stale once more");
    fake.run_behind();
    assert_eq!(fake.ask(get(&target)).status(), 404);
}

#[test]
fn the_origin_is_asked_with_a_signature_and_without_the_clients_headers() {
    let fake = shop::open();
    let asked = request("GET", "/v1/products").header("authorization", "Bearer x").header("cookie", "a=b");
    fake.ask(asked.body(Bytes::new()).unwrap());
    let sent = &fake.sent_to("origin.test")[0];
    let signature = sent.headers()["authorization"].to_str().unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-west-1/lambda/aws4_request") && signature.contains("x-request-id"), "{signature}");
    assert!(!sent.headers().contains_key("cookie") && !sent.headers().contains_key("x-cc-principal"));
}
