//! Reading the catalog while something is down.

use commerce_aws::TransportError;
use http::Response;

use crate::{
    fake::{answer, problem},
    shop::{self, get, header, refusal},
};

#[test]
fn a_fresh_entry_needs_no_origin() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.origin_is_down();
    fake.pass(59);
    assert_eq!(header(&fake.ask(get("/v1/products")), "cache-status"), "cloudcommerce; hit; ttl=1");
}

#[test]
fn a_long_stale_entry_waits_for_the_origin_and_falls_back_on_the_cache() {
    let fake = shop::open();
    let before = fake.ask(get("/v1/products"));
    fake.pass(1_000);
    let refreshed = fake.ask(get("/v1/products"));
    assert_eq!(header(&refreshed, "cache-status"), "cloudcommerce; fwd=stale; fwd-status=200; stored");

    fake.origin_is_down();
    fake.pass(1_000);
    let stale = fake.ask(get("/v1/products"));
    assert_eq!(stale.body(), before.body());
    assert_eq!(header(&stale, "cache-status"), "cloudcommerce; fwd=stale; ttl=-940; detail=stale-if-error");
    let next = fake.ask(get("/v1/products"));
    assert_eq!(header(&next, "cache-status"), "cloudcommerce; hit; ttl=-940; detail=stale", "not everybody waits");

    fake.origin(|_| Ok(problem(503, "UNAVAILABLE")));
    fake.pass(10);
    let stale = fake.ask(get("/v1/products"));
    let expected = "cloudcommerce; fwd=stale; fwd-status=503; ttl=-950; detail=stale-if-error";
    assert_eq!(header(&stale, "cache-status"), expected);
}

#[test]
fn a_hanging_origin_holds_up_a_long_stale_read_for_a_second_only() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.pass(1_000);
    fake.origin(|_| Err(TransportError::TimedOut));
    let stale = fake.ask(get("/v1/products"));
    assert!(header(&stale, "cache-status").ends_with("detail=stale-if-error"));
    assert_eq!(header(&stale, "age"), "1001");
}

#[test]
fn an_entry_that_is_too_old_is_not_served() {
    let fake = shop::open();
    fake.ask(get("/v1/products"));
    fake.pass(3_661);
    fake.origin_is_down();
    let refused = fake.ask(get("/v1/products"));
    assert_eq!(refusal(&refused), (502, "ORIGIN_UNREACHABLE".to_owned()));
    assert_eq!(header(&refused, "retry-after"), "5");
    fake.origin(|request| Ok(shop::catalog(request)));
    let back = fake.ask(get("/v1/products"));
    assert_eq!(header(&back, "cache-status"), "cloudcommerce; fwd=stale; fwd-status=200; stored");
}

#[test]
fn with_nothing_cached_an_origin_that_fails_is_a_502_or_503_with_retry_after() {
    type Failing = fn() -> Result<Response<bytes::Bytes>, TransportError>;
    let html_answer: Failing =
        || Ok(Response::builder().status(502).header("content-type", "text/html").body("<h1>".into()).unwrap());
    let cases: [(Failing, u16); 5] = [
        (|| Err(TransportError::Connection("refused".to_owned())), 502),
        (|| Err(TransportError::Refused("not allowed".to_owned())), 502),
        (|| Err(TransportError::TimedOut), 503),
        (|| Ok(problem(500, "INTERNAL_ERROR")), 503),
        (html_answer, 502),
    ];
    for (failing, status) in cases {
        let fake = shop::open();
        fake.origin(move |_| failing());
        let refused = fake.ask(get("/v1/products"));
        assert_eq!(refusal(&refused).0, status);
        assert_eq!(header(&refused, "retry-after"), "5");
        assert!(!String::from_utf8_lossy(refused.body()).contains("<h1>"));
        assert!(fake.kv_keys().is_empty(), "a failure is not cached");
    }
}

#[test]
fn a_store_that_is_down_costs_time_and_not_the_answer() {
    let fake = shop::open();
    fake.kv_is_down();
    let read = fake.ask(get("/v1/products"));
    assert_eq!((read.status().as_u16(), header(&read, "cache-status")), (200, "cloudcommerce; fwd=miss"));
    let warnings: Vec<_> = fake.log().into_iter().filter(|line| line["level"] == "warn").collect();
    assert_eq!(warnings.len(), 1, "and is not written to either: {warnings:?}");
    assert_eq!(warnings[0]["event"], "catalog.not_read");
}

#[test]
fn what_is_not_the_shop_in_the_store_counts_as_absent() {
    let fake = shop::open();
    futures_executor::block_on(async {
        use edge_core::KvStore;
        let keep = std::time::Duration::from_mins(1);
        fake.put("catalog/1/products", bytes::Bytes::from_static(b"rubbish"), keep).await.unwrap();
    });
    assert!(header(&fake.ask(get("/v1/products")), "cache-status").contains("fwd=miss"));
}

#[test]
fn a_refusal_of_the_origin_is_passed_on_and_not_kept() {
    let fake = shop::open();
    fake.origin(|_| Ok(problem(400, "VALIDATION_ERROR")));
    assert_eq!(refusal(&fake.ask(get("/v1/products"))), (400, "VALIDATION_ERROR".to_owned()));
    fake.origin(|_| Ok(answer(200, &serde_json::json!({"data": [1]}))));
    assert_eq!(fake.ask(get("/v1/products")).status(), 200);
}
