//! `POST`, `PUT` and `DELETE` of products.

use commerce_aws::Credentials;
use http::Method;
use origin_core::inventory::ReadStock;
use serde_json::{Value, json};

use crate::shop::{Answer, Caller, Shop, sign};

async fn open() -> Shop {
    let shop = Shop::open().await;
    shop.category("electronics", None).await;
    shop
}

fn watch() -> Value {
    json!({"name": "Smart Watch", "description": "Fitness tracking smartwatch", "price": 199.99,
        "categoryId": "cat_electronics", "stock": 100})
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut body = watch();
    for (member, value) in changes {
        body[*member] = value.clone();
    }
    body
}

async fn post(shop: &Shop, body: &Value) -> Answer {
    shop.admin().post("/v1/products", body).await
}

async fn made(shop: &Shop) -> String {
    let answer = post(shop, &watch()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.text("/id")
}

async fn put(caller: &Caller<'_>, id: &str, body: &Value) -> Answer {
    caller.send(Method::PUT, &format!("/v1/products/{id}"), &body.to_string()).await
}

async fn delete(caller: &Caller<'_>, id: &str) -> Answer {
    caller.send(Method::DELETE, &format!("/v1/products/{id}"), "").await
}

async fn found(shop: &Shop, id: &str) -> Answer {
    shop.shopper("ada").get(&format!("/v1/products/{id}")).await
}

#[tokio::test]
async fn a_product_is_there_with_its_stock_once_it_is_created() {
    let shop = open().await;
    let made = post(&shop, &watch()).await;
    assert_eq!(made.status, 201);
    let id = made.text("/id");
    assert_eq!(made.header("location"), Some(format!("/v1/products/{id}").as_str()));
    assert_eq!(made.header("etag"), Some("\"1\""));
    assert_eq!(made.json()["imageUploadUrl"], Value::Null);
    let found = found(&shop, &id).await;
    let (stock, price) = (&found.json()["stock"], found.json()["price"].to_string());
    assert_eq!((found.status.as_u16(), stock, price.as_str()), (200, &json!(100), "199.99"));
    let variant = made.text("/variants/0/id").parse().unwrap();
    let level = shop.stock.read_stock(&[variant]).await.unwrap().remove(0);
    assert_eq!((level.on_hand, level.reserved, level.product_id.to_string()), (100, 0, id.clone()));
    let counted = shop.admin().get(&format!("/v1/inventory/{id}")).await;
    assert_eq!((counted.status.as_u16(), &counted.json()["available"]), (200, &json!(100)));
}

#[tokio::test]
async fn variants_come_back_in_their_order() {
    let shop = open().await;
    let variants = json!([
        {"options": [{"name": "Size", "value": "M"}], "price": 20.00, "stock": 1, "sku": "W-M", "weightGrams": 30},
        {"options": [{"name": "Size", "value": "L"}], "price": 15.5, "backorderLimit": 5},
    ]);
    let body = json!({"name": "Band", "categoryId": "cat_electronics", "currency": "EUR", "variants": variants});
    let made = post(&shop, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.text("/id");
    let found = found(&shop, &id).await.json();
    assert_eq!((found["price"].to_string().as_str(), found["currency"].as_str()), ("15.50", Some("EUR")));
    let shown: Vec<_> =
        found["variants"].as_array().unwrap().iter().map(|v| v["options"][0]["value"].clone()).collect();
    assert_eq!(shown, ["M", "L"]);
    assert_eq!(put(&shop.admin(), &id, &json!({"price": 1.00})).await.fields(), ["price"], "which of the two?");
    assert_eq!(shop.admin().get(&format!("/v1/inventory/{id}")).await.code(), "VARIANT_REQUIRED");
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let shop = open().await;
    let two = |one: &str, other: &str| {
        let variant = |size: &str| json!({"options": [{"name": "Size", "value": size}], "price": 1});
        json!([variant(one), variant(other)])
    };
    for (changes, fields) in [
        (vec![("name", json!(" ")), ("price", json!(0)), ("stock", json!(-1))], vec!["name", "price", "stock"]),
        (vec![("price", json!(-1))], vec!["price"]),
        (vec![("price", serde_json::from_str("1.001").unwrap())], vec!["price"]),
        (vec![("price", serde_json::from_str("1000000000000").unwrap())], vec!["price"]),
        (vec![("currency", json!("JPY"))], vec!["price"]),
        (vec![("currency", json!("usd"))], vec!["currency"]),
        (vec![("categoryId", json!("electronics"))], vec!["categoryId"]),
        (vec![("categoryId", json!("cat_nowhere"))], vec!["categoryId"]),
        (vec![("stock", json!(1_000_001))], vec!["stock"]),
        (vec![("stock", Value::Null)], vec!["stock"]),
        (vec![("images", json!(["ftp://a"]))], vec!["images[0]"]),
        (vec![("description", json!("x".repeat(100_001)))], vec!["description"]),
        (vec![("brand", json!("a\u{0}b"))], vec!["brand"]),
        (vec![("tags", json!(["a,b"]))], vec!["tags"]),
        (vec![("variants", two("M", "L"))], vec!["price", "stock"]),
        (
            vec![("variants", two("M", "M")), ("price", Value::Null), ("stock", Value::Null)],
            vec!["variants[1].options"],
        ),
        (vec![("variants", json!([{"options": [], "price": "1"}]))], vec!["variants[0].price"]),
        (vec![("colour", json!("red"))], vec!["colour"]),
    ] {
        let answer = post(&shop, &with(&changes)).await;
        let (status, code) = (answer.status.as_u16(), answer.code());
        assert_eq!((status, code.as_str()), (400, "VALIDATION_ERROR"), "{changes:?}");
        assert_eq!(answer.fields(), fields, "{changes:?}");
    }
    let malformed = shop.admin().send(Method::POST, "/v1/products", "{").await;
    assert_eq!((malformed.status.as_u16(), malformed.code().as_str()), (400, "MALFORMED_JSON"));
    assert_eq!(shop.count("select count(*) from products").await, 0);
}

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let shop = open().await;
    let (admin, id) = (shop.admin(), made(&shop).await);
    let wanted = json!({"name": "Watch 2", "price": 149.00, "tags": ["Sport"], "images": ["https://a.example/1.jpg"],
        "specifications": {"battery": "7 days"}});
    let changed = put(&admin, &id, &wanted).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")));
    let found = found(&shop, &id).await.json();
    assert_eq!(changed.json(), found);
    let expected = json!({"name": "Watch 2", "description": "Fitness tracking smartwatch", "tags": ["sport"],
        "images": ["https://a.example/1.jpg"], "specifications": {"battery": "7 days"}, "version": 2, "stock": 100});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&found[member], value, "{member}");
    }
    assert_eq!(found["price"].to_string(), "149.00");
    assert_eq!(put(&admin, &id, &json!({"name": "", "categoryId": "cat_nowhere"})).await.fields(), ["name"]);
    assert_eq!(put(&admin, &id, &json!({"categoryId": "cat_nowhere"})).await.fields(), ["categoryId"]);
    assert_eq!(put(&admin, &id, &json!({"id": "x"})).await.fields(), ["id"]);
}

