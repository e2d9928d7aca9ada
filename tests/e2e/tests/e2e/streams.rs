//! The status of an order reaches who watches it, through each edge, piece by piece.

use std::time::Duration;

use e2e::{Call, Shop, edge::Edge};
use serde_json::json;
use test_support::SystemClock;
use tokio::time::timeout;

/// A stream that has begun.
struct Watched {
    response: reqwest::Response,
    text: String,
}

impl Watched {
    async fn open(shop: &Shop, edge: &Edge, token: &str, order: &str) -> Self {
        let url = format!("{}/v1/orders/{order}/stream", edge.url);
        let response = shop.client.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { response, text: String::new() }
    }

    /// Reads until that is there.
    async fn until(&mut self, words: &str) {
        let read = async {
            while !self.text.contains(words) {
                let piece = self.response.chunk().await.unwrap().expect("the stream should go on");
                self.text.push_str(&String::from_utf8_lossy(&piece));
            }
        };
        timeout(Duration::from_secs(5), read).await.unwrap_or_else(|_| panic!("no {words} in {}", self.text));
    }

    async fn read_out(mut self) -> String {
        while let Some(piece) = self.response.chunk().await.unwrap() {
            self.text.push_str(&String::from_utf8_lossy(&piece));
        }
        self.text
    }
}

async fn watch(shop: &Shop, edge: &Edge) {
    let token = shop.token(&format!("watcher-{:?}", edge.kind), &[], 3600);
    let product = shop.plain_product().await;
    let order = shop.place_order(edge, &token, product["id"].as_str().unwrap(), 1).await;
    let order = order["orderId"].as_str().unwrap();
    let begun = SystemClock::shared().now();
    let mut watched = Watched::open(shop, edge, &token, order).await;
    watched.until("\"status\":\"PENDING\"").await;
    let cancel = Call::post(format!("/v1/orders/{order}/cancel"), &json!({})).token(&token);
    let _ = cancel.send(&shop.client, &edge.url).await.expect(200);
    watched.until("\"status\":\"CANCELLED\"").await;
    let text = watched.read_out().await;
    let lasted = SystemClock::shared().now().duration_since(begun);
    assert!((20..28).contains(&lasted.as_secs()), "{:?}: {lasted:?}", edge.kind);
    assert!(text.starts_with("retry: 1000\n"), "{text}");
    assert_eq!(text.matches("event: status").count(), 2, "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_an_order_reaches_who_watches_it_and_the_stream_ends_by_itself() {
    let shop = Shop::start().await;
    let [one, other] = shop.edges.as_slice() else { panic!("two edges") };
    tokio::join!(watch(&shop, one), watch(&shop, other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_who_leaves_leaves_an_edge_that_serves_others() {
    let shop = Shop::start().await;
    for edge in &shop.edges {
        let token = shop.token(&format!("leaver-{:?}", edge.kind), &[], 3600);
        let product = shop.plain_product().await;
        let order = shop.place_order(edge, &token, product["id"].as_str().unwrap(), 1).await;
        for _ in 0..5 {
            let mut watched = Watched::open(&shop, edge, &token, order["orderId"].as_str().unwrap()).await;
            watched.until("PENDING").await;
        }
        let read = Call::get(format!("/v1/orders/{}", order["orderId"].as_str().unwrap())).token(&token);
        let _ = read.send(&shop.client, &edge.url).await.expect(200);
    }
}
