//! Goods of orders whose money has gone back: what has not left does not leave, and is on sale again.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::CarrierFaults;

use crate::shop::{Answer, Packed, Placed, line};

impl Packed {
    /// All that is left goes back.
    async fn refund_all(&self, key: &str) -> Answer {
        let payment = self.shop.shopper("ada").get("/v1/payments").await.text("/data/0/id");
        let admin = self.shop.admin().with("idempotency-key", key);
        admin.post(&format!("/v1/payments/{payment}/refunds"), &json!({})).await
    }

    /// The bank of the customer sends the latest refund back.
    async fn bounce(&self, event: &str) {
        let refunds = self.shop.provider.state()["refunds"].as_array().cloned().unwrap();
        let id = refunds.last().unwrap()["id"].clone();
        self.shop.tell_provider(&format!("/test/refunds/{}/failed", id.as_str().unwrap()), "").await;
        let about = json!({"id": id, "object": "refund"});
        assert_eq!(self.shop.webhook(event, "refund.failed", &about).await.status, 200);
    }

    /// Lamps and chairs that the counters and the database have on hand; none is set aside.
    async fn on_sale(&self) -> (i64, i64) {
        let (lamps, chairs) = (self.shop.level(&self.lamp).await, self.shop.level(&self.chair).await);
        assert_eq!((lamps.reserved, chairs.reserved), (0, 0));
        for (item, level) in [(&self.lamp, &lamps), (&self.chair, &chairs)] {
            let shown = format!("select stock::bigint from variants where id = '{}'", item.variant.as_uuid());
            assert_eq!(self.shop.count(&shown).await, level.on_hand, "{}", item.name);
        }
        (lamps.on_hand, chairs.on_hand)
    }
}