#[tokio::test]
async fn a_change_of_another_version_is_refused() {
    let shop = open().await;
    let (id, rename) = (made(&shop).await, json!({"name": "Renamed"}));
    let holding = |tags: &str| shop.admin().with("if-match", tags);
    assert_eq!(put(&holding("\"1\""), &id, &rename).await.status, 200);
    let late = put(&holding("\"1\""), &id, &rename).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (412, "PRECONDITION_FAILED"));
    assert_eq!(delete(&holding("\"1\", \"7\""), &id).await.status, 412);
    assert_eq!(delete(&holding("\"2\""), &id).await.status, 204);
}

#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let shop = open().await;
    let (admin, id) = (shop.admin(), made(&shop).await);
    let members = ["brand", "description", "name"].map(|member| json!({member: "new"}));
    let changes = members.each_ref().map(|change| put(&admin, &id, change));
    let answers = futures_util::future::join_all(changes).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let found = found(&shop, &id).await.json();
    assert_eq!([&found["brand"], &found["description"], &found["name"]], ["new"; 3]);
    assert_eq!(found["version"], 4);
}

#[tokio::test]
async fn a_deleted_product_is_gone() {
    let shop = open().await;
    let (admin, id) = (shop.admin(), made(&shop).await);
    assert_eq!(delete(&admin, &id).await.status, 204);
    let answers = [delete(&admin, &id).await, put(&admin, &id, &json!({"name": "x"})).await, found(&shop, &id).await];
    for answer in answers {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NOT_FOUND"));
    }
    assert_eq!(delete(&admin, "1").await.status, 404);
}

#[tokio::test]
async fn only_administrators_change_products() {
    let shop = open().await;
    let mut nobody = shop.admin().unsigned(Method::POST, "/v1/products", &watch().to_string());
    nobody.headers_mut().remove("x-cc-principal");
    let nobody = shop.answer(sign(nobody, &shop, &Credentials::new("edge", "edge-secret"))).await;
    assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (401, "UNAUTHORIZED"));
    let shopper = shop.shopper("ada").post("/v1/products", &watch()).await;
    assert_eq!((shopper.status.as_u16(), shopper.code().as_str()), (403, "FORBIDDEN"));
}
