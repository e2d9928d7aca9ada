//! Fifty shoppers, twenty pieces, both edges.

use e2e::{Call, Shop, shop::order_call};
use serde_json::json;

const SHOPPERS: usize = 50;
const STOCK: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_orders_for_a_stock_of_twenty_end_with_exactly_twenty() {
    let shop = Shop::start().await;
    let admin = shop.token("race-admin", &["admin"], 3600);
    let rare = json!({"name": "Rare", "price": 60.00, "categoryId": "cat_electronics", "stock": STOCK});
    let url = |index: usize| shop.edges[index % shop.edges.len()].url.clone();
    let made = Call::post("/v1/products", &rare).token(&admin).send(&shop.client, &url(0)).await.expect(201).json();

    let tokens: Vec<String> = (0..SHOPPERS).map(|index| shop.token(&format!("racer-{index}"), &[], 3600)).collect();
    for (index, token) in tokens.iter().enumerate() {
        let add = Call::post("/v1/cart/items", &json!({"productId": made["id"], "quantity": 1})).token(token);
        let _ = add.send(&shop.client, &url(index)).await.expect(200);
    }
    let mut orders = tokio::task::JoinSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let (client, url, call) = (shop.client.clone(), url(index), order_call().token(token));
        orders.spawn(async move { call.send(&client, &url).await });
    }
    let answers = orders.join_all().await;

    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    let others: Vec<String> =
        answers.iter().filter(|one| ![201, 409].contains(&one.status.as_u16())).map(e2e::Answer::text).collect();
    assert_eq!((count(201), count(409)), (STOCK, SHOPPERS - STOCK), "{others:?}");
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap().json();
    assert_eq!(refused["error"]["code"], "OUT_OF_STOCK");
    assert_eq!(refused["changes"][0]["available"], 0);

    let stock = Call::get(format!("/v1/inventory/{}", made["id"].as_str().unwrap())).token(&admin);
    let stock = stock.send(&shop.client, &url(0)).await.expect(200).json();
    assert_eq!((&stock["onHand"], &stock["reserved"], &stock["available"]), (&json!(20), &json!(20), &json!(0)));
}
