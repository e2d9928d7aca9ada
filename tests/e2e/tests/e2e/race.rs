//! Fifty shoppers, twenty pieces, both edges, and a DynamoDB that refuses transactions that meet.

use e2e::{Answer, Call, Shop, shop::order_call};
use serde_json::{Value, json};

const SHOPPERS: usize = 50;
const STOCK: usize = 20;
/// How often a shopper asks again when the shop is too busy.
const PATIENCE: u32 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_orders_for_a_stock_of_twenty_end_with_exactly_twenty() {
    let shop = Shop::start().await;
    let admin = shop.token("race-admin", &["admin"], 3600);
    let rare = json!({"name": "Rare", "price": 60.00, "categoryId": "cat_electronics", "stock": STOCK});
    let url = |index: usize| shop.edges[index % shop.edges.len()].url.clone();
    let made = Call::post("/v1/products", &rare).token(&admin).send(&shop.client, &url(0)).await.expect(201).json();

    let tokens: Vec<String> = (0..SHOPPERS).map(|index| shop.token(&format!("racer-{index}"), &[], 3600)).collect();
    for (index, token) in tokens.iter().enumerate() {
        shop.add_to_cart(&shop.edges[index % shop.edges.len()], token, made["id"].as_str().unwrap(), 1).await;
    }
    let mut orders = tokio::task::JoinSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let call = order_call().token(token).header("idempotency-key", &format!("race-{index}"));
        let (client, url) = (shop.client.clone(), url(index));
        orders.spawn(async move { (index, patiently(&client, &url, &call).await) });
    }
    let answers = orders.join_all().await;

    let faults = shop.stack.dynamo_faults().unwrap();
    assert!(faults.conflicts() > 0, "no two transactions met: this was no race");
    let (placed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.status == 201);
    assert_eq!((placed.len(), refused.len()), (STOCK, SHOPPERS - STOCK));
    for (_, answer) in refused {
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), &body["error"]["code"]), (409, &json!("OUT_OF_STOCK")), "{body}");
        assert_eq!(body["changes"][0]["available"], 0);
    }
    for (index, answer) in &answers {
        let listed = Call::get("/v1/orders").token(&tokens[*index]).send(&shop.client, &url(*index)).await;
        let listed = listed.expect(200).json();
        let ids: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|order| &order["id"]).collect();
        let answered = answer.json()["orderId"].clone();
        assert_eq!(ids, if answer.status == 201 { vec![&answered] } else { vec![] }, "racer-{index}");
    }

    let stock = Call::get(format!("/v1/inventory/{}", made["id"].as_str().unwrap())).token(&admin);
    let stock = stock.send(&shop.client, &url(0)).await.expect(200).json();
    assert_eq!((&stock["onHand"], &stock["reserved"], &stock["available"]), (&json!(20), &json!(20), &json!(0)));
}

/// As a client does: contention is not sold out, and the key makes sure that asking again orders once.
async fn patiently(client: &reqwest::Client, url: &str, call: &Call) -> Answer {
    for _ in 0..PATIENCE {
        let answer = call.clone().send(client, url).await;
        if answer.status != 503 {
            return answer;
        }
        assert!(!answer.header("retry-after").is_empty(), "{}", answer.text());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("too busy {PATIENCE} times");
}
