//! A shopper browses, fills a cart, orders and pays, through each edge.

use e2e::{
    Call, Shop,
    edge::Edge,
    shop::{PRODUCTS, order_call},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shopper_browses_fills_a_cart_orders_and_pays() {
    let shop = Shop::start().await;
    for edge in &shop.edges {
        journey(&shop, edge).await;
    }
}

async fn journey(shop: &Shop, edge: &Edge) {
    let token = shop.token(&format!("journey-{:?}", edge.kind), &[], 3600);
    let send = |call: Call| call.send(&shop.client, &edge.url);

    let page = send(Call::get("/v1/products?limit=100&sort=price_asc")).await.expect(200).json();
    assert_eq!(page["pagination"]["total"], PRODUCTS);
    let product = shop.plain_product().await;
    let detail = send(Call::get(format!("/v1/products/{}", product["id"].as_str().unwrap()))).await.expect(200).json();
    assert_eq!(detail["price"], product["price"]);

    let add = Call::post("/v1/cart/items", &json!({"productId": detail["id"], "quantity": 2})).token(&token);
    let cart = send(add).await.expect(200).json()["cart"].clone();
    assert_eq!(cart["items"][0]["quantity"], 2);

    let order = send(order_call().token(&token)).await.expect(201).json();
    assert_eq!(order["status"], "PENDING");
    assert_eq!(order["total"], cart["total"], "what the cart showed is what is ordered");
    let emptied = send(Call::get("/v1/cart").token(&token)).await.expect(200).json();
    assert_eq!(emptied["items"], json!([]), "what was ordered leaves the cart");

    let pay = |method: &str| {
        let body = json!({"orderId": order["orderId"], "amount": order["total"], "paymentMethodId": method});
        Call::post("/v1/payments", &body).token(&token)
    };
    assert_eq!(send(pay("pm_card_chargeDeclined")).await.expect(402).json()["error"]["code"], "PAYMENT_DECLINED");
    let paid = send(pay("pm_card_visa")).await.expect(200).json();
    assert_eq!(paid["status"], "succeeded");
    assert_eq!(send(pay("pm_card_visa")).await.expect(409).json()["error"]["code"], "ORDER_ALREADY_PAID");

    let order = send(Call::get(format!("/v1/orders/{}", order["orderId"].as_str().unwrap())).token(&token)).await;
    let order = order.expect(200).json();
    assert_eq!(order["status"], "PROCESSING");
    assert_eq!(order["items"][0]["quantity"], 2);
    let listed = send(Call::get("/v1/orders?status=PROCESSING").token(&token)).await.expect(200).json();
    assert_eq!(listed["data"], json!([order]));
    let database = shop.stack.database().client().await.unwrap();
    let customer = format!("journey-{:?}", edge.kind);
    let email = database.query_one("select email from customers where sub = $1", &[&customer]).await.unwrap();
    assert_eq!(email.get::<_, Option<String>>(0), Some(format!("{customer}@example.com")), "as the issuer knows it");
}
