//! Orders that are called off before they are shipped.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::{DynamoSwitches, Faults, payments::Operation};

use crate::shop::{Answer, Placed, address};

impl Placed {
    pub(crate) async fn cancel_as(&self, caller: &str) -> Answer {
        let path = format!("/v1/orders/{}/cancel", self.order);
        let caller = if caller == "admin" { self.shop.admin() } else { self.shop.shopper(caller) };
        caller.post(&path, &json!({})).await
    }

    pub(crate) async fn cancel(&self) -> Answer {
        self.cancel_as("ada").await
    }

    pub(crate) async fn sweep_after(&self, seconds: i64) {
        self.shop.clock.advance(SignedDuration::from_secs(seconds));
        self.shop.sweep().await.unwrap();
    }

    /// Called off, nothing kept, everything on sale, and told once.
    pub(crate) async fn assert_cancelled(&self, charged: bool) {
        assert_eq!(self.status().await, "CANCELLED");
        assert_eq!((self.stock().await, self.kept().await), ((5, 0), 0));
        assert_eq!(self.sent_back().iter().sum::<u64>(), if charged { 6480 } else { 0 });
        assert_eq!((self.events("OrderCancelled").await, self.events("OrderFailed").await), (1, 0));
        let shop = &self.shop;
        assert_eq!(
            shop.count("select count(*) from orders where hold_step is not null or closing is not null").await,
            0
        );
        assert_eq!(shop.count("select count(*) from refunds where state = 'PENDING'").await, 0);
        assert_eq!(
            shop.count("select coalesce(sum(quantity), 0)::bigint from stock_ledger where kind <> 'receipt'").await,
            0
        );
        let variants = "select count(*) from variants where stock <> 5";
        let products = "select count(*) from products where stock <> 5";
        assert_eq!((shop.count(variants).await, shop.count(products).await), (0, 0));
        self.assert_events_are_right().await;
    }
}

#[tokio::test]
async fn an_order_that_was_not_paid_is_called_off_with_its_payment_and_its_hold() {
    for method in [None, Some("pm_card_chargeDeclined"), Some("pm_card_threeDSecure2Required")] {
        let placed = Placed::new().await;
        if let Some(method) = method {
            placed.pay(method).await;
        }
        let cancelled = placed.cancel().await;
        assert_eq!((cancelled.status.as_u16(), cancelled.text("/status")), (200, "CANCELLED".to_owned()), "{method:?}");
        placed.assert_cancelled(false).await;
        assert_eq!((placed.hold().await, placed.charges()), ("RELEASED".to_owned(), 0));
        assert_eq!(placed.pay("pm_card_visa").await.status, 409);
        assert_eq!(placed.cancel().await.status, 200, "and again");
        placed.assert_cancelled(false).await;
    }
}

#[tokio::test]
async fn an_order_that_was_paid_is_called_off_with_its_money_and_its_goods_back() {
    for (caller, reason) in [("ada", "customer"), ("admin", "shop")] {
        let placed = Placed::paid_with("pm_card_visa").await;
        let cancelled = placed.cancel_as(caller).await;
        assert_eq!(
            (cancelled.status.as_u16(), cancelled.text("/refundStatus")),
            (200, "full".to_owned()),
            "{cancelled:?}"
        );
        placed.assert_cancelled(true).await;
        assert_eq!((placed.hold().await, placed.events("RefundSucceeded").await), ("RETURNED".to_owned(), 1));
        let told =
            format!("select count(*) from outbox where event = 'OrderCancelled' and payload ->> 'reason' = '{reason}'");
        assert_eq!(placed.shop.count(&told).await, 1);
        assert_eq!(placed.cancel().await.status, 200, "and again");
        placed.sweep_after(31).await;
        placed.assert_cancelled(true).await;
        // What was ordered can be ordered again.
        placed.shop.fill_cart("ada", &[(&placed.item, 5)]).await;
        let again = placed.shop.shopper("ada").post("/v1/orders", &json!({"shippingAddress": address()})).await;
        assert_eq!(again.status, 201);
    }
}

#[tokio::test]
async fn nobody_calls_off_what_is_not_theirs_or_is_over() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.cancel_as("bob").await.status, 404);
    let path = format!("/v1/orders/{}/cancel", placed.order);
    let ada = placed.shop.shopper("ada");
    assert_eq!(ada.post(&path, &json!({"reason": "none"})).await.status, 400);
    assert_eq!(ada.with("x-cc-shopper-token", "forged").post(&path, &json!({})).await.status, 401);
    for status in ["SHIPPED", "DELIVERED", "FAILED", "REFUNDED"] {
        placed.shop.run("update orders set status = $1", &[&status]).await;
        let refused = placed.cancel().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()), "{status}");
    }
    assert_eq!((placed.stock().await, placed.kept().await), ((4, 0), 6480));
}

