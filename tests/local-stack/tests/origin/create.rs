//! `POST`, `PUT` and `DELETE` of products.

use http::Method;
use origin_core::inventory::ReadStock;
use serde_json::{Value, json};

use crate::shop::{Answer, Call, stack};

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

async fn post(body: &Value) -> Answer {
    Call::new(Method::POST, "/v1/products").json(body).admin().send().await
}

async fn made() -> String {
    let answer = post(&watch()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["id"].as_str().unwrap().to_owned()
}

fn put(id: &str, body: &Value) -> Call {
    Call::new(Method::PUT, format!("/v1/products/{id}")).json(body).admin()
}

fn delete(id: &str) -> Call {
    Call::new(Method::DELETE, format!("/v1/products/{id}")).admin()
}

#[tokio::test]
async fn a_product_is_there_with_its_stock_once_it_is_created() {
    let made = post(&watch()).await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/v1/products/{id}"));
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.body["imageUploadUrl"], Value::Null);
    let found = Call::get(made.header("location")).send().await;
    assert_eq!(
        (found.status, &found.body["stock"], found.body["price"].to_string()),
        (200, &json!(100), "199.99".into())
    );
    let variant = made.body["variants"][0]["id"].as_str().unwrap().parse().unwrap();
    let level = stack().stock().read_stock(&[variant]).await.unwrap().remove(0);
    assert_eq!((level.on_hand, level.reserved, level.product_id.to_string().as_str()), (100, 0, id));
    let counted = Call::get(format!("/v1/inventory/{id}")).admin().send().await;
    assert_eq!((counted.status, &counted.body["available"]), (200, &json!(100)));
}

#[tokio::test]
async fn variants_come_back_in_their_order() {
    let variants = json!([
        {"options": [{"name": "Size", "value": "M"}], "price": 20.00, "stock": 1, "sku": "W-M", "weightGrams": 30},
        {"options": [{"name": "Size", "value": "L"}], "price": 15.5, "backorderLimit": 5},
    ]);
    let body = json!({"name": "Band", "categoryId": "cat_electronics", "currency": "EUR", "variants": variants});
    let made = post(&body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let found = Call::get(made.header("location")).send().await.body;
    assert_eq!((found["price"].to_string().as_str(), found["currency"].as_str()), ("15.50", Some("EUR")));
    let shown: Vec<_> =
        found["variants"].as_array().unwrap().iter().map(|v| v["options"][0]["value"].clone()).collect();
    assert_eq!(shown, ["M", "L"]);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(put(id, &json!({"price": 1.00})).send().await.fields(), ["price"], "which of the two?");
    assert_eq!(Call::get(format!("/v1/inventory/{id}")).admin().send().await.code(), "VARIANT_REQUIRED");
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
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
        let answer = post(&with(&changes)).await;
        assert_eq!((answer.status, answer.code(), answer.fields()), (400, "VALIDATION_ERROR", fields), "{changes:?}");
    }
    let malformed = Call::new(Method::POST, "/v1/products").raw("{").admin().send().await;
    assert_eq!((malformed.status, malformed.code()), (400, "MALFORMED_JSON"));
    let large = Call::new(Method::POST, "/v1/products").raw(vec![b' '; 256 * 1024 + 1]).admin().send().await;
    assert_eq!((large.status, large.code()), (413, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let id = made().await;
    let wanted = json!({"name": "Watch 2", "price": 149.00, "tags": ["Sport"], "images": ["https://a.example/1.jpg"],
        "specifications": {"battery": "7 days"}});
    let changed = put(&id, &wanted).send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    let found = Call::get(format!("/v1/products/{id}")).send().await.body;
    assert_eq!(changed.body, found);
    let expected = json!({"name": "Watch 2", "description": "Fitness tracking smartwatch", "tags": ["sport"],
        "images": ["https://a.example/1.jpg"], "specifications": {"battery": "7 days"}, "version": 2, "stock": 100});
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&found[member], value, "{member}");
    }
    assert_eq!(found["price"].to_string(), "149.00");
    assert_eq!(put(&id, &json!({"name": "", "categoryId": "cat_nowhere"})).send().await.fields(), ["name"]);
    assert_eq!(put(&id, &json!({"categoryId": "cat_nowhere"})).send().await.fields(), ["categoryId"]);
    assert_eq!(put(&id, &json!({"id": "x"})).send().await.fields(), ["id"]);
}

#[tokio::test]
async fn a_change_of_another_version_is_refused() {
    let id = made().await;
    let rename = json!({"name": "Renamed"});
    assert_eq!(put(&id, &rename).header("if-match", "\"1\"").send().await.status, 200);
    let late = put(&id, &rename).header("if-match", "\"1\"").send().await;
    assert_eq!((late.status, late.code()), (412, "PRECONDITION_FAILED"));
    assert_eq!(delete(&id).header("if-match", "\"1\", \"7\"").send().await.status, 412);
    assert_eq!(delete(&id).header("if-match", "\"2\"").send().await.status, 204);
}

#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let id = made().await;
    let changes = ["brand", "description", "name"].map(|member| put(&id, &json!({member: "new"})).send());
    let [one, two, three] = changes;
    let answers = tokio::join!(one, two, three);
    assert_eq!((answers.0.status, answers.1.status, answers.2.status), (200, 200, 200));
    let found = Call::get(format!("/v1/products/{id}")).send().await.body;
    assert_eq!([&found["brand"], &found["description"], &found["name"]], ["new"; 3]);
    assert_eq!(found["version"], 4);
}

#[tokio::test]
async fn a_deleted_product_is_gone() {
    let id = made().await;
    assert_eq!(delete(&id).send().await.status, 204);
    for call in [delete(&id), put(&id, &json!({"name": "x"})), Call::get(format!("/v1/products/{id}"))] {
        let answer = call.send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    }
    assert_eq!(delete("1").send().await.status, 404);
}

#[tokio::test]
async fn only_administrators_change_products() {
    let nobody = Call::new(Method::POST, "/v1/products").json(&watch()).send().await;
    assert_eq!((nobody.status, nobody.code()), (401, "UNAUTHORIZED"));
    let shopper = Call::new(Method::POST, "/v1/products").json(&watch()).shopper().send().await;
    assert_eq!((shopper.status, shopper.code()), (403, "FORBIDDEN"));
}
