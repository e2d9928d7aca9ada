//! Whoever watches an order, or asks with its `ETag`, hears of every change that its body shows.

use serde_json::{Value, json};
use test_support::{CarrierFaults, Faults, payments::Operation};

use crate::shop::{Packed, Placed, Shop};

/// An order's body, as it was read before; the next reading must show a change, in the body and in its version alike.
struct Watched<'a> {
    shop: &'a Shop,
    path: String,
    etag: String,
    body: Value,
}

impl<'a> Watched<'a> {
    async fn on(shop: &'a Shop, order: &str) -> Self {
        let path = format!("/v1/orders/{order}");
        let read = shop.shopper("ada").get(&path).await;
        let etag = read.header("etag").expect("an order has an ETag").to_owned();
        Self { shop, path, etag, body: read.json() }
    }

    async fn moved(&mut self, what: &str) {
        let read = self.shop.shopper("ada").get(&self.path).await;
        let etag = read.header("etag").unwrap().to_owned();
        let without_time = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove("updatedAt");
            body
        };
        assert_ne!(without_time(&read.json()), without_time(&self.body), "{what} shows");
        assert_ne!(etag, self.etag, "{what} moves the version on");
        (self.etag, self.body) = (etag, read.json());
    }
}

#[tokio::test]
async fn what_becomes_of_the_money_moves_the_version_on() {
    let placed = Placed::new().await;
    let mut watched = Watched::on(&placed.shop, &placed.order).await;
    placed.pay("pm_card_chargeDeclined").await;
    watched.moved("a decline").await;
    placed.pay("pm_card_visa").await;
    watched.moved("the payment").await;
    placed.refund("k1", Some("10.00")).await;
    watched.moved("a refund of a part").await;
    let refund = placed.shop.provider.state()["refunds"][0]["id"].clone();
    placed.tell_provider(&format!("/test/refunds/{}/failed", refund.as_str().unwrap()), "").await;
    let about = json!({"id": refund, "object": "refund"});
    assert_eq!(placed.shop.webhook("evt_1", "refund.failed", &about).await.status, 200);
    watched.moved("a refund that the bank sends back").await;
    placed.refund("k2", None).await;
    watched.moved("a refund of all").await;
}

#[tokio::test]
async fn money_that_is_set_aside_moves_the_version_on() {
    let placed = Placed::in_shop(Shop::capturing_by_hand().await).await;
    let mut watched = Watched::on(&placed.shop, &placed.order).await;
    placed.pay("pm_card_visa").await;
    watched.moved("money that is set aside").await;
}

#[tokio::test]
async fn money_that_comes_for_an_order_that_is_over_moves_the_version_on() {
    let placed = Placed::new().await;
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Confirm], ..Faults::default() });
    placed.shop.timer.hurry(true);
    placed.pay("pm_card_visa").await;
    placed.shop.run("update orders set status = 'FAILED'", &[]).await;
    let mut watched = Watched::on(&placed.shop, &placed.order).await;
    placed.faults(Faults::default());
    placed.confirmation_arrives(1, "pm_card_visa").await.unwrap();
    assert_eq!(placed.hint("evt_1", "payment_intent.succeeded").await.status, 200);
    watched.moved("money that comes for nothing").await;
}

#[tokio::test]
async fn a_shipment_that_begins_and_one_that_is_refused_move_the_version_on() {
    let packed = Packed::new().await;
    packed.shop.timer.hurry(true);
    let mut watched = Watched::on(&packed.shop, &packed.order).await;
    packed.faults(CarrierFaults { down: true, ..CarrierFaults::default() });
    assert_eq!(packed.ship("s1", &json!({})).await.status, 202);
    watched.moved("a shipment that begins").await;
    packed.faults(CarrierFaults { refuse: Some("too_heavy".to_owned()), ..CarrierFaults::default() });
    packed.sweep_after(jiff::SignedDuration::from_secs(31)).await;
    watched.moved("a shipment that is refused").await;
}
