//! Who may call, and how that is proved.

use commerce_aws::Credentials;
use http::{HeaderValue, Method};

use crate::shop::{Shop, sign};

#[tokio::test]
async fn nothing_but_health_is_answered_unsigned() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    let unsigned = shop.answer(ada.unsigned(Method::GET, "/v1/orders", "")).await;
    assert_eq!((unsigned.status.as_u16(), unsigned.code()), (403, "SIGNATURE_REJECTED".to_owned()));
    assert_eq!(unsigned.text("/error/details/0/message"), "SIGNATURE_MISSING");
    assert_eq!(shop.answer(ada.unsigned(Method::GET, "/nowhere", "")).await.status, 403);
    assert_eq!(shop.answer(ada.unsigned(Method::GET, "/healthz", "")).await.status, 200);
}

#[tokio::test]
async fn readiness_is_told_to_the_edge_alone() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    assert_eq!(shop.answer(ada.unsigned(Method::GET, "/readyz", "")).await.status, 403);
    assert_eq!(shop.answer(ada.signed(Method::GET, "/readyz", "")).await.text("/status"), "ready");
}

#[tokio::test]
async fn a_request_that_differs_from_what_was_signed_is_refused() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    let signed = || ada.signed(Method::GET, "/v1/orders?page=1", "");
    assert_eq!(shop.answer(signed()).await.status, 200);

    let mut other_path = signed();
    *other_path.uri_mut() = "/v1/orders?page=2".parse().unwrap();
    let mut other_principal = signed();
    let stolen = shop.shopper("bob").unsigned(Method::GET, "/", "").headers()["x-cc-principal"].clone();
    other_principal.headers_mut().insert("x-cc-principal", stolen);
    let mut other_body = signed();
    *other_body.body_mut() = "x".into();
    let mut added = signed();
    added.headers_mut().insert("x-cc-new", HeaderValue::from_static("1"));
    let wrong = sign(ada.unsigned(Method::GET, "/v1/orders", ""), &shop, &Credentials::new("edge", "guessed"));
    let unknown = sign(ada.unsigned(Method::GET, "/v1/orders", ""), &shop, &Credentials::new("edgy", "edge-secret"));
    for request in [other_path, other_principal, other_body, added, wrong, unknown] {
        let refused = shop.answer(request).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "SIGNATURE_REJECTED".to_owned()), "{refused:?}");
    }
    let old = signed();
    shop.clock.advance(jiff::SignedDuration::from_mins(6));
    assert_eq!(shop.answer(old).await.text("/error/details/0/message"), "SIGNATURE_CLOCK_SKEW");
}

#[tokio::test]
async fn a_route_for_somebody_needs_a_principal() {
    let shop = Shop::open().await;
    let mut request = shop.shopper("ada").unsigned(Method::GET, "/v1/orders", "");
    request.headers_mut().remove("x-cc-principal");
    let edge = Credentials::new("edge", "edge-secret");
    assert_eq!(shop.answer(sign(request, &shop, &edge)).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn admin_and_money_routes_verify_the_shoppers_token_again() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 5).await;
    let path = format!("/v1/inventory/{}", item.variant);
    assert_eq!(shop.admin().get(&path).await.status, 200);
    assert_eq!(shop.shopper("ada").get(&path).await.code(), "FORBIDDEN");
    // The header may claim what it likes: the token decides.
    assert_eq!(shop.admin().with("x-cc-shopper-token", "valid admin_1").get(&path).await.code(), "FORBIDDEN");
    assert_eq!(shop.admin().with("x-cc-shopper-token", "forged").get(&path).await.code(), "UNAUTHORIZED");
    assert_eq!(shop.admin().with("x-cc-shopper-token", "valid-admin eve").get(&path).await.code(), "UNAUTHORIZED");
    let pay = serde_json::json!({"orderId": "order_01h4vjdvzefw18zfwz5dxw5y8g", "amount": 1});
    let forged = shop.shopper("ada").with("x-cc-shopper-token", "forged");
    assert_eq!(forged.post("/v1/payments", &pay).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn stock_is_found_by_variant_and_by_the_product_of_one_variant() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "10.00", 5).await;
    let by_variant = shop.admin().get(&format!("/v1/inventory/{}", item.variant)).await;
    let by_product = shop.admin().get(&format!("/v1/inventory/{}", item.product)).await;
    assert_eq!((by_variant.status.as_u16(), &by_variant.body), (200, &by_product.body));
    assert_eq!(by_variant.json()["available"], 5);
    let second = "insert into variants (id, product_id, position, options, price, currency)
        values (gen_random_uuid(), $1, 1, '[[\"Colour\", \"Red\"]]', 1, 'USD')";
    shop.run(second, &[&item.product.as_uuid()]).await;
    // Ids of the database's own making are none of ours.
    shop.run("update variants set id = '01893726-efee-7f02-8fbf-9f2b7bc2f910' where position = 1", &[]).await;
    assert_eq!(shop.admin().get(&format!("/v1/inventory/{}", item.product)).await.code(), "VARIANT_REQUIRED");
    for unknown in ["prod_01h4vjdvzefw18zfwz5dxw5y8g", "var_01h4vjdvzefw18zfwz5dxw5y8h", "x"] {
        assert_eq!(shop.admin().get(&format!("/v1/inventory/{unknown}")).await.code(), "NOT_FOUND", "{unknown}");
    }
}

#[tokio::test]
async fn limits_methods_and_unknown_paths_have_their_problems() {
    let shop = Shop::open().await;
    let ada = shop.shopper("ada");
    let large = ada.send(Method::POST, "/v1/orders", &"x".repeat(256 * 1024 + 1)).await;
    assert_eq!((large.status.as_u16(), large.code()), (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(ada.get(&format!("/v1/orders?q={}", "x".repeat(4096))).await.code(), "URI_TOO_LONG");
    let method = ada.send(Method::DELETE, "/v1/orders", "").await;
    assert_eq!(
        (method.code(), method.header("allow")),
        ("METHOD_NOT_ALLOWED".into(), Some("POST, GET, HEAD, OPTIONS"))
    );
    // What the edge answers alone does not exist here.
    for path in ["/v1/cart", "/nowhere", "/v1/orders/"] {
        assert_eq!(ada.get(path).await.code(), "NOT_FOUND", "{path}");
    }
    let head = ada.send(Method::HEAD, "/v1/orders", "").await;
    assert!(head.status == 200 && head.body.is_empty() && head.header("content-length") != Some("0"));
    assert_eq!(head.header("x-request-id"), Some("req_test"));
    let text = ada.with("content-type", "text/plain");
    assert_eq!(text.send(Method::POST, "/v1/orders", "{}").await.status, 415);
}

#[tokio::test]
async fn a_shopper_is_written_down_on_first_sight_with_the_address_that_the_issuer_knows() {
    let shop = Shop::open().await;
    for sub in ["ada", "ada", "nameless"] {
        assert_eq!(shop.shopper(sub).get("/v1/orders").await.status, 200, "{sub}");
    }
    shop.admin().get("/v1/inventory/x").await;
    let client = shop.database.client().await.unwrap();
    let rows = client.query("select sub, email from customers order by sub", &[]).await.unwrap();
    let rows: Vec<(String, Option<String>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let ada = ("ada".to_owned(), Some("ada@example.com".to_owned()));
    assert_eq!(rows, [ada, ("nameless".to_owned(), None)], "administrators are no customers by that");
    assert_eq!(shop.profiles.asked(), 2, "once for each of them");
}