#[tokio::test]
async fn the_goods_of_an_order_that_is_refunded_before_it_leaves_are_on_sale_again() {
    let placed = Placed::paid_with("pm_card_visa").await;
    assert_eq!(placed.refund("k1", Some("14.80")).await.status, 201);
    placed.sweep_after(31).await;
    assert_eq!(placed.stock().await, (4, 0), "some of the money is here, and the goods are to leave");
    assert_eq!(placed.refund("k2", None).await.status, 201);
    for _ in 0..2 {
        placed.sweep_after(31).await;
        assert_eq!((placed.status().await, placed.stock().await), ("REFUNDED".to_owned(), (5, 0)));
        assert_eq!(placed.hold().await, "RETURNED");
    }
    let shop = &placed.shop;
    assert_eq!(shop.count("select stock::bigint from variants").await, 5);
    assert_eq!(shop.count("select stock::bigint from products").await, 5);
    let moved = "select coalesce(sum(quantity), 0)::bigint from stock_ledger where kind <> 'receipt'";
    assert_eq!(shop.count(moved).await, 0);
    assert_eq!(shop.count("select count(*) from orders where hold_step is not null").await, 0);
    assert_eq!(placed.cancel().await.code(), "CONFLICT");
    let shipments = format!("/v1/orders/{}/shipments", placed.order);
    let shipped = shop.admin().with("idempotency-key", "s").post(&shipments, &json!({"trackingNumber": "1Z"})).await;
    assert_eq!(shipped.status, 409);
    let back = format!("/v1/orders/{}/returns", placed.order);
    let body = json!({"items": [line(&placed.item, 1, true)]});
    let returned = shop.admin().with("idempotency-key", "r").post(&back, &body).await;
    assert_eq!(returned.code(), "RETURN_TOO_LARGE", "it has never left");
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn money_that_a_bank_sends_back_finds_the_order_called_off_whose_goods_are_on_sale() {
    let packed = Packed::new().await;
    assert_eq!(packed.refund_all("k1").await.status, 201);
    packed.bounce("evt_1").await;
    packed.assert_stands("CANCELLED", "unfulfilled").await;
    let order = packed.read().await;
    assert_eq!(order["refundStatus"], "none");
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    assert_eq!(packed.on_sale().await, (5, 5));
    // Who asks for it once more has it.
    assert_eq!(packed.refund_all("k2").await.status, 201);
    let order = packed.read().await;
    assert_eq!((&order["status"], &order["refundStatus"]), (&json!("CANCELLED"), &json!("full")));
    packed.shop.assert_events_are_right().await;
}

#[tokio::test]
async fn of_an_order_that_has_left_in_part_the_rest_is_on_sale_again() {
    let packed = Packed::new().await;
    let shipped = packed.ship_lamps("s1", 1).await;
    assert_eq!(shipped.status, 201);
    assert_eq!(packed.refund_all("k1").await.status, 201);
    for _ in 0..2 {
        packed.assert_stands("REFUNDED", "partial").await;
        packed.sweep_after(SignedDuration::from_secs(31)).await;
        assert_eq!(packed.on_sale().await, (4, 5), "one lamp has left");
    }
    let back = format!("/v1/orders/{}/returns", packed.order);
    let take_back = async |key: &str, pieces: u32| {
        let body = json!({"items": [line(&packed.lamp, pieces, true)]});
        packed.shop.admin().with("idempotency-key", key).post(&back, &body).await
    };
    assert_eq!(take_back("r1", 2).await.code(), "RETURN_TOO_LARGE");
    assert_eq!(take_back("r2", 1).await.status, 201);
    assert_eq!(packed.on_sale().await, (5, 5));
    // The bank sends the money back: nothing more is to leave, so it has left whole.
    packed.bounce("evt_1").await;
    packed.assert_stands("SHIPPED", "partial").await;
    assert_eq!(packed.ship_lamps("s2", 1).await.status, 409);
    assert_eq!(packed.deliver(&shipped.text("/id")).await.text("/status"), "DELIVERED");
    packed.assert_stands("DELIVERED", "partial").await;
    assert_eq!(packed.refund_all("k2").await.status, 201);
    packed.assert_stands("REFUNDED", "partial").await;
    packed.bounce("evt_2").await;
    packed.assert_stands("DELIVERED", "partial").await;
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    assert_eq!(packed.on_sale().await, (5, 5));
    packed.shop.assert_events_are_right().await;
}

/// An order with a shipment of which the carrier has yet to speak, and whose money has gone back.
async fn refunded_while_leaving(body: &Value) -> Packed {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(packed.ship("s1", body).await.status, 202);
    assert_eq!(packed.refund_all("k1").await.status, 201);
    assert_eq!(packed.on_sale().await, (3, 4), "it may leave");
    packed
}

#[tokio::test]
async fn goods_that_may_be_leaving_wait_for_the_carriers_word() {
    let packed = refunded_while_leaving(&json!({})).await;
    packed.faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    packed.assert_stands("REFUNDED", "unfulfilled").await;
    assert_eq!(packed.on_sale().await, (5, 5), "nothing has left");

    let one_lamp = |packed: &Packed| json!({"items": [{"variantId": packed.lamp.variant, "quantity": 1}]});
    let first = Packed::new().await;
    let body = one_lamp(&first);
    first.shop.timer.hurry(true);
    first.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(first.ship("s1", &body).await.status, 202);
    assert_eq!(first.refund_all("k1").await.status, 201);
    first.faults(CarrierFaults::default());
    first.sweep_after(SignedDuration::from_secs(31)).await;
    first.sweep_after(SignedDuration::from_secs(31)).await;
    first.assert_stands("REFUNDED", "partial").await;
    assert_eq!(first.on_sale().await, (4, 5), "one lamp has left");
}

#[tokio::test]
async fn an_order_whose_money_comes_back_while_it_may_be_leaving_is_packed_on() {
    let packed = refunded_while_leaving(&json!({})).await;
    packed.bounce("evt_1").await;
    packed.assert_stands("PROCESSING", "unfulfilled").await;
    packed.faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    packed.sweep_after(SignedDuration::from_secs(31)).await;
    assert_eq!(packed.on_sale().await, (3, 4), "it can be shipped again");
    packed.faults(CarrierFaults::default());
    assert_eq!(packed.ship("s2", &json!({})).await.status, 201);
    packed.assert_stands("SHIPPED", "fulfilled").await;
}
