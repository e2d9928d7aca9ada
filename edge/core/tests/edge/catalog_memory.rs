//! What a read of the catalog costs, and what it must not cost: calls of the host, of the store and of the origin.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::json;

use crate::{
    fake::{Fake, answer},
    shop::{self, PRODUCT, get, header, json_of, refusal},
};

fn cache_status(fake: &Fake, target: &str) -> String {
    header(&fake.ask(get(target)), "cache-status").to_owned()
}

#[test]
fn a_read_from_memory_asks_the_clock_twice_and_the_store_never() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    let before = fake.calls();
    assert!(cache_status(&fake, "/v1/products").contains("; hit;"));
    let after = fake.calls();
    assert_eq!((after.0 - before.0, after.1 - before.1), (2, 0));
}

#[test]
fn the_stale_read_that_refreshes_waits_for_no_more_than_any_other() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.pass(70);
    let before = fake.calls();
    assert!(cache_status(&fake, "/v1/products").contains("detail=stale"));
    assert_eq!(fake.calls().1 - before.1, 1, "the entry is read, and the claim is left for behind the answer");
    fake.run_behind();
    assert_eq!(fake.sent_to("origin.test").len(), 2);
}

#[test]
fn of_many_stale_reads_of_an_instance_one_asks_the_store_for_the_claim() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.pass(70);
    for _ in 0..3 {
        assert!(cache_status(&fake, "/v1/products").contains("detail=stale"));
    }
    let before = fake.calls();
    fake.run_behind();
    assert_eq!(fake.calls().1 - before.1, 3, "the claim is looked for and made, and the entry is stored");
}

#[test]
fn a_store_that_hangs_costs_a_line_of_the_log_and_not_the_answer() {
    let fake = shop::open();
    fake.kv_hangs();
    let begun = fake.millis();
    let read = fake.ask(get("/v1/products"));
    assert_eq!((read.status().as_u16(), header(&read, "cache-status")), (200, "cloudcommerce; fwd=miss"));
    assert_eq!(fake.millis() - begun, 300);
    let warnings: Vec<_> =
        fake.log().iter().filter(|line| line["level"] == "warn").map(|line| line["event"].clone()).collect();
    assert_eq!(warnings, ["catalog.not_read"]);
    let token = crate::tokens::shopper("user_1");
    assert_eq!(
        fake.ask(shop::send(&token, "GET", "/v1/cart", &serde_json::Value::Null)).status(),
        200,
        "nor a sign-in"
    );
}

#[test]
fn a_page_beyond_the_end_is_remembered_for_a_moment_and_takes_no_room() {
    let fake = shop::open();
    assert_eq!(cache_status(&fake, "/v1/products?page=9"), "cloudcommerce; fwd=miss");
    for _ in 0..3 {
        assert_eq!(cache_status(&fake, "/v1/products?page=9"), "cloudcommerce; hit; ttl=60");
    }
    assert_eq!(fake.sent_to("origin.test").len(), 1, "whoever counts pages up does not reach the origin each time");
    fake.pass(5);
    assert_eq!(cache_status(&fake, "/v1/products?page=9"), "cloudcommerce; fwd=miss");
    assert!(fake.kv_keys().is_empty());
}

#[test]
fn only_what_was_asked_for_is_kept_as_the_catalog() {
    type Answering = fn() -> Response<Bytes>;
    let product = format!("/v1/products/{PRODUCT}");
    let html =
        || Response::builder().header("content-type", "text/html").body(Bytes::from_static(b"{\"data\":[]}")).unwrap();
    let untyped = || Response::new(Bytes::from_static(b"{\"data\":[]}"));
    let half =
        || Response::builder().header("content-type", "application/json").body(Bytes::from_static(b"{\"da")).unwrap();
    let other = || answer(200, &json!({"message": "welcome"}));
    let empty = || Response::new(Bytes::new());
    let cases: [(&str, Answering); 5] =
        [("html", html), ("untyped", untyped), ("half", half), ("another body", other), ("none", empty)];
    for (what, wrong) in cases {
        for target in ["/v1/products", "/v1/categories", product.as_str()] {
            let fake = shop::open();
            let good = fake.ask(get(target));
            fake.origin(move |_| Ok(wrong()));
            fake.pass(1_000);
            let stale = fake.ask(get(target));
            assert_eq!(stale.body(), good.body(), "{what} {target}");
            assert!(
                header(&stale, "cache-status").ends_with("fwd-status=200; ttl=-940; detail=stale-if-error"),
                "{what}"
            );
            fake.pass(3_000);
            let refused = fake.ask(get(target));
            assert!([502, 503].contains(&refusal(&refused).0), "{what} {target}");
        }
    }
}

#[test]
fn an_answer_that_is_too_long_to_be_read_whole_is_no_answer() {
    let fake = shop::open();
    fake.origin(|_| {
        let mut long = answer(200, &json!({"data": []}));
        *long.body_mut() = Bytes::from(vec![b' '; edge_core::RESPONSE_READ_LIMIT]);
        Ok(long)
    });
    assert_eq!(refusal(&fake.ask(get("/v1/products"))), (502, "ORIGIN_UNREACHABLE".to_owned()));
    let order = shop::send(&crate::tokens::shopper("user_1"), "POST", "/v1/orders", &json!({}));
    assert_eq!(fake.ask(order).status(), StatusCode::BAD_GATEWAY);
}

#[test]
fn a_list_by_its_default_order_is_the_list_without_one() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    let sorted = fake.ask(get("/v1/products?sort=newest"));
    assert!(header(&sorted, "cache-status").contains("; hit;"));
    assert_eq!(json_of(&sorted)["pagination"]["page"], 1);
}
