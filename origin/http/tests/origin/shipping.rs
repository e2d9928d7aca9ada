//! Orders that leave: whole or in parts, with a label of the shop's or of the carrier's, and never more than was ordered.

use futures_util::future::join;
use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::CarrierFaults;

use crate::shop::{Entrance, Packed, Shop};

fn own(number: &str) -> Value {
    json!({"carrier": "UPS", "trackingNumber": number})
}

#[tokio::test]
async fn an_order_leaves_with_the_carriers_label_and_arrives_by_the_carriers_webhook() {
    let packed = Packed::new().await;
    let mut entrance = Entrance::open(&packed.shop).await;
    let shipped = packed.ship("k1", &json!({"carrier": "express"})).await;
    assert_eq!((shipped.status.as_u16(), shipped.text("/status")), (201, "SHIPPED".to_owned()), "{shipped:?}");
    let label = packed.labels()[0].clone();
    assert_eq!((&label["reference"], &label["pieces"]), (&json!(shipped.text("/id")), &json!(3)));
    let order = packed.read().await;
    for (ours, theirs) in [("trackingNumber", "trackingNumber"), ("trackingUrl", "trackingUrl"), ("carrier", "carrier")]
    {
        assert_eq!(order["shipments"][0][ours], label[theirs], "{ours}");
    }
    assert_eq!(order["trackingNumber"], label["trackingNumber"]);
    assert_eq!(order["estimatedDelivery"], "2024-01-25T11:00:00Z");
    packed.assert_left_once().await;

    let id = shipped.text("/id");
    let ((), statuses) = join(packed.parcel_is(&id, "in_transit"), entrance.run(1)).await;
    assert_eq!(statuses, [200]);
    packed.assert_left_once().await;
    packed.shop.clock.advance(SignedDuration::from_hours(24));
    let ((), statuses) = join(packed.parcel_is(&id, "delivered"), entrance.run(1)).await;
    assert_eq!(statuses, [200]);
    packed.assert_arrived_once().await;
    let order = packed.read().await;
    assert_eq!(order["shipments"][0]["deliveredAt"], "2024-01-22T11:00:00Z");
    assert_eq!(order["estimatedDelivery"], "2024-01-22T11:00:00Z", "it is known by now");
}

#[tokio::test]
async fn parts_leave_and_arrive_one_after_the_other() {
    let packed = Packed::new().await;
    packed.assert_stands("PROCESSING", "unfulfilled").await;
    let first = packed.ship_lamps("k1", 1).await;
    assert_eq!((first.status.as_u16(), first.json()["items"][0]["quantity"].as_u64()), (201, Some(1)), "{first:?}");
    packed.assert_stands("PROCESSING", "partial").await;
    packed.shop.clock.advance(SignedDuration::from_hours(1));
    let rest = packed.ship("k2", &own("1Z2")).await;
    let quantities: Vec<u64> =
        rest.json()["items"].as_array().unwrap().iter().map(|item| item["quantity"].as_u64().unwrap()).collect();
    assert_eq!((rest.status.as_u16(), quantities), (201, vec![1, 1]), "all that was open");
    packed.assert_stands("SHIPPED", "fulfilled").await;
    assert_eq!(packed.read().await["trackingNumber"], "1Z2", "the latest");
    assert_eq!(packed.deliver(&rest.text("/id")).await.text("/status"), "DELIVERED");
    packed.assert_stands("SHIPPED", "fulfilled").await;
    assert_eq!(packed.deliver(&first.text("/id")).await.text("/status"), "DELIVERED");
    packed.assert_stands("DELIVERED", "fulfilled").await;
    assert!(packed.labels().is_empty(), "the carrier was not asked");
    let complete = "select count(*) from outbox where payload ->> 'complete' = 'true'";
    assert_eq!((packed.shop.events("OrderShipped").await, packed.shop.events("OrderDelivered").await), (2, 2));
    assert_eq!(packed.shop.count(complete).await, 2);
    packed.shop.assert_events_are_right().await;
    let told = packed.shop.shopper("ada").get(&format!("/v1/orders/{}/timeline", packed.order)).await.json();
    let events: Vec<&str> = told["data"].as_array().unwrap().iter().map(|one| one["event"].as_str().unwrap()).collect();
    let leaving = ["OrderShipped", "OrderShipped", "OrderDelivered", "OrderDelivered"];
    assert_eq!(events[events.len() - 4..], leaving);
}

