//! What the cache promises, on both runtimes: stored, hit, served without an origin, stale and said so.

use e2e::{Answer, Call, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_stored_hit_served_without_an_origin_and_marked_when_stale() {
    let shop = Shop::start_with(&e2e::EdgeKind::ALL, &[("catalog_fresh_seconds", "2")]).await;
    let product = shop.stack_products().await.remove(0)["id"].as_str().unwrap().to_owned();
    let call = || Call::get(format!("/v1/products/{product}"));
    let status = |answer: &Answer| answer.header("cache-status").to_owned();

    let mut bodies = Vec::new();
    for edge in &shop.edges {
        let first = call().send(&shop.client, &edge.url).await.expect(200);
        assert!(status(&first).contains("fwd=uri-miss") || status(&first).contains("fwd=miss"), "{}", status(&first));
        assert!(status(&first).contains("stored"), "{}", status(&first));
        assert!(!edge.kv_keys(&shop.client).await.is_empty(), "the read is in the key-value store");
        let second = call().send(&shop.client, &edge.url).await.expect(200);
        assert!(status(&second).contains("; hit"), "{}", status(&second));
        assert_eq!(first.body, second.body);
        bodies.push(first.body);
    }
    shop.stack.stop_origin().await;
    for (edge, body) in shop.edges.iter().zip(&bodies) {
        let third = call().send(&shop.client, &edge.url).await.expect(200);
        assert_eq!(&third.body, body, "the origin is not needed");
    }
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    for (edge, body) in shop.edges.iter().zip(&bodies) {
        let stale = call().send(&shop.client, &edge.url).await.expect(200);
        assert_eq!(&stale.body, body);
        assert!(status(&stale).contains("ttl=-"), "{}", status(&stale));
        let miss = Call::get("/v1/products?page=9").send(&shop.client, &edge.url).await;
        assert!([502, 503].contains(&miss.status.as_u16()), "{}", miss.status);
        assert!(!miss.header("retry-after").is_empty());
    }
}
