//! Orders of which a part has left: what comes back, and how a shipment that gets no label ends.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::CarrierFaults;

use crate::shop::{Answer, Packed, Shipped, Shop, line, number};

const LATER: SignedDuration = SignedDuration::from_secs(31);

impl Packed {
    async fn call_off(&self, shipment: &str) -> Answer {
        self.shop.admin().post(&format!("/v1/shipments/{shipment}/cancel"), &json!({})).await
    }

    /// A shipment for whose label the carrier gives no answer; its id.
    async fn ship_in_vain(&self) -> String {
        self.shop.timer.hurry(true);
        self.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
        let pending = self.ship("vain", &json!({})).await;
        assert_eq!((pending.status.as_u16(), pending.text("/status")), (202, "PENDING".to_owned()), "{pending:?}");
        pending.text("/id")
    }

    async fn assert_open_again(&self) {
        assert_eq!(self.states().await, ["CANCELLED"]);
        assert_eq!(self.ship("again", &json!({"trackingNumber": "1Z"})).await.status, 201);
        self.assert_stands("SHIPPED", "fulfilled").await;
    }
}

#[tokio::test]
async fn of_an_order_that_is_being_packed_what_has_left_comes_back() {
    let paid = Shipped::paid("US").await;
    let lamp = json!({"items": [{"variantId": paid.lamp.variant, "quantity": 1}], "trackingNumber": "1Z"});
    assert_eq!(paid.ship("one", &lamp).await.status, 201);
    assert_eq!(paid.lamps_back("k1", 2).await.json()["returnable"][0]["quantity"], 1);
    let chair = paid.take_back("k2", &json!({"items": [line(&paid.chair, 1, true)]})).await;
    assert_eq!((chair.status.as_u16(), chair.code()), (422, "RETURN_TOO_LARGE".to_owned()), "it is here");
    let back = paid.lamps_back("k3", 1).await;
    assert_eq!((back.status.as_u16(), &back.json()["amount"]), (201, &number("35.52")), "{back:?}");
    assert_eq!(paid.lamps_back("k4", 1).await.code(), "RETURN_TOO_LARGE");
    assert_eq!(paid.read().await["status"], "PROCESSING");
    paid.assert_in_stock(8, 8).await;
    // The rest leaves as before, and comes back as before.
    assert_eq!(paid.ship("rest", &json!({"trackingNumber": "2Z"})).await.status, 201);
    assert_eq!(paid.read().await["status"], "SHIPPED");
    assert_eq!(paid.lamps_back("k5", 2).await.status, 201);
    assert_eq!(paid.lamps_back("k6", 1).await.code(), "RETURN_TOO_LARGE");
    assert_eq!((paid.sent_back(), paid.kept().await), (vec![3552, 7103], 13_320 - 3552 - 7103));
    paid.shop.assert_events_are_right().await;
}

#[tokio::test]
async fn of_an_order_whose_money_is_back_only_what_has_left_comes_back() {
    let paid = Shipped::paid("US").await;
    let lamp = json!({"items": [{"variantId": paid.lamp.variant, "quantity": 1}], "trackingNumber": "1Z"});
    assert_eq!(paid.ship("one", &lamp).await.status, 201);
    assert_eq!(paid.refund_by_hand(None).await.status, 201);
    assert_eq!(paid.read().await["status"], "REFUNDED");
    assert_eq!(paid.lamps_back("k1", 2).await.json()["returnable"][0]["quantity"], 1);
    let back = paid.lamps_back("k2", 1).await;
    assert_eq!((back.status.as_u16(), &back.json()["refund"]), (201, &Value::Null), "{back:?}");
}

#[tokio::test]
async fn a_shipment_without_a_label_is_called_off_once_that_is_known() {
    let packed = Packed::new().await;
    let shipment = packed.ship_in_vain().await;
    let called = packed.call_off(&shipment).await;
    assert_eq!((called.status.as_u16(), called.text("/status")), (202, "PENDING".to_owned()), "{called:?}");
    packed.faults(CarrierFaults::default());
    // Neither its own request nor the sweep asks for a label any more.
    assert_eq!(packed.ship("vain", &json!({})).await.status, 202);
    assert_eq!((packed.sweep_after(SignedDuration::from_secs(20)).await, packed.labels().len()), (0, 0));
    assert_eq!(packed.sweep_after(LATER).await, 1);
    assert_eq!((packed.call_off(&shipment).await.status.as_u16(), packed.labels().len()), (200, 0));
    packed.assert_open_again().await;
}

