//! The deployed shape: an edge signs for a function URL, and the program behind it is the Lambda function itself.

use e2e::{
    Call, Shop,
    edge::{Edge, EdgeKind},
    function::{EDGE_ARN, Function},
    shop::order_call,
};
use serde_json::{Value, json};

/// A shop whose only origin is the function.
async fn shop_behind(user_arn: &str) -> (Shop, Function, Edge) {
    let shop = Shop::start_with(&[], &[]).await;
    let function = Function::start(&shop.stack, user_arn).await;
    shop.stack.stop_origin().await;
    let mut variables = shop.stack.edge_variables().clone();
    variables.insert("origin_url".to_owned(), function.url.url().to_owned());
    // So that reads of the catalog come to the function.
    variables.insert("catalog_bucket".to_owned(), String::new());
    let edge = Edge::start(EdgeKind::SpinHost, &variables, shop.folder()).await;
    (shop, function, edge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lambda_function_serves_the_whole_checkout() {
    let (shop, function, edge) = shop_behind(EDGE_ARN).await;
    let token = shop.token("lambda", &[], 3600);
    let send = |call: Call| call.send(&shop.client, &edge.url);

    let product = shop.plain_product().await;
    let path = format!("/v1/products/{}", product["id"].as_str().unwrap());
    assert_eq!(send(Call::get(path)).await.expect(200).json(), product);
    let add = Call::post("/v1/cart/items", &json!({"productId": product["id"], "quantity": 1})).token(&token);
    let cart = send(add).await.expect(200).json()["cart"].clone();

    let order = || order_call().token(&token).header("idempotency-key", "lambda-1");
    let placed = send(order()).await.expect(201);
    assert_eq!(placed.json()["total"], cart["total"]);
    assert_eq!(placed.header("location"), format!("/v1/orders/{}", placed.json()["orderId"].as_str().unwrap()));
    let replay = send(order()).await.expect(201);
    assert_eq!((replay.header("idempotent-replayed"), &replay.body), ("true", &placed.body));

    let pay = json!({"orderId": placed.json()["orderId"], "amount": cart["total"], "paymentMethodId": "pm_card_visa"});
    assert_eq!(send(Call::post("/v1/payments", &pay).token(&token)).await.expect(200).json()["status"], "succeeded");
    assert_eq!(function.runtime.handled(), 4, "product, order, its replay, payment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_caller_that_is_not_the_edge_is_refused_by_the_function_itself() {
    let (shop, function, edge) = shop_behind("arn:aws:iam::000000000000:user/somebody").await;
    let categories = Call::get("/v1/categories").send(&shop.client, &edge.url).await.expect(502).json();
    assert_eq!(categories["error"]["code"], "ORIGIN_UNREACHABLE", "a shopper can do nothing about it");
    assert_eq!(function.runtime.handled(), 1, "the function was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_an_iam_caller_is_refused_and_nothing_else_of_it_is_believed() {
    let shop = Shop::start_with(&[], &[]).await;
    let function = Function::start(&shop.stack, EDGE_ARN).await;
    let unsigned = Call::get("/v1/products").send(&shop.client, function.url.url()).await.expect(403);
    assert_eq!((unsigned.json(), function.runtime.handled()), (json!({"Message": "Forbidden"}), 0), "never invoked");

    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/v1/products", "rawQueryString": "",
        "headers": {"host": "x", "x-cc-caller-arn": EDGE_ARN, "userarn": EDGE_ARN}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "x", "domainPrefix": "x", "requestId": "r", "routeKey": "$default",
            "stage": "$default", "timeEpoch": 1_700_000_000_000_i64,
            "http": {"method": "GET", "path": "/v1/products", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "x"},
        },
    });
    let answer = function.runtime.invoke(event).await.expect("should be answered");
    assert_eq!(answer["statusCode"], 403);
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "SIGNATURE_REJECTED");
}
