//! The cart calls, against a real DynamoDB engine.

use serde_json::{Value, json};

use crate::{
    fake::Fake,
    shop::{self, PRODUCT, SHIRT, SHIRT_M, SHIRT_S, UNKNOWN, VARIANT, header, json_of, refusal, send, with},
    tokens,
};

pub(crate) fn add(fake: &Fake, token: &str, body: &Value) -> http::Response<bytes::Bytes> {
    fake.ask(send(token, "POST", "/v1/cart/items", body))
}

fn show(fake: &Fake, token: &str) -> Value {
    let answer = fake.ask(send(token, "GET", "/v1/cart", &Value::Null));
    assert_eq!(answer.status(), 200);
    json_of(&answer)
}

fn item(variant: &str) -> String {
    format!("/v1/cart/items/{variant}")
}

#[test]
fn a_cart_that_was_never_filled_is_empty() {
    let fake = shop::open();
    let answer = fake.ask(send(&tokens::shopper("user_1"), "GET", "/v1/cart", &Value::Null));
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "cache-control"), "private, no-store, no-transform");
    assert!(!answer.headers().contains_key("etag"));
    let body = json_of(&answer);
    assert_eq!((&body["userId"], &body["id"], &body["version"]), (&json!("user_1"), &Value::Null, &json!(0)));
    assert_eq!(body["total"].to_string(), "0.00");
}

#[test]
fn the_references_cart_costs_what_the_reference_says() {
    let fake = shop::open();
    let token = tokens::shopper("user_789");
    let added = add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 2}));
    assert_eq!(added.status(), 200);
    let body = json_of(&added);
    assert_eq!(body["message"], "Item added to cart");
    let cart = &body["cart"];
    for (field, amount) in [("subtotal", "199.98"), ("tax", "16.00"), ("shipping", "0.00"), ("total", "215.98")] {
        assert_eq!(cart[field].to_string(), amount, "{field}");
    }
    let line = &cart["items"][0];
    assert_eq!((&line["productId"], &line["variantId"]), (&json!(PRODUCT), &json!(VARIANT)));
    assert_eq!((&line["name"], &line["quantity"]), (&json!("Wireless Headphones"), &json!(2)));
    assert_eq!(line["imageUrl"], "https://cdn.test/1.jpg");
    assert_eq!(header(&added, "etag"), format!("\"{}.1\"", cart["id"].as_str().unwrap()));
    assert_eq!(header(&added, "cache-control"), "private, no-store, no-transform");
    assert_eq!(show(&fake, &token), *cart);
}

#[test]
fn a_mutation_is_one_call_and_the_first_of_a_cart_two() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let body = json!({"productId": PRODUCT, "quantity": 1});
    add(&fake, &token, &body);
    assert_eq!(fake.operations(), ["UpdateItem", "PutItem"]);
    add(&fake, &token, &body);
    assert_eq!(fake.operations(), ["UpdateItem"]);
    fake.ask(send(&token, "PUT", &item(VARIANT), &json!({"quantity": 5})));
    assert_eq!(fake.operations(), ["UpdateItem"]);
    fake.ask(send(&token, "DELETE", &item(VARIANT), &Value::Null));
    assert_eq!(fake.operations(), ["UpdateItem"]);
    fake.ask(send(&token, "DELETE", "/v1/cart", &Value::Null));
    assert_eq!(fake.operations(), ["DeleteItem"]);
}