#[tokio::test]
async fn an_order_whose_shipment_was_called_off_can_be_called_off() {
    let packed = Packed::new().await;
    let shipment = packed.ship_in_vain().await;
    assert_eq!(packed.cancel().await.status, 409);
    assert_eq!(packed.call_off(&shipment).await.status, 202);
    assert_eq!(packed.cancel().await.status, 409, "it may have left");
    packed.faults(CarrierFaults::default());
    assert_eq!(packed.sweep_after(LATER).await, 1);
    assert_eq!(packed.cancel().await.status, 200);
    assert_eq!(packed.read().await["refundStatus"], "full");
}

#[tokio::test]
async fn a_label_that_was_made_is_found_and_has_left() {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    packed.faults(CarrierFaults { delay_ms: 1000, ..CarrierFaults::default() });
    let shipment = packed.ship("k1", &json!({})).await.text("/id");
    assert_eq!(packed.call_off(&shipment).await.status, 202);
    packed.faults(CarrierFaults::default());
    while packed.labels().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    packed.sweep_after(LATER).await;
    packed.assert_left_once().await;
    let late = packed.call_off(&shipment).await;
    assert_eq!((late.status.as_u16(), late.code()), (409, "CONFLICT".to_owned()), "{late:?}");
}

#[tokio::test]
async fn while_the_carrier_is_silent_nobody_knows_whether_there_is_a_label() {
    let packed = Packed::new().await;
    let shipment = packed.ship_in_vain().await;
    assert_eq!(packed.call_off(&shipment).await.status, 202);
    for _ in 0..2 {
        assert_eq!(packed.sweep_after(LATER).await, 0);
        assert_eq!(packed.call_off(&shipment).await.status, 202);
    }
    packed.faults(CarrierFaults::default());
    packed.shop.carrier.set_key("another");
    assert_eq!(packed.sweep_after(LATER).await, 0);
    packed.shop.carrier.set_key("carrier_test_local");
    assert_eq!(packed.sweep_after(LATER).await, 1);
    packed.assert_open_again().await;
}

#[tokio::test]
async fn a_shop_that_has_given_its_carrier_up_calls_off_at_once() {
    let packed = Packed::of(Shop::open_without_carrier().await).await;
    // As it was left when there was a carrier.
    let order = packed.order.parse::<commerce_domain::OrderId>().unwrap().as_uuid();
    let pending = "insert into shipments (id, order_id, cause, state, created_at, updated_at)
        values ('01890a5d-ac96-774b-bcce-b302099a8057', $1, 'request', 'PENDING', '2024-01-21T11:00:00Z', '2024-01-21T11:00:00Z')";
    packed.shop.run(pending, &[&order]).await;
    let items = "insert into shipment_items (shipment_id, order_id, variant_id, quantity)
        select s.id, s.order_id, i.variant_id, i.quantity from shipments s join order_items i on i.order_id = s.order_id";
    packed.shop.run(items, &[]).await;
    let listed = packed.shop.admin().get(&format!("/v1/orders/{}/shipments", packed.order)).await;
    let shipment = listed.text("/data/0/id");
    let called = packed.call_off(&shipment).await;
    assert_eq!((called.status.as_u16(), called.text("/status")), (200, "CANCELLED".to_owned()), "{called:?}");
    assert_eq!(called.text("/failure"), "called_off");
    packed.assert_open_again().await;
}

#[tokio::test]
async fn shipments_are_called_off_by_the_shop_alone() {
    let packed = Packed::new().await;
    let shipment = packed.ship_in_vain().await;
    let path = format!("/v1/shipments/{shipment}/cancel");
    assert_eq!(packed.shop.shopper("ada").post(&path, &json!({})).await.status, 403);
    assert_eq!(packed.call_off("ship_01h4vjdvzefw18zfwz5dxw5y8g").await.status, 404);
    assert_eq!(packed.shop.count("select count(*) from shipments where called_off_at is not null").await, 0);
}
