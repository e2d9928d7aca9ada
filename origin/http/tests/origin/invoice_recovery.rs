//! One invoice and one credit note each, in a series without a gap, whoever issues them and wherever that stops.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::{consumers::Consumer, hooks::HookPoint};
use serde_json::{Value, json};

use crate::{
    consumers::Working,
    invoices::series,
    shop::{Placed, Shop, address},
};

#[tokio::test]
async fn the_consumer_issues_what_nobody_has_asked_for_and_once() {
    let placed = Placed::new().await;
    let invoices = Working::on(&placed.shop, Consumer::Invoices).await;
    assert_eq!(placed.pay("pm_card_visa").await.status, 200);
    assert_eq!(placed.refund("k1", Some("10.00")).await.status, 201);
    placed.shop.relay().await;
    assert_eq!(invoices.all(&placed.shop).await, 2);
    assert_eq!(placed.numbers().await, series(2024, &[1, 2]));
    assert_eq!(placed.invoice().await.json()["creditNotes"][0]["total"].to_string(), "10.00");
    // Delivered again, long after.
    placed.shop.run("update outbox set published_at = null", &[]).await;
    placed.shop.clock.advance(SignedDuration::from_hours(24));
    placed.shop.relay().await;
    assert_eq!(invoices.all(&placed.shop).await, 2);
    assert_eq!(placed.numbers().await, series(2024, &[1, 2]));
}

#[tokio::test]
async fn the_consumer_and_a_reader_at_once_issue_one() {
    for point in [HookPoint::BeforeIssue, HookPoint::AfterIssue] {
        let placed = Placed::new().await;
        let invoices = Working::on(&placed.shop, Consumer::Invoices).await;
        assert_eq!(placed.pay("pm_card_visa").await.status, 200);
        placed.shop.relay().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let (consumed, read) = join(invoices.all(&placed.shop), async {
            pause.reached().await;
            let read = placed.invoice().await;
            pause.release();
            read
        })
        .await;
        assert_eq!((consumed, read.status.as_u16()), (1, 200), "{point:?}");
        assert_eq!(placed.numbers().await, series(2024, &[1]), "{point:?}");
        assert_eq!(placed.invoice().await.body, read.body, "{point:?}");
        // The next order's number is the next one: none was lost.
        let second = another_paid_order(&placed.shop).await;
        assert_eq!(second["invoice"]["number"], series(2024, &[2])[0], "{point:?}");
    }
}

/// The invoice of a further order.
async fn another_paid_order(shop: &Shop) -> Value {
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("bob", &[(&item, 1)]).await;
    let bob = shop.shopper("bob");
    let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
    let order = bob.post("/v1/orders", &body).await.text("/orderId");
    let amount: Value = serde_json::from_str("64.80").unwrap();
    assert_eq!(bob.post("/v1/payments", &json!({"orderId": order, "amount": amount})).await.status, 200);
    bob.get(&format!("/v1/orders/{order}/invoice")).await.json()
}

#[tokio::test]
async fn issuing_that_is_stopped_anywhere_leaves_one_paper_and_no_gap() {
    for point in [HookPoint::BeforeIssue, HookPoint::AfterIssue] {
        let placed = Placed::paid_with("pm_card_visa").await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.invoice().await.status, 503, "{point:?}");
        assert!(placed.shop.stops.was_reached());
        let issued = if point == HookPoint::BeforeIssue { vec![] } else { series(2024, &[1]) };
        assert_eq!(placed.numbers().await, issued, "{point:?}");
        assert_eq!(placed.invoice().await.text("/invoice/number"), series(2024, &[1])[0], "{point:?}");
        assert_eq!(placed.refund("k1", Some("10.00")).await.status, 201);
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.pdf().await.status, 503, "{point:?}");
        assert_eq!(placed.invoice().await.json()["creditNotes"].as_array().map(Vec::len), Some(1), "{point:?}");
        assert_eq!(placed.numbers().await, series(2024, &[1, 2]), "{point:?}");
    }
}

#[tokio::test]
async fn a_consumer_that_is_stopped_gets_its_event_again() {
    for point in [HookPoint::BeforeIssue, HookPoint::AfterIssue] {
        let placed = Placed::new().await;
        let invoices = Working::on(&placed.shop, Consumer::Invoices).await;
        assert_eq!(placed.pay("pm_card_visa").await.status, 200);
        placed.shop.relay().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(invoices.all(&placed.shop).await, 2, "{point:?}");
        assert_eq!(placed.numbers().await, series(2024, &[1]), "{point:?}");
    }
}

#[tokio::test]
async fn a_years_series_begins_where_the_seller_is() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.invoice().await.text("/invoice/number"), "CC-2024-000001");
    // Half past midnight in Berlin.
    placed.shop.clock.set("2024-12-31T23:30:00Z".parse().unwrap());
    assert_eq!(placed.refund("k1", Some("10.00")).await.status, 201);
    let note = placed.invoice().await.json()["creditNotes"][0].clone();
    assert_eq!((&note["number"], &note["issuedOn"]), (&json!("CC-2025-000001"), &json!("2025-01-01")));
    assert_eq!(note["invoiceNumber"], "CC-2024-000001");
}
