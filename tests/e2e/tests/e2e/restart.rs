//! What development keeps from one start to the next.

use std::path::Path;

use e2e::{Call, EdgeKind, client::client, edge::Edge, shop::order_call};
use local_stack::{LocalStack, Options, RunningStack};
use serde_json::{Value, json};

async fn start(folder: &Path) -> (RunningStack, Edge) {
    let options = Options {
        products: 10,
        progress: local_stack::Progress::Hidden,
        database_url: None,
        ..Options::for_development(folder.join("state"))
    };
    let stack = LocalStack::start(options).await.unwrap_or_else(|error| panic!("{error}"));
    let edge = Edge::start(EdgeKind::SpinHost, stack.edge_variables(), folder).await;
    (stack, edge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shoppers_token_and_orders_outlive_a_restart() {
    let (folder, client) = (tempfile::tempdir().unwrap(), client());
    let (stack, edge) = start(folder.path()).await;
    let token = stack.ready().shopper_token.clone();
    let products = stack.products(10).await;
    let plain = |product: &&Value| product["variants"].as_array().unwrap().len() == 1 && product["stock"] != 0;
    let product = products.iter().find(plain).unwrap();
    let add = Call::post("/v1/cart/items", &json!({"productId": product["id"], "quantity": 1})).token(&token);
    let _ = add.send(&client, &edge.url).await.expect(200);
    let placed = order_call().token(&token).send(&client, &edge.url).await.expect(201).json();
    let orders = Call::get("/v1/orders").token(&token).send(&client, &edge.url).await.expect(200).json();
    assert_eq!(orders["data"][0]["id"], placed["orderId"]);
    let card = "pm_card_threeDSecure2Required";
    let pay = json!({"orderId": placed["orderId"], "amount": placed["total"], "paymentMethodId": card});
    let pay = Call::post("/v1/payments", &pay);
    let _ = pay.clone().token(&token).send(&client, &edge.url).await.expect(200);
    drop(edge);
    stack.stop().await;

    let (stack, edge) = start(folder.path()).await;
    let again = Call::get("/v1/orders").token(&token).send(&client, &edge.url).await.expect(200).json();
    assert_eq!(again, orders, "the token of the first run is that of the same customer");
    let fresh = &stack.ready().shopper_token;
    let again = Call::get("/v1/orders").token(fresh).send(&client, &edge.url).await.expect(200).json();
    assert_eq!(again, orders, "and so is a new one");
    let shown = stack.payments().state();
    let url =
        format!("{}/test/3ds/{}/complete", stack.payments().url(), shown["payment_intents"][0]["id"].as_str().unwrap());
    assert!(
        client.post(url).send().await.unwrap().status().is_success(),
        "the payment provider knows the payment: {shown}"
    );
    // The provider's webhook may have come first.
    let paid = pay.token(fresh).send(&client, &edge.url).await;
    let told = paid.json();
    assert!(told["status"] == "succeeded" || told["error"]["code"] == "ORDER_ALREADY_PAID", "{}", paid.text());
    stack.stop().await;
}
