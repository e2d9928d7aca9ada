//! What the cache promises, on both runtimes: stored, hit, refreshed behind the answer, served without an origin, stale and said so.
//!
//! Time is not waited for: entries are made older where they lie. So the instances must not answer from their own memory.

use std::time::Duration;

use e2e::{Answer, Call, EdgeKind, Shop, edge::Edge};
use serde_json::Value;

/// How long a refresh behind an answer may take.
const REFRESH: Duration = Duration::from_secs(5);
const MINUTE: i64 = 60;

const CATEGORIES: &str = "/v1/categories";

struct Scene {
    shop: Shop,
    product: String,
}

impl Scene {
    async fn set() -> Self {
        // Without a bucket: what is published is not read from the origin.
        let variables = [("catalog_memory_millis", "0"), ("catalog_bucket", "")];
        let shop = Shop::start_with(&EdgeKind::ALL, &variables).await;
        let product = shop.stack_products().await.remove(0)["id"].as_str().unwrap().to_owned();
        Self { shop, product: format!("/v1/products/{product}") }
    }

    async fn read(&self, edge: &Edge, path: &str) -> Answer {
        Call::get(path).send(&self.shop.client, &edge.url).await.expect(200)
    }

    /// The key under which the path's entry lies.
    async fn key(&self, edge: &Edge, path: &str) -> String {
        let keys = edge.kv_keys(&self.shop.client).await;
        let end = path.trim_start_matches("/v1");
        let mut entries = keys.into_iter().filter(|key| key.ends_with(end) && !key.starts_with("claim/"));
        entries.next().expect("the read is in the key-value store")
    }

    /// Makes the entry so many seconds older.
    async fn age(&self, edge: &Edge, path: &str, seconds: i64) {
        let key = self.key(edge, path).await;
        let entry = edge.kv_get(&self.shop.client, &key).await.unwrap();
        let end = entry.iter().position(|byte| *byte == b'\n').unwrap();
        let mut header: Value = serde_json::from_slice(&entry[..end]).unwrap();
        for time in ["stored_at", "fresh_until", "stale_until"] {
            header[time] = (header[time].as_i64().unwrap() - seconds * 1000).into();
        }
        let aged = [header.to_string().as_bytes(), &entry[end..]].concat();
        edge.kv_put(&self.shop.client, &key, aged).await;
    }
}

fn status(answer: &Answer) -> &str {
    answer.header("cache-status")
}

/// For how many seconds more the answer was fresh.
fn ttl(answer: &Answer) -> i64 {
    let (_, ttl) = status(answer).split_once("ttl=").unwrap_or_else(|| panic!("{}", status(answer)));
    ttl.split(';').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_stored_and_hit() {
    let scene = Scene::set().await;
    for edge in &scene.shop.edges {
        let first = scene.read(edge, &scene.product).await;
        assert_eq!(status(&first), "cloudcommerce; fwd=miss; stored");
        let second = scene.read(edge, &scene.product).await;
        assert!(status(&second).starts_with("cloudcommerce; hit; ttl=") && ttl(&second) > 0, "{}", status(&second));
        assert_eq!((&first.body, first.header("etag")), (&second.body, second.header("etag")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_entry_is_served_once_and_refreshed_behind_the_answer() {
    let scene = Scene::set().await;
    for edge in &scene.shop.edges {
        scene.read(edge, &scene.product).await;
        scene.age(edge, &scene.product, 2 * MINUTE).await;
        let stale = scene.read(edge, &scene.product).await;
        assert!(status(&stale).ends_with("; detail=stale") && ttl(&stale) < 0, "{}", status(&stale));
        let fresh = tokio::time::timeout(REFRESH, async {
            loop {
                let answer = scene.read(edge, &scene.product).await;
                assert!(status(&answer).starts_with("cloudcommerce; hit; "), "{}", status(&answer));
                if ttl(&answer) > 0 {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let fresh = fresh.await.unwrap_or_else(|_| panic!("{:?}: nothing was refreshed", edge.kind));
        assert_eq!((status(&fresh).contains("stale"), &fresh.body), (false, &stale.body));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_too_old_or_damaged_is_fetched_anew() {
    let scene = Scene::set().await;
    for edge in &scene.shop.edges {
        let first = scene.read(edge, &scene.product).await;
        scene.age(edge, &scene.product, 2 * 24 * 60 * MINUTE).await;
        let refetched = scene.read(edge, &scene.product).await;
        assert_eq!(status(&refetched), "cloudcommerce; fwd=stale; fwd-status=200; stored");
        for damage in [b"{}".as_slice(), b"", b"\xff\xfe\n{}", b"{\"version\":99}\n{\"price\":0.01}"] {
            edge.kv_put(&scene.shop.client, &scene.key(edge, &scene.product).await, damage.to_vec()).await;
            let answer = scene.read(edge, &scene.product).await;
            assert_eq!((status(&answer), &answer.body), ("cloudcommerce; fwd=miss; stored", &first.body));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_origin_what_is_stored_is_served_and_says_so_when_it_is_stale() {
    let scene = Scene::set().await;
    let mut bodies = Vec::new();
    for edge in &scene.shop.edges {
        bodies.push((scene.read(edge, &scene.product).await.body, scene.read(edge, CATEGORIES).await.body));
    }
    scene.shop.stack.stop_origin().await;
    for (edge, (product, categories)) in scene.shop.edges.iter().zip(&bodies) {
        let hit = scene.read(edge, &scene.product).await;
        assert!(ttl(&hit) > 0 && &hit.body == product, "the origin is not needed");
        scene.age(edge, &scene.product, 2 * MINUTE).await;
        let stale = scene.read(edge, &scene.product).await;
        assert!(status(&stale).starts_with("cloudcommerce; hit; ") && status(&stale).ends_with("; detail=stale"));
        assert_eq!(&stale.body, product);
        // What is much older is not served before the origin was asked.
        scene.age(edge, CATEGORIES, 60 * MINUTE).await;
        let older = scene.read(edge, CATEGORIES).await;
        assert!(status(&older).starts_with("cloudcommerce; fwd=stale; "), "{}", status(&older));
        assert!(status(&older).ends_with("; detail=stale-if-error"), "{}", status(&older));
        assert_eq!(&older.body, categories);
        let unread = Call::get("/v1/products?page=9").send(&scene.shop.client, &edge.url).await.expect(502);
        assert_eq!(unread.json()["error"]["code"], "ORIGIN_UNREACHABLE", "nobody listens there");
        assert_eq!(unread.header("retry-after"), "5");
    }
}