#[test]
fn an_update_carries_every_rule_in_its_condition() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 3}));
    let sent = fake.sent_to("dynamodb.test");
    let update: Value = serde_json::from_slice(sent[0].body()).unwrap();
    assert_eq!(
        update["UpdateExpression"],
        "SET #ttl = :ttl, #updated = :millis, \
         #quantities.#variant = if_not_exists(#quantities.#variant, :zero) + :quantity, #lines.#variant = :line, \
         #added.#variant = if_not_exists(#added.#variant, :millis), #currency = :currency ADD #version :one"
    );
    assert_eq!(
        update["ConditionExpression"],
        "attribute_exists(#cart) AND #ttl > :now AND \
         (attribute_exists(#quantities.#variant) OR size(#quantities) < :most) AND \
         (attribute_not_exists(#quantities.#variant) OR #quantities.#variant <= :room) AND \
         (#currency = :currency OR size(#quantities) = :zero)"
    );
    assert_eq!(update["ExpressionAttributeValues"][":most"]["N"], "99");
    assert_eq!(update["ExpressionAttributeValues"][":room"]["N"], "996");
    assert_eq!((&update["ReturnValues"], &update["Key"]["userId"]["S"]), (&json!("ALL_NEW"), &json!("user_1")));
    assert_eq!(update["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    let put: Value = serde_json::from_slice(sent[1].body()).unwrap();
    assert_eq!(put["ConditionExpression"], "attribute_not_exists(#owner) OR #ttl <= :now");
}

#[test]
fn post_adds_and_put_sets_and_delete_takes_out() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 2}));
    let added = add(&fake, &token, &json!({"productId": VARIANT, "quantity": 3}));
    assert_eq!(json_of(&added)["cart"]["items"][0]["quantity"], 5);
    let set = fake.ask(send(&token, "PUT", &item(PRODUCT), &json!({"quantity": 3})));
    assert_eq!((set.status().as_u16(), json_of(&set)["message"].clone()), (200, json!("Cart updated")));
    assert_eq!(
        (&json_of(&set)["cart"]["items"][0]["quantity"], &json_of(&set)["cart"]["version"]),
        (&json!(3), &json!(3))
    );
    let removed = fake.ask(send(&token, "DELETE", &item(PRODUCT), &Value::Null));
    assert_eq!(removed.status(), 204);
    assert!(removed.body().is_empty());
    assert!(header(&removed, "etag").ends_with(".4\""));
    let cart = show(&fake, &token);
    assert_eq!((cart["items"].as_array().unwrap().len(), &cart["version"]), (0, &json!(4)));
}

#[test]
fn lines_keep_the_order_in_which_they_were_first_added() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    for variant in [SHIRT_M, VARIANT, SHIRT_S, SHIRT_M] {
        add(&fake, &token, &json!({"productId": variant, "quantity": 1}));
        fake.pass(1);
    }
    let cart = show(&fake, &token);
    let order: Vec<_> =
        cart["items"].as_array().unwrap().iter().map(|line| line["variantId"].as_str().unwrap()).collect();
    assert_eq!(order, [SHIRT_M, VARIANT, SHIRT_S]);
}

#[test]
fn a_product_with_several_variants_needs_one_named() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let unnamed = add(&fake, &token, &json!({"productId": SHIRT, "quantity": 1}));
    assert_eq!(refusal(&unnamed), (400, "VARIANT_REQUIRED".to_owned()));
    let named = add(&fake, &token, &json!({"productId": SHIRT, "variantId": SHIRT_M, "quantity": 1}));
    assert_eq!(json_of(&named)["cart"]["items"][0]["variantId"], SHIRT_M);
    for (method, body) in [("PUT", json!({"quantity": 2})), ("DELETE", Value::Null)] {
        let unnamed = fake.ask(send(&token, method, &item(SHIRT), &body));
        assert_eq!(refusal(&unnamed), (400, "VARIANT_REQUIRED".to_owned()), "{method}");
    }
    let set = fake.ask(send(&token, "PUT", &item(SHIRT), &json!({"variantId": SHIRT_M, "quantity": 2})));
    assert_eq!(json_of(&set)["cart"]["items"][0]["quantity"], 2);
    assert_eq!(fake.ask(send(&token, "DELETE", &item(SHIRT_M), &Value::Null)).status(), 204);
}

#[test]
fn what_is_not_there_is_404() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let not_found = (404, "NOT_FOUND".to_owned());
    for body in [
        json!({"productId": UNKNOWN, "quantity": 1}),
        json!({"productId": "prod_123", "quantity": 1}),
        json!({"productId": PRODUCT, "variantId": SHIRT_M, "quantity": 1}),
        json!({"productId": PRODUCT, "variantId": "var_1", "quantity": 1}),
    ] {
        assert_eq!(refusal(&add(&fake, &token, &body)), not_found, "{body}");
    }
    for cart in ["no cart", "a cart without the line"] {
        for (method, body) in [("PUT", json!({"quantity": 2})), ("DELETE", Value::Null)] {
            for id in [SHIRT_M, VARIANT, PRODUCT] {
                let target = item(id);
                if method == "PUT" && id == SHIRT_M {
                    continue;
                }
                assert_eq!(refusal(&fake.ask(send(&token, method, &target, &body))), not_found, "{cart} {method} {id}");
            }
        }
        add(&fake, &token, &json!({"productId": SHIRT_S, "quantity": 1}));
    }
    assert_eq!(show(&fake, &token)["items"].as_array().unwrap().len(), 1, "nothing was half written");
}

#[test]
fn a_line_of_a_product_that_left_the_catalog_can_be_taken_out() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 1}));
    fake.origin(|_| Ok(crate::fake::problem(404, "NOT_FOUND")));
    fake.pass(4_000);
    assert_eq!(
        fake.ask(send(&tokens::sign(0, long_lived("user_1")), "DELETE", &item(PRODUCT), &Value::Null)).status(),
        204
    );
}

