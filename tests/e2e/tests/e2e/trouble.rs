//! What goes wrong around an edge is a problem body that says when to try again, on both runtimes, and nothing is half written.

use std::collections::BTreeMap;

use e2e::{Answer, Call, EdgeKind, Shop, edge::Edge, shop::order_call};
use serde_json::{Value, json};
use test_support::{DynamoSwitches, free_port};

/// A problem body with that code, and when to try again.
fn assert_problem(answer: &Answer, status: u16, code: &str, retry_after: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), body["error"]["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("retry-after"), retry_after, "{body}");
    body
}

struct Scene {
    shop: Shop,
    product: String,
}

impl Scene {
    async fn set(kinds: &[EdgeKind]) -> Self {
        let shop = Shop::start_with(kinds, &[]).await;
        let product = shop.plain_product().await["id"].as_str().unwrap().to_owned();
        Self { shop, product }
    }

    /// Both edges with some of their variables set differently.
    async fn edges_with(&self, settings: &[(&str, &str)]) -> Vec<Edge> {
        let changed = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: BTreeMap<String, String> =
            self.shop.stack.edge_variables().clone().into_iter().chain(changed).collect();
        let mut edges = Vec::new();
        for kind in EdgeKind::ALL {
            edges.push(Edge::start(kind, &variables, self.shop.folder()).await);
        }
        edges
    }

    async fn send(&self, edge: &Edge, call: Call) -> Answer {
        call.send(&self.shop.client, &edge.url).await
    }

    fn add(&self, token: &str) -> Call {
        Call::post("/v1/cart/items", &json!({"productId": self.product, "quantity": 1})).token(token)
    }

    /// How many checkouts there are, how many orders, and how many pieces are held.
    async fn written(&self) -> (i64, i64, Value) {
        let client = self.shop.stack.database().client().await.unwrap();
        let counts = "select (select count(*) from checkouts), (select count(*) from orders)";
        let row = client.query_one(counts, &[]).await.unwrap();
        let admin = self.shop.token("trouble-admin", &["admin"], 3600);
        let stock = Call::get(format!("/v1/inventory/{}", self.product)).token(&admin);
        let stock = stock.send(&self.shop.client, &self.shop.edges[0].url).await.expect(200).json();
        (row.get(0), row.get(1), stock["reserved"].clone())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_dynamodb_is_a_503_and_the_cart_is_as_it_was() {
    let scene = Scene::set(&EdgeKind::ALL).await;
    let faults = scene.shop.stack.dynamo_faults().unwrap();
    for edge in &scene.shop.edges {
        let token = scene.shop.token(&format!("throttled-{:?}", edge.kind), &[], 3600);
        let before = scene.send(edge, scene.add(&token)).await.expect(200).json()["cart"].clone();
        faults.set(DynamoSwitches { throttle: u32::MAX, ..DynamoSwitches::strict() });
        for call in [scene.add(&token), Call::get("/v1/cart").token(&token)] {
            assert_problem(&scene.send(edge, call).await, 503, "UNAVAILABLE", "1");
        }
        let order = scene.send(edge, order_call().token(&token)).await;
        assert_eq!((order.status.as_u16(), order.header("retry-after").is_empty()), (503, false), "{}", order.text());
        faults.set(DynamoSwitches::strict());
        assert_eq!(scene.send(edge, Call::get("/v1/cart").token(&token)).await.expect(200).json(), before);
    }
    assert_eq!(scene.written().await, (0, 0, json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_dynamodb_takes_the_cart_away_and_leaves_the_catalog() {
    let scene = Scene::set(&[]).await;
    let dead = format!("http://127.0.0.1:{}", free_port().unwrap());
    for edge in scene.edges_with(&[("dynamodb_endpoint", &dead)]).await {
        let token = scene.shop.token("dead", &[], 3600);
        for call in [scene.add(&token).header("idempotency-key", "k"), Call::get("/v1/cart").token(&token)] {
            assert_problem(&scene.send(&edge, call).await, 503, "UNAVAILABLE", "1");
        }
        // Nobody can tell a store that is gone from one whose answer was lost: without a key, to repeat could add twice.
        assert_problem(&scene.send(&edge, scene.add(&token)).await, 504, "OUTCOME_UNKNOWN", "");
        let _ = scene.send(&edge, Call::get(format!("/v1/products/{}", scene.product))).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_without_a_setting_says_which_one_to_whoever_looks_after_it() {
    let scene = Scene::set(&[]).await;
    for edge in scene.edges_with(&[("origin_url", "")]).await {
        let _ = scene.send(&edge, Call::get("/healthz")).await.expect(200);
        let token = scene.shop.token("unset", &[], 3600);
        for call in [Call::get("/v1/products"), Call::get("/v1/cart").token(&token), order_call().token(&token)] {
            let answer = scene.send(&edge, call).await.expect(503);
            assert_eq!(answer.json()["error"]["code"], "UNAVAILABLE", "{}", answer.text());
            assert!(!answer.text().contains("origin_url"), "a shopper need not know: {}", answer.text());
        }
        let ready = scene.send(&edge, Call::get("/readyz")).await.expect(503).json();
        let detail = &ready["error"]["details"][0];
        assert_eq!((&detail["field"], &detail["message"]), (&json!("origin_url"), &json!("is not set")), "{ready}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_no_origin_takes_is_written_nowhere() {
    let scene = Scene::set(&EdgeKind::ALL).await;
    let keyed = |token: &str| order_call().token(token).header("idempotency-key", "once");
    let mut carts = Vec::new();
    for edge in &scene.shop.edges {
        let token = scene.shop.token(&format!("cut-off-{:?}", edge.kind), &[], 3600);
        let cart = scene.send(edge, scene.add(&token)).await.expect(200).json()["cart"].clone();
        carts.push((edge, token, cart));
    }
    scene.shop.stack.stop_origin().await;
    for (edge, token, cart) in &carts {
        assert_problem(&scene.send(edge, keyed(token)).await, 502, "ORIGIN_UNREACHABLE", "5");
        assert_eq!(&scene.send(edge, Call::get("/v1/cart").token(token)).await.expect(200).json(), cart);
    }
    scene.shop.stack.start_origin().await.unwrap();
    assert_eq!(scene.written().await, (0, 0, json!(0)));
    for (edge, token, cart) in &carts {
        let placed = scene.send(edge, keyed(token)).await.expect(201);
        assert_eq!(placed.json()["total"], cart["total"], "the same request succeeds once the origin is back");
    }
    assert_eq!(scene.written().await, (2, 2, json!(2)));
}
