//! What is published is read without an origin, and seen as soon as it is promised.

use std::time::Duration;

use e2e::{Answer, Call, EdgeKind, Shop, edge::Edge};
use http::Method;
use serde_json::json;

/// Three times what is promised where edges pull, for slow machines: the tests of the edge's core own the clock and are exact.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the answer is as wanted.
pub(crate) async fn wait_for(shop: &Shop, edge: &Edge, path: &str, wanted: impl Fn(&Answer) -> bool) {
    let asked = tokio::time::timeout(PATIENCE, async {
        while !wanted(&Call::get(path).send(&shop.client, &edge.url).await) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    asked.await.unwrap_or_else(|_| panic!("{:?}: {path} is not seen as it should be", edge.kind));
}

pub(crate) fn is_hit(answer: &Answer) -> bool {
    answer.header("cache-status").starts_with("cloudcommerce; hit; ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_is_read_on_while_the_origin_is_stopped() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let products = shop.stack_products().await;
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
    }
    shop.stack.stop_origin().await;
    for edge in &shop.edges {
        // None of it has been read before.
        for product in products.iter().take(20) {
            let path = format!("/v1/products/{}", product["id"].as_str().unwrap_or_default());
            let read = Call::get(path).send(&shop.client, &edge.url).await.expect(200);
            assert!(is_hit(&read) && read.json()["name"] == product["name"], "{}", read.text());
        }
        let page = Call::get("/v1/products?limit=100&sort=name").send(&shop.client, &edge.url).await.expect(200).json();
        assert_eq!(page["pagination"]["total"], 100);
        let names: Vec<&str> = page["data"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
        assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_seen_at_once_by_who_made_it_and_soon_by_shoppers() {
    let shop = Shop::start_with(&EdgeKind::ALL, &[]).await;
    let admin = shop.token("admin", &["admin"], 3600);
    for edge in &shop.edges {
        wait_for(&shop, edge, "/v1/categories", is_hit).await;
        let send = |call: Call| call.token(&admin).send(&shop.client, &edge.url);
        let new = json!({"name": "Lamp", "price": 5.00, "categoryId": "cat_electronics", "stock": 7});
        let made = send(Call::post("/v1/products", &new)).await.expect(201).json();
        let path = format!("/v1/products/{}", made["id"].as_str().unwrap());
        for name in ["Lamp", "Brighter lamp"] {
            if name != "Lamp" {
                let _ = send(Call::new(Method::PUT, &path).json(&json!({"name": name}))).await.expect(200);
            }
            let own = send(Call::get(&path)).await.expect(200);
            assert_eq!((own.header("cache-status"), &own.json()["name"]), ("cloudcommerce; fwd=bypass", &json!(name)));
            wait_for(&shop, edge, &path, |answer| {
                answer.status == 200 && answer.json()["name"] == name && is_hit(answer)
            })
            .await;
        }
        let _ = send(Call::new(Method::DELETE, &path)).await.expect(204);
        assert_eq!(send(Call::get(&path)).await.status, 404);
        wait_for(&shop, edge, &path, |answer| answer.status == 404).await;
    }
}