#[tokio::test]
async fn no_more_leaves_than_was_ordered() {
    let packed = Packed::new().await;
    assert_eq!(packed.ship_lamps("k1", 1).await.status, 201);
    let too_much = packed.ship_lamps("k2", 2).await;
    assert_eq!((too_much.status.as_u16(), too_much.code()), (422, "SHIPMENT_TOO_LARGE".to_owned()));
    let mut open = [(packed.lamp.variant.to_string(), 1_u64), (packed.chair.variant.to_string(), 1)];
    open.sort();
    let told = too_much.json()["open"].as_array().cloned().unwrap();
    let told: Vec<(String, u64)> = told
        .iter()
        .map(|one| (one["variantId"].as_str().unwrap().to_owned(), one["quantity"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, open);
    let other = json!({"items": [{"variantId": "var_01h4vjdvzefw18zfwz5dxw5y8g", "quantity": 1}]});
    assert_eq!(packed.ship("k3", &other).await.code(), "SHIPMENT_TOO_LARGE");
    assert_eq!(packed.states().await, ["SHIPPED"]);
}

#[tokio::test]
async fn a_shipment_needs_a_key_the_shop_and_sound_input() {
    let packed = Packed::new().await;
    let path = format!("/v1/orders/{}/shipments", packed.order);
    assert_eq!(packed.shop.admin().post(&path, &json!({})).await.code(), "IDEMPOTENCY_KEY_REQUIRED");
    assert_eq!(packed.shop.shopper("ada").with("idempotency-key", "k").post(&path, &json!({})).await.status, 403);
    let (lamp, item) =
        (packed.lamp.variant, |variant: &str, quantity: i64| json!({"variantId": variant, "quantity": quantity}));
    let twice = json!([item(&lamp.to_string(), 1), item(&lamp.to_string(), 1)]);
    for (body, field) in [
        (json!({"items": []}), "items"),
        (json!({"items": [item("lamp", 1)]}), "items"),
        (json!({"items": [item(&lamp.to_string(), 0)]}), "items"),
        (json!({"items": [item(&lamp.to_string(), 1000)]}), "items"),
        (json!({"items": twice}), "items"),
        (json!({"trackingNumber": ""}), "trackingNumber"),
        (json!({"trackingNumber": "1Z\n2"}), "trackingNumber"),
        (json!({"carrier": " "}), "carrier"),
        (json!({"carrier": "c".repeat(51)}), "carrier"),
        (json!({"all": true}), "all"),
    ] {
        let refused = packed.ship("k", &body).await;
        assert_eq!((refused.status.as_u16(), refused.fields()), (400, vec![field.to_owned()]), "{body}");
    }
    let admin = packed.shop.admin().with("idempotency-key", "k");
    assert_eq!(admin.post("/v1/orders/order_01h4vjdvzefw18zfwz5dxw5y8g/shipments", &own("1")).await.status, 404);
    packed.assert_stands("PROCESSING", "unfulfilled").await;
}

#[tokio::test]
async fn only_what_is_paid_and_not_over_leaves() {
    let packed = Packed::new().await;
    for status in ["PENDING", "SHIPPED", "DELIVERED", "CANCELLED", "FAILED", "REFUNDED"] {
        packed.shop.run("update orders set status = $1", &[&status]).await;
        let refused = packed.ship("k1", &own("1Z")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()), "{status}");
    }
    assert_eq!(packed.shop.count("select count(*) from shipments").await, 0);
}

#[tokio::test]
async fn shipments_are_seen_by_whose_order_it_is_and_by_the_shop() {
    let packed = Packed::new().await;
    assert_eq!(packed.ship("k1", &own("1Z")).await.status, 201);
    let path = format!("/v1/orders/{}/shipments", packed.order);
    let seen = packed.shop.shopper("ada").get(&path).await;
    assert_eq!((seen.status.as_u16(), seen.text("/data/0/carrier")), (200, "UPS".to_owned()));
    assert_eq!(packed.shop.admin().get(&path).await.json(), seen.json());
    assert_eq!(packed.read().await["shipments"], seen.json()["data"]);
    assert_eq!(packed.shop.shopper("bob").get(&path).await.status, 404);
    let list = packed.shop.shopper("ada").get("/v1/orders").await.json();
    assert_eq!(list["data"][0]["shipments"], seen.json()["data"]);
}

#[tokio::test]
async fn what_the_carrier_refuses_is_open_again() {
    let packed = Packed::new().await;
    packed.faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    let refused = packed.ship("k1", &json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CARRIER_REFUSED".to_owned()), "{refused:?}");
    assert_eq!(refused.text("/error/details/0/message"), "too_heavy");
    assert_eq!(packed.ship("k1", &json!({})).await.header("idempotent-replayed"), Some("true"));
    let id = refused.text("/shipmentId");
    assert_eq!((packed.deliver(&id).await.status.as_u16(), packed.states().await), (409, vec!["CANCELLED".to_owned()]));
    packed.assert_stands("PROCESSING", "unfulfilled").await;
    packed.faults(CarrierFaults::default());
    packed.shop.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(packed.ship("k2", &json!({})).await.status, 201);
    packed.assert_stands("SHIPPED", "fulfilled").await;
    assert_eq!((packed.states().await, packed.labels().len()), (vec!["CANCELLED".to_owned(), "SHIPPED".to_owned()], 1));
}

#[tokio::test]
async fn an_order_whose_shipment_was_refused_can_be_called_off() {
    let packed = Packed::new().await;
    packed.faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    assert_eq!(packed.ship("k1", &json!({})).await.status, 409);
    assert_eq!(packed.cancel().await.status, 200);
    assert_eq!(packed.read().await["refundStatus"], "full");
}

#[tokio::test]
async fn a_shop_without_a_carrier_ships_with_labels_of_its_own() {
    let packed = Packed::of(Shop::open_without_carrier().await).await;
    let refused = packed.ship("k1", &json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "TRACKING_NUMBER_REQUIRED".to_owned()));
    assert_eq!(packed.shop.carrier_hint("cev_1", "tracker.updated", "ship_1").await.status, 404);
    assert_eq!(packed.ship("k1", &own("1Z")).await.status, 201);
    packed.shop.sweep().await.unwrap();
    packed.assert_stands("SHIPPED", "fulfilled").await;
}

#[tokio::test]
async fn a_repeated_request_is_one_shipment_and_another_key_another() {
    let packed = Packed::new().await;
    let (one, same) = (packed.ship_lamps("k1", 1).await, packed.ship_lamps("k1", 1).await);
    assert_eq!((&one.body, same.header("idempotent-replayed")), (&same.body, Some("true")));
    assert_eq!(packed.ship_lamps("k1", 2).await.code(), "IDEMPOTENCY_KEY_REUSED");
    // Long after the answer was forgotten, it is still the same shipment.
    packed.shop.clock.advance(SignedDuration::from_hours(25));
    packed.shop.run("delete from idempotency_keys", &[]).await;
    assert_eq!(packed.ship_lamps("k1", 1).await.text("/id"), one.text("/id"));
    assert_eq!(packed.ship_lamps("k2", 1).await.status, 201);
    assert_eq!(packed.shop.events("OrderShipped").await, 2);
}

#[tokio::test]
async fn only_what_has_left_arrives() {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    let pending = packed.ship("k1", &json!({})).await;
    assert_eq!((pending.status.as_u16(), pending.text("/status")), (202, "PENDING".to_owned()));
    let refused = packed.deliver(&pending.text("/id")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()));
    assert_eq!(packed.deliver("ship_01h4vjdvzefw18zfwz5dxw5y8g").await.status, 404);
    let path = format!("/v1/shipments/{}/deliver", pending.text("/id"));
    assert_eq!(packed.shop.shopper("ada").post(&path, &json!({})).await.status, 403);
    packed.faults(CarrierFaults::default());
    assert_eq!(packed.ship("k1", &json!({})).await.status, 201);
    let keyed = packed.shop.admin().with("idempotency-key", "k");
    let (one, same) = (keyed.post(&path, &json!({})).await, keyed.post(&path, &json!({})).await);
    assert_eq!((one.status.as_u16(), &one.body), (200, &same.body));
    assert_eq!(same.header("idempotent-replayed"), Some("true"));
    assert_eq!(packed.deliver(&pending.text("/id")).await.status, 200, "and again");
    packed.assert_arrived_once().await;
}
