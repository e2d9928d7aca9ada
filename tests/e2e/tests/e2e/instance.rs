//! One instance serves two customers at once and never mixes them up.

use e2e::{Call, Shop};
use serde_json::json;
use test_support::DynamoSwitches;

const REQUESTS: usize = 64;
/// Longer than most requests take to get as far as DynamoDB, and shorter than the edge waits for it.
const DELAY_MS: u64 = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interleaved_requests_of_two_customers_stay_apart() {
    let shop = Shop::start().await;
    let faults = shop.stack.dynamo_faults().unwrap();
    let product = shop.stack_products().await.remove(0);
    let variant = product["variants"][0]["id"].clone();
    for edge in &shop.edges {
        let names = [format!("left-{:?}", edge.kind), format!("right-{:?}", edge.kind)];
        let tokens: Vec<String> = names.iter().map(|name| shop.token(name, &[], 3600)).collect();
        for token in &tokens {
            // What is read once, the issuer's keys and the product, is read now.
            shop.add_to_cart(edge, token, variant.as_str().unwrap(), 1).await;
        }
        faults.set(DynamoSwitches { delay_ms: DELAY_MS, ..DynamoSwitches::strict() });
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
        let at_once = faults.most_at_once();
        assert!(at_once >= REQUESTS as u64 / 2, "{:?}: only {at_once} were under way at one time", edge.kind);
        faults.set(DynamoSwitches::strict());
        for who in [0, 1] {
            let cart = Call::get("/v1/cart").token(&tokens[who]).send(&shop.client, &edge.url).await.expect(200).json();
            assert_eq!(cart["items"][0]["quantity"], 1 + (REQUESTS / 4) * (who + 1), "no addition is lost");
        }
    }
}
