//! `PUT /inventory/{productId}`, by its rules.

use futures_util::future::join_all;
use http::Method;
use origin_core::inventory::{BackorderLimit, LimitOutcome, SetLimits as _};
use serde_json::json;

use crate::shop::{Levels, Shop};

fn both(count: i64) -> Levels {
    Levels { on_hand: count, reserved: 0, ledger: count }
}

#[tokio::test]
async fn goods_that_come_and_go_are_in_the_ledger_and_on_the_counters() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let came = shop.adjust(&lamp, &json!({"delta": 25, "reason": "receipt"})).await;
    assert_eq!((came.status.as_u16(), came.header("etag")), (200, Some("\"2\"")), "{came:?}");
    assert_eq!((&came.json()["onHand"], &came.json()["version"]), (&json!(30), &json!(2)));
    assert_eq!(shop.on_hand(&lamp).await, both(30));
    // By the product's id, and for the reason that there is if none is given.
    let gone = shop.admin().send(Method::PUT, &format!("/v1/inventory/{}", lamp.product), r#"{"delta": -3}"#).await;
    assert_eq!(gone.status, 200, "{gone:?}");
    assert_eq!(shop.on_hand(&lamp).await, both(27));
    let read = shop.admin().get(&format!("/v1/inventory/{}", lamp.variant)).await;
    assert_eq!((read.header("etag"), read.json()), (gone.header("etag"), gone.json()));
    let entries = "select count(*) from stock_ledger where reference like 'adj_%'
        and (kind, quantity) in (('receipt', 25), ('correction', -3))";
    assert_eq!(shop.count(entries).await, 2);
}

#[tokio::test]
async fn what_is_held_does_not_leave() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    shop.order("ada", &[(&lamp, 3)]).await.unwrap();
    let refused = shop.adjust(&lamp, &json!({"delta": -3})).await;
    assert_eq!((refused.status.as_u16(), refused.fields()), (409, vec!["delta".to_owned()]), "{refused:?}");
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 5, reserved: 3, ledger: 5 });
    assert_eq!(shop.count("select count(*) from stock_adjustments where state = 'REFUSED'").await, 1);
    assert_eq!(shop.adjust(&lamp, &json!({"delta": -2})).await.status, 200);
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 3, reserved: 3, ledger: 3 });
}

#[tokio::test]
async fn a_change_meets_the_version_that_the_client_has_seen() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let path = format!("/v1/inventory/{}", lamp.variant);
    let put = |tag: &'static str| {
        let admin = shop.admin().with("if-match", tag);
        let path = path.clone();
        async move { admin.send(Method::PUT, &path, r#"{"delta": 1}"#).await }
    };
    assert_eq!(put("\"7\"").await.code(), "PRECONDITION_FAILED");
    assert_eq!(put("\"7\", \"1\"").await.header("etag"), Some("\"2\""));
    assert_eq!(put("\"1\"").await.status, 412);
    assert_eq!(put("*").await.status, 200);
    // Of two who have seen the same, one is refused.
    let (one, other) = tokio::join!(put("\"3\""), put("\"3\""));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(shop.on_hand(&lamp).await, both(8));
}

