//! Who hangs holds up nobody else: neither the sweep, nor a customer who finds too little.

use std::{collections::HashSet, time::Duration};

use commerce_domain::Clock as _;
use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use origin_core::{
    hooks::HookPoint,
    sweep::{SweepStore as _, Turn},
};
use serde_json::json;
use test_support::Faults;

use crate::shop::{Answer, Packed, Placed, Shop, address};

const ASKS: &str = "pm_card_threeDSecure2Required";

impl Placed {
    /// Another customer's order of one lamp, whose payment waits for the bank.
    async fn asked_by_the_bank(&self, sub: &str) -> String {
        let shop = &self.shop;
        let ordered = self.ordered_by(sub, 1).await;
        let order = ordered.text("/orderId");
        let body = json!({"orderId": order, "amount": ordered.json()["total"], "paymentMethodId": ASKS});
        assert_eq!(shop.shopper(sub).post("/v1/payments", &body).await.text("/status"), "requires_action");
        order
    }

    async fn ordered_by(&self, sub: &str, lamps: i64) -> Answer {
        self.shop.fill_cart(sub, &[(&self.item, lamps)]).await;
        self.shop.shopper(sub).post("/v1/orders", &json!({"shippingAddress": address()})).await
    }

    /// From now on the provider answers nobody. What waits for it waits a hundredth of the time, and the clock says the whole.
    fn provider_hangs(&self) {
        self.faults(Faults { delay_ms: 60_000, ..Faults::default() });
        self.shop.timer.hurry(true);
    }

    fn provider_answers(&self) {
        self.faults(Faults::default());
        self.shop.timer.hurry(false);
    }

    fn since(&self, begun: Timestamp) -> SignedDuration {
        self.shop.clock.now().duration_since(begun)
    }
}

impl Shop {
    async fn status_of(&self, order: &str) -> String {
        self.admin().get(&format!("/v1/orders/{order}")).await.text("/status")
    }
}

#[tokio::test]
async fn an_order_that_no_provider_knows_of_ends_on_time_though_the_provider_hangs() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    shop.clock.advance(SignedDuration::from_mins(9));
    for sub in ["bob", "carol", "dave"] {
        placed.asked_by_the_bank(sub).await;
    }
    shop.clock.advance(SignedDuration::from_secs(91));
    placed.provider_hangs();
    let begun = shop.clock.now();
    let report = shop.sweep().await.unwrap();
    assert_eq!((report.closed, report.attempts, report.failures), (1, 0, 0), "{report:?}");
    let first = format!("select count(*) from outbox where event = 'OrderFailed' and created_at = '{begun}'");
    assert_eq!((shop.status_of(&placed.order).await.as_str(), shop.count(&first).await), ("FAILED", 1));
    assert!(report.postponed > 0 && placed.since(begun) < SignedDuration::from_secs(30), "{report:?}");
}

#[tokio::test]
async fn a_sweep_ends_before_the_next_one_though_everything_waits_for_the_provider() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    assert_eq!(placed.pay("pm_card_visa").await.status, 200);
    let payment = placed.payment().await["id"].as_str().unwrap().to_owned();
    let (mut overdue, mut asked) = (Vec::new(), Vec::new());
    for sub in ["bob", "carol"] {
        overdue.push(placed.asked_by_the_bank(sub).await);
    }
    shop.clock.advance(SignedDuration::from_mins(21));
    for sub in ["dave", "erin"] {
        asked.push(placed.asked_by_the_bank(sub).await);
    }
    placed.provider_hangs();
    let refund = json!({"amount": 1});
    let path = format!("/v1/payments/{payment}/refunds");
    assert_eq!(shop.admin().with("idempotency-key", "r").post(&path, &refund).await.status, 202);
    shop.clock.advance(SignedDuration::from_mins(9));
    let begun = shop.clock.now();
    let report = shop.sweep().await.unwrap();
    assert_eq!((report.closed, report.attempts, report.refunds), (0, 0, 0), "{report:?}");
    assert!(placed.since(begun) < SignedDuration::from_secs(30), "{report:?} {}", placed.since(begun));
    placed.provider_answers();
    let report = shop.sweep().await.unwrap();
    assert_eq!((report.closed, report.postponed), (2, 0), "{report:?}");
    for (orders, status) in [(overdue, "FAILED"), (asked, "PENDING")] {
        for order in orders {
            assert_eq!(shop.status_of(&order).await, status);
        }
    }
}

