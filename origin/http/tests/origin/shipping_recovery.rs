//! Shipments that stop on their way, and carriers that do not answer.

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::CarrierFaults;

use crate::shop::{Packed, Shop};

const LATER: SignedDuration = SignedDuration::from_secs(31);

#[tokio::test]
async fn a_shipment_that_is_stopped_anywhere_leaves_once() {
    let points = [
        HookPoint::BeforeShipment,
        HookPoint::AfterShipment,
        HookPoint::BeforeLabel,
        HookPoint::AfterLabel,
        HookPoint::BeforeShipmentNews,
        HookPoint::AfterShipmentNews,
    ];
    for point in points {
        for sweep_first in [false, true] {
            let packed = Packed::new().await;
            packed.shop.stops.stop_once_at(point);
            assert_eq!(packed.ship("k1", &json!({})).await.status, 503, "{point:?}");
            assert!(packed.shop.stops.was_reached(), "{point:?}");
            assert_eq!(packed.ship("k1", &json!({})).await.code(), "REQUEST_IN_PROGRESS", "{point:?}");
            packed.shop.clock.advance(LATER);
            if sweep_first {
                let swept = packed.shop.sweep().await.unwrap().shipments;
                let pending = !matches!(point, HookPoint::BeforeShipment | HookPoint::AfterShipmentNews);
                assert_eq!(swept, u32::from(pending), "{point:?}");
            }
            let shipped = packed.ship("k1", &json!({})).await;
            assert_eq!((shipped.status.as_u16(), shipped.text("/status")), (201, "SHIPPED".to_owned()), "{point:?}");
            packed.assert_left_once().await;
        }
    }
}

#[tokio::test]
async fn a_label_of_the_shops_own_is_written_down_with_all_that_follows_or_not_at_all() {
    for (point, left) in [(HookPoint::BeforeShipment, false), (HookPoint::AfterShipment, true)] {
        let packed = Packed::new().await;
        packed.shop.stops.stop_once_at(point);
        assert_eq!(packed.ship("k1", &json!({"trackingNumber": "1Z"})).await.status, 503);
        assert_eq!(packed.states().await.len(), usize::from(left), "{point:?}");
        packed.shop.clock.advance(LATER);
        packed.shop.sweep().await.unwrap();
        assert_eq!(packed.ship("k1", &json!({"trackingNumber": "1Z"})).await.status, 201, "{point:?}");
        packed.assert_stands("SHIPPED", "fulfilled").await;
        assert_eq!((packed.states().await.len(), packed.shop.events("OrderShipped").await), (1, 1), "{point:?}");
    }
}

#[tokio::test]
async fn a_label_whose_answer_is_lost_is_looked_for_before_it_is_asked_for_again() {
    for faults in [
        CarrierFaults { lose_reply: 1, ..CarrierFaults::default() },
        CarrierFaults { fail_after_effect: 1, ..CarrierFaults::default() },
        CarrierFaults { fail: 1, ..CarrierFaults::default() },
        CarrierFaults { rate_limit: 2, ..CarrierFaults::default() },
        CarrierFaults { rate_limit: 1, lose_reply: 1, ..CarrierFaults::default() },
    ] {
        let packed = Packed::new().await;
        packed.shop.timer.hurry(true);
        packed.faults(faults.clone());
        assert_eq!(packed.ship("k1", &json!({})).await.status, 201, "{faults:?}");
        packed.assert_left_once().await;
    }
}

#[tokio::test]
async fn a_carrier_that_is_silent_is_asked_by_the_sweep_and_the_order_is_not_called_off_meanwhile() {
    for repeated in [false, true] {
        let packed = Packed::new().await;
        packed.shop.timer.hurry(true);
        packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
        let pending = packed.ship("k1", &json!({})).await;
        assert_eq!((pending.status.as_u16(), pending.text("/status")), (202, "PENDING".to_owned()), "{pending:?}");
        packed.assert_stands("PROCESSING", "unfulfilled").await;
        let refused = packed.cancel().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()));
        assert_eq!(packed.ship_lamps("k2", 1).await.code(), "SHIPMENT_TOO_LARGE", "its pieces are spoken for");
        assert_eq!(packed.sweep_after(LATER).await, 0);
        packed.faults(CarrierFaults::default());
        if repeated {
            assert_eq!(packed.ship("k1", &json!({})).await.status, 201);
        } else {
            assert_eq!(packed.sweep_after(LATER).await, 1);
        }
        packed.assert_left_once().await;
        assert_eq!(packed.cancel().await.status, 409);
    }
}

