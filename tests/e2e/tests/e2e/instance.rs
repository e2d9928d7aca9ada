//! One instance serves two customers at once and never mixes them up.

use e2e::{Call, Shop};
use serde_json::json;

const REQUESTS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interleaved_requests_of_two_customers_stay_apart() {
    let shop = Shop::start().await;
    let product = shop.stack_products().await.remove(0);
    let variant = product["variants"][0]["id"].clone();
    for edge in &shop.edges {
        let names = [format!("left-{:?}", edge.kind), format!("right-{:?}", edge.kind)];
        let tokens: Vec<String> = names.iter().map(|name| shop.token(name, &[], 3600)).collect();
        let mut requests = tokio::task::JoinSet::new();
        for index in 0..REQUESTS {
            let who = index % 2;
            let call = match index % 4 {
                0 | 1 => Call::post("/v1/cart/items", &json!({"productId": variant, "quantity": who + 1})),
                _ => Call::get("/v1/cart"),
            };
            let (client, url, call) = (shop.client.clone(), edge.url.clone(), call.token(&tokens[who]));
            requests.spawn(async move { (who, call.send(&client, &url).await) });
        }
        for (who, answer) in requests.join_all().await {
            let body = answer.expect(200).json();
            let cart = body.get("cart").unwrap_or(&body);
            assert_eq!(cart["userId"], names[who].as_str());
        }
        for who in [0, 1] {
            let cart = Call::get("/v1/cart").token(&tokens[who]).send(&shop.client, &edge.url).await.expect(200).json();
            assert_eq!(cart["items"][0]["quantity"], (REQUESTS / 4) * (who + 1), "no addition is lost");
        }
    }
}