#[tokio::test]
async fn each_sweep_walks_through_all_attempts_and_begins_with_another_one() {
    let placed = Placed::new().await;
    for sub in ["bob", "carol", "dave", "erin"] {
        placed.asked_by_the_bank(sub).await;
    }
    let now = placed.shop.clock.now();
    let (mut walks, mut all) = (HashSet::new(), HashSet::new());
    for sweep in 0..20 {
        let turn = Turn::at(now + SignedDuration::from_secs(30 * sweep));
        let (mut walk, mut after) = (Vec::new(), None);
        loop {
            let page = placed.shop.database.list_quiet_attempts(now, turn, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            walk.extend(page.iter().map(|attempt| attempt.id));
        }
        assert_eq!(walk.iter().collect::<HashSet<_>>().len(), 4, "each once: {walk:?}");
        all.insert(walk[0]);
        walks.insert(walk);
    }
    assert_eq!(all.len(), 4, "each has come first");
    assert!(walks.len() > 4, "{walks:?}");
}

#[tokio::test]
async fn a_hold_follows_its_payment_though_the_carrier_hangs() {
    let packed = Packed::new().await;
    let shop = &packed.shop;
    shop.stops.stop_once_at(HookPoint::AfterShipment);
    assert_eq!(packed.ship("k1", &json!({})).await.status, 503);
    let item = shop.item("Vase", "60.00", 5).await;
    shop.fill_cart("bob", &[(&item, 1)]).await;
    let ordered = shop.shopper("bob").post("/v1/orders", &json!({"shippingAddress": address()})).await;
    let order = ordered.text("/orderId");
    shop.stops.stop_once_at(HookPoint::AfterSettle);
    let body = json!({"orderId": order, "amount": ordered.json()["total"], "paymentMethodId": "pm_card_visa"});
    assert_eq!(shop.shopper("bob").post("/v1/payments", &body).await.status, 503);
    assert_eq!(shop.hold_state(&order).await.as_deref(), Some("COMMITTING"));
    shop.clock.advance(SignedDuration::from_secs(31));
    let carrier = shop.stops.pause_once_at(HookPoint::BeforeLabel);
    let meanwhile = async {
        carrier.reached().await;
        assert_eq!(shop.hold_state(&order).await.as_deref(), Some("CONSUMED"));
        carrier.release();
    };
    let (report, ()) = join(shop.sweep(), meanwhile).await;
    assert_eq!(report.map(|report| (report.holds, report.shipments)), Ok((1, 1)));
}

#[tokio::test]
async fn who_finds_too_little_does_not_wait_for_the_payments_of_others() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    let asked = placed.asked_by_the_bank("carol").await;
    shop.clock.advance(SignedDuration::from_mins(11));
    placed.provider_hangs();
    let begun = shop.clock.now();
    let refused = placed.ordered_by("bob", 5).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "OUT_OF_STOCK".to_owned()), "{refused:?}");
    assert!(placed.since(begun) < SignedDuration::from_secs(3), "{}", placed.since(begun));
    assert_eq!(shop.status_of(&placed.order).await, "FAILED", "that of ada, whom no provider knows, was closed");
    assert_eq!(shop.status_of(&asked).await, "PENDING", "carol may have paid");
    assert_eq!(placed.ordered_by("dave", 4).await.status, 201);
    placed.provider_answers();
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(placed.ordered_by("erin", 1).await.status, 201, "carol's is called off now");
}
