//! The bodies of the reference as files, ids and secrets masked.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::shop::{Shop, address};

/// Compares with the file, or writes it where `UPDATE_GOLDEN` is set.
fn check(name: &str, body: &Value) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(format!("{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(&masked(body)).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{name}: run with UPDATE_GOLDEN=1 if the change is meant");
}

/// The body with every id, and everything that the provider made up, by its kind.
fn masked(body: &Value) -> Value {
    match body {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), masked(value))).collect(),
        Value::Array(values) => values.iter().map(masked).collect(),
        Value::String(text) => Value::String(masked_text(text)),
        other => other.clone(),
    }
}

fn masked_text(text: &str) -> String {
    for prefix in ["order", "prod", "var", "pay", "cart"] {
        let id = format!("{prefix}_");
        if text.starts_with(&id) && text.len() == id.len() + 26 {
            return format!("<{prefix} id>");
        }
    }
    if text.starts_with("http://127.0.0.1") { "<provider's url>".to_owned() } else { text.to_owned() }
}

#[tokio::test]
async fn the_references_bodies_are_kept() {
    let shop = Shop::open().await;
    let item = shop.item("Wireless Headphones", "99.99", 3).await;
    let ada = shop.shopper("ada");
    shop.fill_cart("ada", &[(&item, 2)]).await;
    let order = json!({"shippingAddress": address(), "paymentMethodId": "pm_stripe_123"});
    let placed = ada.post("/v1/orders", &order).await;
    check("order_created", &placed.json());
    let id = placed.text("/orderId");
    let pay = |method: &str| -> Value {
        let mut body: Value = serde_json::from_str(r#"{"amount": 215.98}"#).unwrap();
        body["orderId"] = json!(id);
        body["paymentMethodId"] = json!(method);
        body
    };
    check("payment_declined", &ada.post("/v1/payments", &pay("pm_card_chargeDeclined")).await.json());
    check("payment_processed", &ada.post("/v1/payments", &pay("pm_stripe_123")).await.json());
    let read = ada.get(&format!("/v1/orders/{id}")).await.json();
    check("order", &read);
    check("order_list", &ada.get("/v1/orders?page=1&limit=10&status=PROCESSING").await.json());
    check("inventory", &shop.admin().get(&format!("/v1/inventory/{}", item.variant)).await.json());

    shop.fill_cart("ada", &[(&item, 2)]).await;
    check("out_of_stock", &ada.post("/v1/orders", &order).await.json());
    shop.reprice(&item, "109.99").await;
    check("cart_changed", &ada.post("/v1/orders", &order).await.json());
    check("bad_request", &ada.post("/v1/orders", &json!({"shippingAddress": {"street": 1}})).await.json());
    check("not_found", &ada.get("/v1/orders/order_1").await.json());
    let forged = ada.with("x-cc-shopper-token", "forged");
    check("unauthorized", &forged.post("/v1/payments", &pay("pm_stripe_123")).await.json());
}
