//! The bodies of the reference, compared with the files in `tests/golden`.

use ::golden::assert_body;
use serde_json::{Value, json};

use crate::shop::{Shop, address};

/// Every member that the reference's body has is in ours, with the same value; ours may have more.
fn assert_covers(ours: &Value, published: &Value) {
    match (ours, published) {
        (Value::Object(ours), Value::Object(published)) => {
            for (name, value) in published {
                assert_covers(ours.get(name).unwrap_or_else(|| panic!("{name} is missing")), value);
            }
        }
        (ours, Value::String(text)) if text == "<any>" => assert!(ours.is_string(), "{ours}"),
        (ours, published) => assert_eq!(ours, published),
    }
}

#[tokio::test]
async fn an_orders_bodies_are_those_of_the_reference() {
    let shop = Shop::open().await;
    let item = shop.item("Wireless Headphones", "99.99", 3).await;
    let ada = shop.shopper("ada");
    shop.fill_cart("ada", &[(&item, 2)]).await;
    let order = json!({"shippingAddress": address(), "paymentMethodId": "pm_stripe_123"});
    let placed = ada.post("/v1/orders", &order).await;
    assert_body("order_created", &placed.json());
    let id = placed.text("/orderId");
    let pay = |method: &str| -> Value {
        let mut body: Value = serde_json::from_str(r#"{"amount": 215.98}"#).unwrap();
        body["orderId"] = json!(id);
        body["paymentMethodId"] = json!(method);
        body
    };
    assert_body("payment_declined", &ada.post("/v1/payments", &pay("pm_card_chargeDeclined")).await.json());
    assert_body("payment_processed", &ada.post("/v1/payments", &pay("pm_stripe_123")).await.json());
    let read = ada.get(&format!("/v1/orders/{id}")).await.json();
    assert_body("order", &read);
    assert_body("order_list", &ada.get("/v1/orders?page=1&limit=10&status=PROCESSING").await.json());
    assert_body("order_invoice", &ada.get(&format!("/v1/orders/{id}/invoice")).await.json());
    assert_body("inventory", &shop.admin().get(&format!("/v1/inventory/{}", item.variant)).await.json());

    shop.fill_cart("ada", &[(&item, 2)]).await;
    assert_body("out_of_stock", &ada.post("/v1/orders", &order).await.json());
    shop.reprice(&item, "109.99").await;
    assert_body("cart_changed", &ada.post("/v1/orders", &order).await.json());
    assert_body("bad_request", &ada.post("/v1/orders", &json!({"shippingAddress": {"street": 1}})).await.json());
    assert_body("not_found", &ada.get("/v1/orders/order_1").await.json());
    let forged = ada.with("x-cc-shopper-token", "forged");
    assert_body("unauthorized", &forged.post("/v1/payments", &pay("pm_stripe_123")).await.json());
}

fn headphones() -> Value {
    json!({
        "name": "Wireless Headphones",
        "description": "High-quality wireless headphones with noise cancellation",
        "price": 99.99,
        "currency": "USD",
        "categoryId": "cat_electronics",
        "images": ["https://cdn.cloudcommerce.com/products/123-1.jpg", "https://cdn.cloudcommerce.com/products/123-2.jpg"],
        "specifications": {"battery": "30 hours", "connectivity": "Bluetooth 5.0", "weight": "250g"},
        "stock": 45
    })
}

#[tokio::test]
async fn a_products_bodies_are_those_of_the_reference() {
    let shop = Shop::open().await;
    shop.category("electronics", None).await;
    let made = shop.admin().post("/v1/products", &headphones()).await;
    // Nobody reviews products yet.
    shop.run("update products set rating = 4.5, review_count = 128", &[]).await;
    let found = shop.shopper("ada").get(&format!("/v1/products/{}", made.text("/id"))).await.json();
    let mut published = headphones();
    published["id"] = json!("<any>");
    published["category"] = json!("electronics");
    published.as_object_mut().unwrap().remove("categoryId");
    published["rating"] = json!(4.5);
    published["reviewCount"] = json!(128);
    published["createdAt"] = json!("<any>");
    published["updatedAt"] = json!("<any>");
    assert_covers(&found, &published);
    assert_body("product", &found);

    let list = "/v1/products?page=1&limit=20&category=electronics&sort=price_asc";
    let list = shop.shopper("ada").get(list).await.json();
    for member in ["images", "specifications", "createdAt", "updatedAt"] {
        published.as_object_mut().unwrap().remove(member);
    }
    published["imageUrl"] = json!("https://cdn.cloudcommerce.com/products/123-1.jpg");
    assert_covers(&list["data"][0], &published);
    assert_covers(&list["pagination"], &json!({"page": 1, "limit": 20, "total": 1, "totalPages": 1}));
    assert_body("product_list", &list);
}

#[tokio::test]
async fn a_new_products_answers_are_those_of_the_reference() {
    let shop = Shop::open().await;
    shop.category("electronics", None).await;
    let mut body = json!({"name": "Smart Watch", "description": "Fitness tracking smartwatch", "price": 199.99,
        "categoryId": "cat_electronics", "stock": 100});
    let made = shop.admin().post("/v1/products", &body).await.json();
    assert_covers(&made, &json!({"id": "<any>", "name": "Smart Watch", "createdAt": "<any>"}));
    assert!(made.get("imageUploadUrl").is_some());
    assert_body("product_created", &made);
    body["price"] = json!(0);
    let refused = shop.admin().post("/v1/products", &body).await;
    assert_eq!(refused.code(), "VALIDATION_ERROR");
    assert_body("product_refused", &refused.json());
}
