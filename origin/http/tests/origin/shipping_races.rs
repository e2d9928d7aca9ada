//! Who ships beside whom: other shipments, cancellations, refunds and payments.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::CarrierFaults;

use crate::shop::{Packed, Shop};

#[tokio::test]
async fn an_order_is_not_called_off_while_it_is_shipped() {
    let points =
        [HookPoint::AfterShipment, HookPoint::BeforeLabel, HookPoint::AfterLabel, HookPoint::BeforeShipmentNews];
    for point in points {
        let packed = Packed::new().await;
        let pause = packed.shop.stops.pause_once_at(point);
        let body = json!({});
        let (shipped, cancelled) = join(packed.ship("k1", &body), async {
            pause.reached().await;
            let cancelled = packed.cancel().await;
            pause.release();
            cancelled
        })
        .await;
        assert_eq!((shipped.status.as_u16(), cancelled.status.as_u16()), (201, 409), "{point:?}");
        packed.assert_left_once().await;
        assert_eq!(packed.cancel().await.status, 409, "{point:?}");
        assert_eq!(packed.shop.count("select count(*) from refunds").await, 0);
    }
}

#[tokio::test]
async fn an_order_is_not_shipped_while_it_is_called_off() {
    for point in [HookPoint::AfterCancel, HookPoint::AfterReturn, HookPoint::BeforeMoneyBack] {
        let packed = Packed::new().await;
        let pause = packed.shop.stops.pause_once_at(point);
        let body = json!({});
        let (cancelled, shipped) = join(packed.cancel(), async {
            pause.reached().await;
            let shipped = packed.ship("k1", &body).await;
            pause.release();
            shipped
        })
        .await;
        assert_eq!((cancelled.status.as_u16(), shipped.code()), (200, "CONFLICT".to_owned()), "{point:?}");
        packed.assert_stands("CANCELLED", "unfulfilled").await;
        assert!(packed.labels().is_empty() && packed.states().await.is_empty());
    }
    let packed = Packed::new().await;
    let pause = packed.shop.stops.pause_once_at(HookPoint::BeforeCancel);
    let body = json!({});
    let (cancelled, shipped) = join(packed.cancel(), async {
        pause.reached().await;
        let shipped = packed.ship("k1", &body).await;
        pause.release();
        shipped
    })
    .await;
    assert_eq!((cancelled.code(), shipped.status.as_u16()), ("CONFLICT".to_owned(), 201));
    packed.assert_left_once().await;
}

#[tokio::test]
async fn an_order_that_is_called_off_and_shipped_at_once_is_one_of_the_two() {
    for round in 0..8 {
        let packed = Packed::new().await;
        let body = json!({"trackingNumber": "1Z"});
        let (cancelled, shipped) = if round % 2 == 0 {
            join(packed.cancel(), packed.ship("k1", &body)).await
        } else {
            let (shipped, cancelled) = join(packed.ship("k1", &body), packed.cancel()).await;
            (cancelled, shipped)
        };
        let status = match (cancelled.status.as_u16(), shipped.status.as_u16()) {
            (200, 409) => ("CANCELLED", "unfulfilled"),
            (409, 201) => ("SHIPPED", "fulfilled"),
            other => panic!("{other:?}"),
        };
        packed.assert_stands(status.0, status.1).await;
        let told = packed.shop.events("OrderShipped").await + packed.shop.events("OrderCancelled").await;
        assert_eq!(told, 1);
    }
}

#[tokio::test]
async fn two_who_ship_all_of_an_order_at_once_ship_it_once() {
    for _ in 0..5 {
        let packed = Packed::new().await;
        let body = json!({});
        let (one, other) = join(packed.ship("k1", &body), packed.ship("k2", &body)).await;
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert!(statuses == [201, 422] || statuses == [201, 409], "{one:?} {other:?}");
        packed.assert_left_once().await;
    }
}

#[tokio::test]
async fn of_three_who_ship_one_of_two_lamps_at_once_two_do() {
    for _ in 0..3 {
        let packed = Packed::new().await;
        let answers = join_all(["k1", "k2", "k3"].map(|key| packed.ship_lamps(key, 1))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 422]);
        packed.assert_stands("PROCESSING", "partial").await;
        assert_eq!(packed.shop.count("select sum(quantity) from shipment_items").await, 2);
    }
}

#[tokio::test]
async fn one_request_sent_many_times_at_once_is_one_shipment() {
    let packed = Packed::new().await;
    let body = json!({});
    let answers = join_all((0..6).map(|_| packed.ship("k1", &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "REQUEST_IN_PROGRESS"));
    assert_eq!(packed.ship("k1", &body).await.status, 201);
    packed.assert_left_once().await;
}

#[tokio::test]
async fn nothing_leaves_before_the_stock_has_followed_the_payment() {
    let packed = Packed::unpaid(Shop::open().await).await;
    packed.shop.stops.stop_once_at(HookPoint::AfterSettle);
    assert_eq!(packed.pay().await.status, 503);
    packed.assert_stands("PROCESSING", "unfulfilled").await;
    let early = packed.ship("k1", &json!({})).await;
    assert_eq!((early.status.as_u16(), early.header("retry-after")), (409, Some("1")), "{early:?}");
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    assert_eq!(packed.ship("k1", &json!({})).await.status, 201);
    packed.assert_left_once().await;
}

#[tokio::test]
async fn an_order_whose_money_goes_back_while_it_leaves_has_left_and_stays_refunded() {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    let pending = packed.ship("k1", &json!({})).await;
    assert_eq!(pending.status, 202);
    let payment = packed.shop.shopper("ada").get("/v1/payments").await.text("/data/0/id");
    let admin = packed.shop.admin().with("idempotency-key", "k");
    assert_eq!(admin.post(&format!("/v1/payments/{payment}/refunds"), &json!({})).await.status, 201);
    packed.assert_stands("REFUNDED", "unfulfilled").await;
    packed.faults(CarrierFaults::default());
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    packed.assert_stands("REFUNDED", "fulfilled").await;
    assert_eq!(packed.deliver(&pending.text("/id")).await.text("/status"), "DELIVERED");
    packed.assert_stands("REFUNDED", "fulfilled").await;
    assert_eq!(packed.ship("k2", &json!({})).await.status, 409);
    packed.shop.assert_events_are_right().await;
}

#[tokio::test]
async fn two_sweeps_and_a_request_at_once_ask_for_one_label() {
    let packed = Packed::new().await;
    packed.shop.stops.stop_once_at(HookPoint::AfterShipment);
    let body = json!({});
    assert_eq!(packed.ship("k1", &body).await.status, 503);
    packed.shop.clock.advance(SignedDuration::from_secs(31));
    let sweeps = join(packed.shop.sweep(), packed.shop.sweep());
    let (shipped, swept) = Box::pin(join(packed.ship("k1", &body), sweeps)).await;
    assert_eq!((shipped.status.as_u16(), swept.0.is_ok() && swept.1.is_ok()), (201, true));
    packed.assert_left_once().await;
}
