//! Hints of the carrier: whose they are, late, doubled, out of order, and beside requests.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::CarrierFaults;

use crate::shop::{Answer, Packed, WEBHOOK_SECRETS};

const KIND: &str = "tracker.updated";

/// An order that has left whole, and its shipment.
async fn shipped() -> (Packed, String) {
    let packed = Packed::new().await;
    let id = packed.ship("k1", &json!({})).await.text("/id");
    (packed, id)
}

/// One that has arrived, which the shop does not know.
async fn arrived() -> (Packed, String) {
    let (packed, id) = shipped().await;
    assert!(packed.shop.carrier.move_parcel(&id, "delivered"));
    (packed, id)
}

fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "WEBHOOK_REJECTED".to_owned()), "{code} {answer:?}");
    assert_eq!(
        (answer.fields(), answer.text("/error/details/0/message")),
        (vec!["Carrier-Signature".to_owned()], code.to_owned())
    );
}

#[tokio::test]
async fn a_webhook_is_taken_by_either_secret_for_five_minutes_and_by_nothing_else() {
    let (packed, id) = shipped().await;
    let (shop, name) = (&packed.shop, "carrier-signature");
    let body = json!({"id": "cev_1", "type": "ping", "data": {"reference": id}}).to_string();
    for secret in WEBHOOK_SECRETS {
        let signature = shop.carrier_signature(secret, &body);
        let taken = shop.deliver_from_carrier(name, Some(&signature), &body).await;
        assert_eq!((taken.status.as_u16(), taken.json()), (200, json!({"received": true})));
    }
    assert_refused(&shop.deliver_from_carrier(name, None, &body).await, "SIGNATURE_MISSING");
    let other = shop.carrier_signature("whsec_other", &body);
    assert_refused(&shop.deliver_from_carrier(name, Some(&other), &body).await, "SIGNATURE_MISMATCH");
    let good = shop.carrier_signature(WEBHOOK_SECRETS[0], &body);
    assert_refused(&shop.deliver_from_carrier("stripe-signature", Some(&good), &body).await, "SIGNATURE_MISSING");
    assert_refused(&shop.deliver_from_carrier(name, Some(&good), &format!("{body} ")).await, "SIGNATURE_MISMATCH");
    shop.clock.advance(SignedDuration::from_secs(301));
    assert_refused(&shop.deliver_from_carrier(name, Some(&good), &body).await, "SIGNATURE_OUT_OF_TIME");
    let no_event = shop.carrier_signature(WEBHOOK_SECRETS[0], "{}");
    assert_refused(&shop.deliver_from_carrier(name, Some(&no_event), "{}").await, "EVENT_MALFORMED");
    assert!(shop.handled().await.is_empty());
}

#[tokio::test]
async fn doubled_late_unknown_and_others_webhooks_change_nothing() {
    let (packed, id) = arrived().await;
    for (event, kind, shipment) in [
        ("cev_2", KIND, id.as_str()),
        ("cev_2", KIND, id.as_str()),
        // What happened before, told after; and the same told again under another id.
        ("cev_1", KIND, id.as_str()),
        ("cev_3", "tracker.brand_new", id.as_str()),
        ("cev_4", "invoice.created", id.as_str()),
        ("cev_5", KIND, "ship_01h4vjdvzefw18zfwz5dxw5y8g"),
        ("cev_6", KIND, "parcel of somebody else's"),
    ] {
        let taken = packed.shop.carrier_hint(event, kind, shipment).await;
        assert_eq!(taken.status, 200, "{event} {taken:?}");
        packed.assert_arrived_once().await;
    }
    assert_eq!(packed.shop.handled().await, ["cev_1", "cev_2", "cev_3"]);
}

#[tokio::test]
async fn a_webhook_is_a_hint_and_not_believed() {
    let (packed, id) = shipped().await;
    // It says that the parcel has arrived, and the carrier does not.
    assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 200);
    packed.assert_left_once().await;
    assert_eq!(packed.shop.handled().await, ["cev_1"]);
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 200, "it is not looked up again");
}

#[tokio::test]
async fn a_webhook_that_cannot_be_looked_up_is_sent_again() {
    let (packed, id) = arrived().await;
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 503);
    assert!(packed.shop.handled().await.is_empty());
    packed.assert_left_once().await;
    packed.faults(CarrierFaults::default());
    assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 200);
    packed.assert_arrived_once().await;
}

#[tokio::test]
async fn one_event_delivered_many_times_at_once_has_one_effect() {
    let (packed, id) = arrived().await;
    for taken in join_all((0..8).map(|_| packed.shop.carrier_hint("cev_1", KIND, &id))).await {
        assert_eq!(taken.status, 200, "{taken:?}");
    }
    packed.assert_arrived_once().await;
}

#[tokio::test]
async fn a_webhook_that_overtakes_the_labels_answer_ships_and_delivers_once() {
    for point in [HookPoint::AfterLabel, HookPoint::BeforeShipmentNews] {
        let packed = Packed::new().await;
        let pause = packed.shop.stops.pause_once_at(point);
        let body = json!({});
        let (shipped, ()) = join(packed.ship("k1", &body), async {
            pause.reached().await;
            let id = packed.labels()[0]["reference"].as_str().unwrap().to_owned();
            assert!(packed.shop.carrier.move_parcel(&id, "delivered"));
            assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 200);
            packed.assert_arrived_once().await;
            pause.release();
        })
        .await;
        assert_eq!((shipped.status.as_u16(), shipped.text("/status")), (201, "DELIVERED".to_owned()), "{point:?}");
        packed.assert_arrived_once().await;
    }
}

#[tokio::test]
async fn a_webhook_and_somebody_of_the_shop_deliver_once() {
    for point in [HookPoint::BeforeShipmentNews, HookPoint::AfterShipmentNews] {
        let (packed, id) = arrived().await;
        let pause = packed.shop.stops.pause_once_at(point);
        let (taken, ()) = join(packed.shop.carrier_hint("cev_1", KIND, &id), async {
            pause.reached().await;
            assert_eq!(packed.deliver(&id).await.status, 200);
            pause.release();
        })
        .await;
        assert_eq!(taken.status, 200);
        packed.assert_arrived_once().await;
        assert_eq!(packed.shop.handled().await, ["cev_1"]);
    }
}

#[tokio::test]
async fn a_webhook_about_a_label_of_the_shops_own_means_nothing() {
    let packed = Packed::new().await;
    let id = packed.ship("k1", &json!({"trackingNumber": "1Z"})).await.text("/id");
    assert_eq!(packed.shop.carrier_hint("cev_1", KIND, &id).await.status, 200);
    packed.assert_stands("SHIPPED", "fulfilled").await;
    assert_eq!(packed.shop.handled().await, ["cev_1"]);
}