#[tokio::test]
async fn a_label_that_is_made_long_after_the_shop_has_stopped_waiting_is_the_one() {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    packed.faults(CarrierFaults { delay_ms: 1000, ..CarrierFaults::default() });
    assert_eq!(packed.ship("k1", &json!({})).await.status, 202);
    assert!(packed.labels().is_empty());
    packed.faults(CarrierFaults::default());
    while packed.labels().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    packed.sweep_after(LATER).await;
    packed.assert_left_once().await;
}

#[tokio::test]
async fn a_carrier_that_does_not_know_the_shop_has_refused_nothing() {
    let packed = Packed::new().await;
    packed.shop.carrier.set_key("another");
    let pending = packed.ship("k1", &json!({})).await;
    assert_eq!((pending.status.as_u16(), packed.states().await), (202, vec!["PENDING".to_owned()]));
    packed.shop.carrier.set_key("carrier_test_local");
    packed.sweep_after(LATER).await;
    packed.assert_left_once().await;
}

#[tokio::test]
async fn a_commit_that_was_not_confirmed_ships_once() {
    for point in [HookPoint::BeforeShipment, HookPoint::BeforeShipmentNews] {
        let (shop, line) = Shop::open_on_a_line().await;
        let packed = Packed::of(shop).await;
        let pause = packed.shop.stops.pause_once_at(point);
        let body = json!({});
        let (stopped, ()) = futures_util::future::join(packed.ship("k1", &body), async {
            pause.reached().await;
            line.lose_next_commit();
            pause.release();
        })
        .await;
        assert_eq!(stopped.status, 503, "{point:?}");
        let shipped = packed.ship("k1", &json!({})).await;
        assert_eq!((shipped.status.as_u16(), shipped.text("/status")), (201, "SHIPPED".to_owned()), "{point:?}");
        packed.assert_left_once().await;
    }
}

#[tokio::test]
async fn an_arrival_that_is_stopped_is_written_down_once() {
    for point in [HookPoint::BeforeShipmentNews, HookPoint::AfterShipmentNews] {
        let packed = Packed::new().await;
        let id = packed.ship("k1", &json!({})).await.text("/id");
        packed.shop.stops.stop_once_at(point);
        assert_eq!(packed.deliver(&id).await.status, 503);
        assert_eq!(packed.deliver(&id).await.status, 200);
        packed.assert_arrived_once().await;

        let packed = Packed::new().await;
        let id = packed.ship("k1", &json!({})).await.text("/id");
        assert!(packed.shop.carrier.move_parcel(&id, "delivered"));
        packed.shop.stops.stop_once_at(point);
        assert_eq!(packed.shop.carrier_hint("cev_1", "tracker.updated", &id).await.status, 503);
        assert_eq!(packed.shop.carrier_hint("cev_1", "tracker.updated", &id).await.status, 200);
        packed.assert_arrived_once().await;
        assert_eq!(packed.shop.handled().await, ["cev_1"]);
    }
}

#[tokio::test]
async fn a_webhook_that_is_lost_is_made_good_by_the_sweep() {
    let packed = Packed::new().await;
    let id = packed.ship("k1", &json!({})).await.text("/id");
    assert!(packed.shop.carrier.move_parcel(&id, "delivered"));
    assert_eq!(packed.sweep_after(SignedDuration::from_hours(5)).await, 0);
    packed.assert_left_once().await;
    assert_eq!(packed.sweep_after(SignedDuration::from_hours(2)).await, 1);
    packed.assert_arrived_once().await;
    assert_eq!(packed.sweep_after(SignedDuration::from_hours(7)).await, 0, "it is over");
}

#[tokio::test]
async fn a_tracker_is_asked_again_only_after_a_while() {
    let packed = Packed::new().await;
    let id = packed.ship("k1", &json!({})).await.text("/id");
    assert_eq!(packed.sweep_after(SignedDuration::from_hours(7)).await, 1);
    assert_eq!(packed.sweep_after(LATER).await, 0);
    packed.shop.clock.advance(SignedDuration::from_hours(7));
    packed.shop.carrier.set_key("another");
    assert_eq!(packed.shop.sweep().await.unwrap().failures, 1);
    assert_eq!(packed.shop.sweep().await.unwrap().failures, 0, "not in each sweep");
    assert_eq!(packed.deliver(&id).await.status, 200);
}