fn long_lived(subject: &str) -> serde_json::Map<String, Value> {
    let mut claims = tokens::claims(subject);
    claims.insert("exp".into(), json!(crate::fake::NOW + 10_000_000));
    claims
}

#[test]
fn bad_bodies_are_refused_by_field_and_change_nothing() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    for (body, field) in [
        (json!({"productId": PRODUCT, "quantity": 0}), "quantity"),
        (json!({"productId": PRODUCT, "quantity": -1}), "quantity"),
        (json!({"productId": PRODUCT, "quantity": 1000}), "quantity"),
        (json!({"productId": PRODUCT, "quantity": "2"}), "quantity"),
        (json!({"productId": PRODUCT, "quantity": 1.5}), "quantity"),
        (json!({"productId": 5, "quantity": 1}), "productId"),
        (json!({"productId": PRODUCT}), "quantity"),
        (json!({"productId": PRODUCT, "quantity": 1, "price": 0.01}), "price"),
        (json!({"productId": VARIANT, "variantId": SHIRT_M, "quantity": 1}), "variantId"),
        (json!([]), "body"),
        (json!([PRODUCT, null, 2]), "body"),
    ] {
        let answer = add(&fake, &token, &body);
        assert_eq!(refusal(&answer), (400, "VALIDATION_ERROR".to_owned()), "{body}");
        assert_eq!(json_of(&answer)["error"]["details"][0]["field"], field, "{body}");
    }
    let raw = |body: &'static str, content_type: &str| {
        let request = shop::request("POST", "/v1/cart/items").header("authorization", format!("Bearer {token}"));
        refusal(&fake.ask(request.header("content-type", content_type).body(body.into()).unwrap()))
    };
    assert_eq!(raw("{", "application/json"), (400, "MALFORMED_JSON".to_owned()));
    assert_eq!(raw("", "application/json"), (400, "MALFORMED_JSON".to_owned()));
    assert_eq!(raw("{}", "text/plain"), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    assert!(fake.operations().is_empty());
}

#[test]
fn a_cart_is_its_owners_alone() {
    let fake = shop::open();
    let (one, other) = (tokens::shopper("user_1"), tokens::shopper("user_2"));
    add(&fake, &one, &json!({"productId": PRODUCT, "quantity": 2}));
    assert_eq!(show(&fake, &other)["items"], json!([]));
    assert_eq!(refusal(&fake.ask(send(&other, "DELETE", &item(VARIANT), &Value::Null))).0, 404);
    assert_eq!(fake.ask(send(&other, "DELETE", "/v1/cart", &Value::Null)).status(), 204);
    assert_eq!(show(&fake, &one)["items"][0]["quantity"], 2);
}

#[test]
fn each_life_of_a_cart_has_an_id_of_its_own() {
    let fake = shop::open();
    let token = tokens::sign(0, long_lived("user_1"));
    let body = json!({"productId": PRODUCT, "quantity": 1});
    let first = json_of(&add(&fake, &token, &body))["cart"].clone();
    assert_eq!(fake.ask(send(&token, "DELETE", "/v1/cart", &Value::Null)).status(), 204);
    assert_eq!(show(&fake, &token)["id"], Value::Null);
    let second = json_of(&add(&fake, &token, &body))["cart"].clone();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["version"], 1);
    fake.pass(30 * 24 * 60 * 60);
    assert_eq!(show(&fake, &token)["id"], Value::Null, "outlived its 30 days, though the item is still stored");
    assert!(fake.cart_item("user_1").is_some());
    assert_eq!(refusal(&fake.ask(send(&token, "PUT", &item(VARIANT), &json!({"quantity": 2})))).0, 404);
    let third = json_of(&add(&fake, &token, &body))["cart"].clone();
    assert_ne!(second["id"], third["id"]);
    assert_eq!((&third["version"], &third["items"][0]["quantity"]), (&json!(1), &json!(1)));
}

#[test]
fn get_never_answers_304() {
    let fake = shop::open();
    let token = tokens::shopper("user_1");
    let added = add(&fake, &token, &json!({"productId": PRODUCT, "quantity": 1}));
    let tag = header(&added, "etag").to_owned();
    let again = fake.ask(with(&token, "GET", "/v1/cart", &Value::Null, &[("if-none-match", &tag)]));
    assert_eq!((again.status().as_u16(), header(&again, "etag")), (200, tag.as_str()));
}