#[tokio::test]
async fn what_went_back_before_does_not_go_back_again() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.refund("k1", Some("20.00")).await.status, 201);
    assert_eq!(placed.cancel().await.status, 200);
    placed.assert_cancelled(true).await;
    assert_eq!(placed.sent_back(), [2000, 4480]);
}

#[tokio::test]
async fn a_cancellation_that_is_stopped_anywhere_is_finished_by_the_sweep_or_by_its_repetition() {
    let points = [
        HookPoint::BeforeCancel,
        HookPoint::AfterCancel,
        HookPoint::AfterReturn,
        HookPoint::BeforeMoneyBack,
        HookPoint::AfterMoneyBack,
        HookPoint::BeforeRefunded,
        HookPoint::AfterRefunded,
    ];
    for point in points {
        for repeated in [false, true] {
            let placed = Placed::paid_with("pm_card_visa").await;
            placed.shop.stops.stop_once_at(point);
            // A refund that is stopped is the sweep's; the order is called off all the same.
            placed.cancel().await;
            assert!(placed.shop.stops.was_reached(), "{point:?}");
            if repeated || point == HookPoint::BeforeCancel {
                assert_eq!(placed.cancel().await.status, 200, "{point:?}");
            }
            placed.sweep_after(31).await;
            placed.assert_cancelled(true).await;
        }
    }
}

#[tokio::test]
async fn a_repetition_under_a_key_is_answered_with_the_same_answer() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let path = format!("/v1/orders/{}/cancel", placed.order);
    let ada = placed.shop.shopper("ada").with("idempotency-key", "k1");
    let (one, same) = (ada.post(&path, &json!({})).await, ada.post(&path, &json!({})).await);
    assert_eq!((one.status, &one.body), (same.status, &same.body));
    assert_eq!(same.header("idempotent-replayed"), Some("true"));
    let other = ada.post("/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g/cancel", &json!({})).await;
    assert_eq!(other.status, 404, "the key is that of another order's request");
}

#[tokio::test]
async fn an_order_that_is_paid_and_called_off_at_once_is_one_of_the_two() {
    for point in [HookPoint::AfterAttempt, HookPoint::BeforeConfirm, HookPoint::AfterConfirm, HookPoint::BeforeSettle] {
        let placed = Placed::new().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let (paid, cancelled) = join(placed.pay("pm_card_visa"), async {
            pause.reached().await;
            let cancelled = placed.cancel().await;
            pause.release();
            cancelled
        })
        .await;
        assert_eq!((paid.status.as_u16(), cancelled.code()), (200, "PAYMENT_IN_PROGRESS".to_owned()), "{point:?}");
        placed.assert_paid().await;
        assert_eq!(placed.cancel().await.status, 200);
        placed.assert_cancelled(true).await;
    }
}

#[tokio::test]
async fn a_hold_that_has_not_followed_its_payment_is_released_when_the_order_is_called_off() {
    for point in [HookPoint::AfterSettle, HookPoint::AfterStock] {
        let placed = Placed::new().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.pay("pm_card_visa").await.status, 503);
        assert_eq!(placed.cancel().await.status, 200, "{point:?}");
        placed.assert_cancelled(true).await;
        placed.sweep_after(31).await;
        placed.assert_cancelled(true).await;
        assert_eq!(placed.events("PaymentStranded").await, 0);
    }
}

#[tokio::test]
async fn the_payment_that_follows_late_does_not_take_returned_goods_away_again() {
    let placed = Placed::new().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::AfterSettle);
    let (paid, cancelled) = join(placed.pay("pm_card_visa"), async {
        pause.reached().await;
        let cancelled = placed.cancel().await;
        pause.release();
        cancelled
    })
    .await;
    assert_eq!((paid.status.as_u16(), cancelled.status.as_u16()), (200, 200));
    placed.sweep_after(31).await;
    placed.assert_cancelled(true).await;
    assert_eq!(placed.events("PaymentStranded").await, 0);
}

#[tokio::test]
async fn two_who_call_an_order_off_at_once_send_the_money_and_the_goods_back_once() {
    for _ in 0..5 {
        let placed = Placed::paid_with("pm_card_visa").await;
        let (one, other) = join(placed.cancel(), placed.cancel_as("admin")).await;
        assert!(one.status == 200 && other.status == 200, "{one:?} {other:?}");
        placed.sweep_after(31).await;
        placed.assert_cancelled(true).await;
    }
}