#[tokio::test]
async fn changes_at_once_all_land() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let body = json!({"delta": 2, "reason": "receipt"});
    let answers = join_all((0..8).map(|_| shop.adjust(&lamp, &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(shop.on_hand(&lamp).await, both(21));
}

#[tokio::test]
async fn a_key_moves_goods_once() {
    let shop = Shop::open().await;
    let (lamp, chair) = (shop.received("Lamp", 5).await, shop.received("Chair", 5).await);
    let admin = shop.admin().with("idempotency-key", "k1");
    let path = format!("/v1/inventory/{}", lamp.variant);
    let first = admin.send(Method::PUT, &path, r#"{"delta": 1}"#).await;
    let again = admin.send(Method::PUT, &path, r#"{"delta": 1}"#).await;
    assert_eq!((first.status.as_u16(), again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!((&first.body, first.header("etag")), (&again.body, again.header("etag")));
    assert_eq!(admin.send(Method::PUT, &path, r#"{"delta": 2}"#).await.code(), "IDEMPOTENCY_KEY_REUSED");
    let other = format!("/v1/inventory/{}", chair.variant);
    assert_eq!(admin.send(Method::PUT, &other, r#"{"delta": 1}"#).await.code(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!((shop.on_hand(&lamp).await, shop.on_hand(&chair).await), (both(6), both(5)));
}

#[tokio::test]
async fn a_refusal_is_replayed_and_a_failed_precondition_is_not() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    let path = format!("/v1/inventory/{}", lamp.variant);
    let admin = shop.admin().with("idempotency-key", "k1");
    let refused = admin.send(Method::PUT, &path, r#"{"delta": -6}"#).await;
    shop.adjust(&lamp, &json!({"delta": 5})).await;
    let again = admin.send(Method::PUT, &path, r#"{"delta": -6}"#).await;
    assert_eq!((refused.status.as_u16(), again.header("idempotent-replayed")), (409, Some("true")), "{refused:?}");
    assert_eq!(refused.body, again.body);
    let admin = shop.admin().with("idempotency-key", "k2");
    let mismatch = admin.with("if-match", "\"1\"").send(Method::PUT, &path, r#"{"delta": 1}"#).await;
    let met = admin.with("if-match", "\"2\"").send(Method::PUT, &path, r#"{"delta": 1}"#).await;
    assert_eq!((mismatch.status.as_u16(), met.status.as_u16()), (412, 200), "{met:?}");
    assert_eq!(shop.on_hand(&lamp).await, both(11));
}

#[tokio::test]
async fn a_body_says_what_changes_and_nothing_else() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 5).await;
    for (body, field) in [
        (json!({}), "delta"),
        (json!({"delta": 0}), "delta"),
        (json!({"delta": 1_000_001}), "delta"),
        (json!({"delta": i64::MIN}), "delta"),
        (json!({"delta": 1.5}), "delta"),
        (json!({"delta": "1"}), "delta"),
        (json!({"delta": null, "reason": "receipt"}), "delta"),
        (json!({"delta": -1, "reason": "receipt"}), "reason"),
        (json!({"delta": 1, "reason": "sale"}), "reason"),
        (json!({"lowStockThreshold": -1}), "lowStockThreshold"),
        (json!({"lowStockThreshold": 1_000_001}), "lowStockThreshold"),
        (json!({"delta": 1, "onHand": 7}), "onHand"),
    ] {
        let refused = shop.adjust(&lamp, &body).await;
        assert_eq!(refused.status, 400, "{body} {refused:?}");
        assert!(refused.fields().contains(&field.to_owned()), "{body} {refused:?}");
    }
    let unknown = format!("/v1/inventory/var_{}", "01h4vjdvzefw18zfwz5dxw5y8g");
    assert_eq!(shop.admin().send(Method::PUT, &unknown, r#"{"delta": 1}"#).await.status, 404);
    let path = format!("/v1/inventory/{}", lamp.variant);
    assert_eq!(shop.shopper("ada").send(Method::PUT, &path, r#"{"delta": 1}"#).await.status, 403);
    assert_eq!(shop.on_hand(&lamp).await, both(5));
    assert_eq!(shop.count("select count(*) from stock_adjustments").await, 0);
}

#[tokio::test]
async fn all_variants_are_listed_page_by_page() {
    let shop = Shop::open().await;
    let mut variants = Vec::new();
    for name in ["Lamp", "Chair", "Desk"] {
        variants.push(shop.received(name, 5).await.variant.to_string());
    }
    variants.sort_unstable();
    let list = |page: u32| {
        let admin = shop.admin();
        async move { admin.get(&format!("/v1/inventory?page={page}&limit=2")).await.json() }
    };
    let (first, second) = (list(1).await, list(2).await);
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|row| row["variantId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!([ids(&first), ids(&second)].concat(), variants);
    assert_eq!((&first["pagination"]["total"], &list(3).await["pagination"]["total"]), (&json!(3), &json!(3)));
    assert_eq!(shop.admin().get("/v1/inventory?lowStock=maybe").await.fields(), ["lowStock"]);
}

#[tokio::test]
async fn pieces_beyond_the_stock_are_paid_and_leave_less_than_nothing_on_hand() {
    let shop = Shop::open().await;
    let lamp = shop.received("Lamp", 1).await;
    shop.run("update variants set backorder_limit = 3", &[]).await;
    let limit = BackorderLimit { variant_id: lamp.variant, limit: 3 };
    assert_eq!(shop.stock.set_limits(&[limit]).await, Ok(vec![LimitOutcome::Set]));
    let order = shop.order("ada", &[(&lamp, 3)]).await.unwrap();
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 1, reserved: 3, ledger: 1 });
    let body = json!({"orderId": order, "amount": serde_json::from_str::<serde_json::Value>("194.40").unwrap()});
    let paid = shop.shopper("ada").post("/v1/payments", &body).await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    assert_eq!(shop.on_hand(&lamp).await, both(-2));
    let shown = shop.admin().get(&format!("/v1/inventory/{}", lamp.variant)).await.json();
    assert_eq!([&shown["onHand"], &shown["reserved"], &shown["available"]], [&json!(-2), &json!(0), &json!(-2)]);
    assert_eq!(shop.shopper("ada").get(&format!("/v1/orders/{order}")).await.text("/status"), "PROCESSING");
    assert_eq!(shop.reconcile().await["findings"], json!([]));
    // The limit is one away, and the goods that come are those that were sold.
    assert_eq!(shop.order("bob", &[(&lamp, 2)]).await, None);
    assert!(shop.order("bob", &[(&lamp, 1)]).await.is_some());
    let came = shop.adjust(&lamp, &json!({"delta": 5, "reason": "receipt"})).await;
    assert_eq!((came.status.as_u16(), &came.json()["available"]), (200, &json!(2)), "{came:?}");
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 3, reserved: 1, ledger: 3 });
    // What is called off is not on hand twice.
    assert_eq!(shop.shopper("ada").post(&format!("/v1/orders/{order}/cancel"), &json!({})).await.status, 200);
    assert_eq!(shop.on_hand(&lamp).await, Levels { on_hand: 6, reserved: 1, ledger: 6 });
    assert_eq!(shop.reconcile().await["findings"], json!([]));
}
