//! Goods that come back: what they had cost goes back to the cent, and they are on sale again.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::shop::{Shipped, line, number};

#[tokio::test]
async fn pieces_that_come_back_one_by_one_add_up_to_what_the_order_cost() {
    let shipped = Shipped::to("US").await;
    let mut amounts = Vec::new();
    for key in ["k1", "k2", "k3"] {
        let back = shipped.lamps_back(key, 1).await;
        assert_eq!((back.status.as_u16(), back.text("/refund/status")), (201, "SUCCEEDED".to_owned()), "{back:?}");
        assert_eq!(
            (&back.json()["amount"], &back.json()["shipping"]),
            (&back.json()["refund"]["amount"], &Value::Null)
        );
        amounts.push(back.json()["items"][0]["amount"].to_string());
    }
    assert_eq!(amounts, ["35.52", "35.51", "35.52"]);
    assert_eq!(shipped.read().await["refundStatus"], "partial");
    let broken = json!({"items": [line(&shipped.chair, 2, false)], "shippingRefund": true, "reason": "Broken legs"});
    let rest = shipped.take_back("k4", &broken).await;
    assert_eq!(rest.status, 201, "{rest:?}");
    let body = rest.json();
    assert_eq!(
        (&body["items"][0]["amount"], &body["shipping"], &body["amount"], &body["restocked"], &body["reason"]),
        (&number("21.32"), &number("5.33"), &number("26.65"), &json!(true), &json!("Broken legs"))
    );
    assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![3552, 3551, 3552, 2665], 0));
    let order = shipped.read().await;
    assert_eq!((&order["status"], &order["refundStatus"]), (&json!("REFUNDED"), &json!("full")));
    // The broken chairs are not.
    shipped.assert_in_stock(10, 8).await;
    assert_eq!(shipped.shop.events("OrderReturned").await, 4);
    assert_eq!(shipped.shop.count("select count(*) from stock_ledger where kind = 'return'").await, 3);
    shipped.shop.assert_events_are_right().await;
    assert_eq!(shipped.shop.repaired(&shipped.lamp).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_paid_with_tax_in_its_prices_goes_back_as_it_was_priced() {
    let shipped = Shipped::to("DE").await;
    let items = [line(&shipped.lamp, 2, true), line(&shipped.chair, 1, true)];
    let back = shipped.take_back("k1", &json!({"items": items, "shippingRefund": true})).await;
    assert_eq!(back.status, 201, "{back:?}");
    let body = back.json();
    let mut of_items: Vec<String> =
        body["items"].as_array().unwrap().iter().map(|item| item["amount"].to_string()).collect();
    of_items.sort();
    assert_eq!(of_items, ["10.01", "66.70"]);
    assert_eq!((&body["shipping"], &body["amount"]), (&number("9.90"), &number("86.61")));
    assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![8661], 12_997 - 8661));
    shipped.assert_in_stock(9, 9).await;
}

#[tokio::test]
async fn a_return_is_seen_by_its_customer_and_the_shop() {
    let shipped = Shipped::to("US").await;
    let back = shipped.lamps_back("k1", 2).await;
    for caller in [shipped.shop.shopper("ada"), shipped.shop.admin()] {
        let listed = caller.get(&shipped.path()).await;
        assert_eq!((listed.status.as_u16(), listed.json()["data"].clone()), (200, json!([back.json()])));
    }
    assert_eq!(shipped.shop.shopper("bob").get(&shipped.path()).await.status, 404);
    let timeline = shipped.shop.shopper("ada").get(&format!("/v1/orders/{}/timeline", shipped.order)).await.json();
    let entries = timeline["data"].as_array().unwrap();
    let told = entries.iter().find(|entry| entry["event"] == "OrderReturned").unwrap();
    assert_eq!((&told["data"]["returnId"], &told["data"]["amount"]), (&back.json()["id"], &number("71.03")));
    assert_eq!(told["data"]["items"][0]["quantity"], 2);
}