#[tokio::test]
async fn stores_and_providers_that_fail_are_followed_up_by_the_sweep() {
    let placed = Placed::paid_with("pm_card_visa").await;
    placed.shop.timer.hurry(true);
    placed.shop.dynamo_faults.set(DynamoSwitches {
        throttle: 1000,
        only: vec!["TransactWriteItems".to_owned()],
        ..DynamoSwitches::default()
    });
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Refund], ..Faults::default() });
    let cancelled = placed.cancel().await;
    assert_eq!((cancelled.status.as_u16(), cancelled.text("/refundStatus")), (200, "none".to_owned()), "{cancelled:?}");
    assert_eq!((placed.stock().await, placed.sent_back()), ((4, 0), vec![]));
    placed.shop.dynamo_faults.set(DynamoSwitches::default());
    placed.faults(Faults::default());
    placed.sweep_after(31).await;
    placed.assert_cancelled(true).await;
}

#[tokio::test]
async fn goods_come_back_though_their_hold_was_cleared_away_long_ago() {
    let placed = Placed::paid_with("pm_card_visa").await;
    placed.forget_hold().await;
    assert_eq!(placed.cancel().await.status, 200);
    placed.assert_cancelled(true).await;
    assert_eq!(placed.hold().await, "RETURNED");
    assert_eq!(placed.cancel().await.status, 200);
    placed.assert_cancelled(true).await;
}

#[tokio::test]
async fn money_that_came_for_goods_on_sale_again_goes_back_by_itself_and_the_order_is_called_off() {
    let placed = Placed::new().await;
    placed.shop.stops.stop_once_at(HookPoint::AfterSettle);
    assert_eq!(placed.pay("pm_card_visa").await.status, 503);
    // Nothing of ours does this; somebody has meddled with the table.
    placed.release_hold_by_hand().await;
    placed.sweep_after(31).await;
    assert_eq!(placed.events("PaymentStranded").await, 1);
    placed.sweep_after(31).await;
    placed.assert_cancelled(true).await;
    assert_eq!(placed.sent_back(), [6480]);
}

#[tokio::test]
async fn a_timeline_that_is_too_long_shows_the_latest() {
    let placed = Placed::new().await;
    placed
        .shop
        .run(
            "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
            select overlay(gen_random_uuid()::text placing '7' from 15)::uuid, $1, number, 'Event', json_build_object('number', number), now()
            from generate_series(3, 600) as number",
            &[&placed.order],
        )
        .await;
    let path = format!("/v1/orders/{}/timeline", placed.order);
    let told = placed.shop.shopper("ada").get(&path).await.json();
    let numbers: Vec<_> =
        told["data"].as_array().unwrap().iter().map(|entry| entry["data"]["number"].as_u64()).collect();
    assert_eq!(numbers, (101..=600).map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_timeline_tells_what_happened_to_an_order() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    placed.pay("pm_card_visa").await;
    placed.cancel().await;
    let path = format!("/v1/orders/{}/timeline", placed.order);
    let told = placed.shop.shopper("ada").get(&path).await.json();
    let events: Vec<&str> =
        told["data"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    let placed_and_paid = ["OrderCreated", "InventoryReserved", "PaymentFailed", "PaymentSucceeded", "OrderProcessed"];
    assert_eq!(events, [&placed_and_paid[..], &["OrderCancelled", "RefundSucceeded"]].concat());
    assert_eq!(told["data"][2]["data"]["reason"], "generic_decline");
    assert_eq!(placed.shop.shopper("bob").get(&path).await.status, 404);
    assert_eq!(placed.shop.admin().get(&path).await.json(), told);
}

#[tokio::test]
async fn the_shop_sees_the_checkouts_that_came_to_nothing() {
    let placed = Placed::new().await;
    placed.shop.fill_cart("bob", &[(&placed.item, 5)]).await;
    let bob = placed.shop.shopper("bob");
    assert_eq!(bob.post("/v1/orders", &json!({"shippingAddress": address()})).await.code(), "OUT_OF_STOCK");
    let listed = placed.shop.admin().get("/v1/checkouts/failed").await.json();
    assert_eq!((&listed["pagination"]["total"], &listed["data"][0]["code"]), (&json!(1), &json!("OUT_OF_STOCK")));
    assert_eq!(listed["data"][0]["items"][0]["quantity"], 5);
    assert_eq!(bob.get("/v1/checkouts/failed").await.status, 403);
}