#[tokio::test]
async fn a_return_needs_a_key_goods_that_left_and_the_shop() {
    let shipped = Shipped::paid("US").await;
    let body = json!({"items": [line(&shipped.lamp, 1, true)]});
    for (status, advice) in [("PENDING", true), ("PROCESSING", true), ("CANCELLED", false), ("FAILED", false)] {
        shipped.force_status(status).await;
        let early = shipped.take_back("k", &body).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "CONFLICT".to_owned()), "{status}");
        assert_eq!(early.text("/detail").contains("can be cancelled"), advice, "{status}");
    }
    shipped.force_status("DELIVERED").await;
    assert_eq!(shipped.shop.admin().post(&shipped.path(), &body).await.code(), "IDEMPOTENCY_KEY_REQUIRED");
    let ada = shipped.shop.shopper("ada").with("idempotency-key", "k");
    assert_eq!(ada.post(&shipped.path(), &body).await.status, 403);
    let lamp = line(&shipped.lamp, 1, true);
    for (body, field) in [
        (json!({"items": []}), "items"),
        (json!({"items": vec![lamp.clone(); 100]}), "items"),
        (json!({"items": [lamp, lamp]}), "items.variantId"),
        (json!({"items": [line(&shipped.lamp, 0, true)]}), "items.quantity"),
        (json!({"items": [line(&shipped.lamp, 1000, true)]}), "items.quantity"),
        (json!({"items": [{"variantId": "var_1", "quantity": 1, "restock": true}]}), "items.variantId"),
        (json!({"items": [lamp], "reason": " "}), "reason"),
        (json!({"items": [lamp], "amount": 1}), "amount"),
    ] {
        let refused = shipped.take_back("k", &body).await;
        assert_eq!(refused.status, 400, "{body} {refused:?}");
        assert!(refused.fields().contains(&field.to_owned()), "{body} {refused:?}");
    }
    let nobodys = shipped.shop.admin().with("idempotency-key", "k");
    let path = "/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g/returns";
    assert_eq!(nobodys.post(path, &body).await.status, 404);
    assert_eq!((shipped.sent_back(), shipped.shop.count("select count(*) from returns").await), (vec![], 0));
    // None of these has used the key up.
    assert_eq!(shipped.take_back("k", &body).await.status, 201);
}

#[tokio::test]
async fn no_more_comes_back_than_was_ordered() {
    let shipped = Shipped::to("US").await;
    assert_eq!(shipped.lamps_back("k1", 2).await.status, 201);
    let stranger = shipped.shop.item("Sofa", "1.00", 1).await;
    let items = [line(&shipped.lamp, 2, true), line(&shipped.chair, 2, true), line(&stranger, 1, true)];
    let refused = shipped.take_back("k2", &json!({"items": items})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "RETURN_TOO_LARGE".to_owned()), "{refused:?}");
    let left = |item: &crate::shop::Item, left: u32| json!({"variantId": item.variant.to_string(), "quantity": left});
    assert_eq!(refused.json()["returnable"], json!([left(&shipped.lamp, 1), left(&stranger, 0)]));
    assert_eq!(shipped.shop.count("select sum(returned)::bigint from order_items").await, 2);
    assert_eq!(shipped.lamps_back("k3", 1).await.status, 201);
    assert_eq!(shipped.lamps_back("k4", 1).await.code(), "RETURN_TOO_LARGE");
}

#[tokio::test]
async fn shipping_goes_back_once() {
    let shipped = Shipped::to("US").await;
    let with_shipping = json!({"items": [line(&shipped.lamp, 1, true)], "shippingRefund": true});
    assert_eq!(shipped.take_back("k1", &with_shipping).await.json()["amount"], number("40.85"));
    let again = shipped.take_back("k2", &with_shipping).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "CONFLICT".to_owned()), "{again:?}");
    assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![4085], 9235));
    shipped.assert_in_stock(8, 8).await;
}

#[tokio::test]
async fn goods_come_back_also_where_less_money_is_left_than_they_had_cost() {
    let shipped = Shipped::to("US").await;
    assert_eq!(shipped.refund_by_hand(Some("120.00")).await.status, 201);
    let lamps = shipped.lamps_back("k1", 3).await;
    assert_eq!((&lamps.json()["amount"], &lamps.json()["refund"]["amount"]), (&number("106.55"), &number("13.20")));
    assert_eq!(shipped.read().await["status"], "REFUNDED");
    let chairs = shipped.take_back("k2", &json!({"items": [line(&shipped.chair, 2, true)]})).await;
    assert_eq!((chairs.status.as_u16(), &chairs.json()["refund"]), (201, &Value::Null), "{chairs:?}");
    assert_eq!((shipped.sent_back(), shipped.kept().await), (vec![12_000, 1320], 0));
    shipped.assert_in_stock(10, 10).await;
    shipped.shop.assert_events_are_right().await;
}

#[tokio::test]
async fn a_repeated_request_is_one_return_and_another_key_another() {
    let shipped = Shipped::to("US").await;
    let (one, same) = (shipped.lamps_back("k1", 1).await, shipped.lamps_back("k1", 1).await);
    assert_eq!((&one.body, same.header("idempotent-replayed")), (&same.body, Some("true")));
    assert_eq!(shipped.lamps_back("k1", 2).await.code(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(shipped.lamps_back("k2", 1).await.status, 201);
    // Long after the answer was forgotten, it is still the same return.
    shipped.shop.clock.advance(SignedDuration::from_hours(25));
    shipped.shop.run("delete from idempotency_keys", &[]).await;
    assert_eq!(shipped.lamps_back("k1", 1).await.text("/id"), one.text("/id"));
    assert_eq!((shipped.sent_back(), shipped.shop.events("OrderReturned").await), (vec![3552, 3551], 2));
    shipped.assert_in_stock(9, 8).await;
}
