//! What is committed is published: once, in order, whatever stops whoever publishes it.

use std::{collections::HashMap, time::Duration};

use commerce_domain::Clock as _;
use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::{
    events::{Envelope, Outbox as _, PublishEvents as _, RelayReport},
    hooks::HookPoint,
};
use serde_json::json;
use test_support::BusFaults;

use crate::shop::{Placed, Shop, address};

const UNPUBLISHED: &str = "select count(*) from outbox where published_at is null";
const DECLINED: &str = "pm_card_chargeDeclined";

impl Shop {
    async fn unpublished(&self) -> i64 {
        self.count(UNPUBLISHED).await
    }

    /// What the outbox will publish next.
    async fn next(&self) -> Vec<Envelope> {
        self.database.list_next_events(&[], 100).await.unwrap()
    }

    /// Everything that was delivered is all that was written, each once, and in its order.
    async fn assert_all_delivered(&self, delivered: &[Envelope]) {
        let mut last = HashMap::new();
        for event in delivered {
            let before = last.insert(event.subject.clone(), event.sequence).unwrap_or(0);
            assert_eq!(event.sequence, before + 1, "{} {}", event.subject, event.kind);
        }
        let written = self.count("select count(*) from outbox").await;
        assert_eq!((self.unpublished().await, i64::try_from(delivered.len()).unwrap()), (0, written));
    }
}

fn kinds(events: &[Envelope]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

/// An order that was declined and then paid, of which nothing about payment could be published: three events.
async fn untold() -> Placed {
    let placed = Placed::new().await;
    placed.shop.relay().await;
    placed.shop.bus.delivered().await;
    placed.shop.bus.down(true);
    assert_eq!(placed.pay(DECLINED).await.status, 402);
    assert_eq!(placed.pay("pm_card_visa").await.status, 200);
    placed.shop.bus.down(false);
    placed
}

#[tokio::test]
async fn what_a_request_has_told_is_published_before_it_is_answered() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(DECLINED).await.status, 402);
    assert_eq!(placed.pay("pm_card_visa").await.status, 200);
    assert_eq!((placed.shop.unpublished().await, placed.shop.bus.calls()), (0, 3));
    let delivered = placed.shop.bus.delivered().await;
    assert_eq!(
        kinds(&delivered),
        ["OrderCreated", "InventoryReserved", "PaymentFailed", "PaymentSucceeded", "OrderProcessed"]
    );
    placed.shop.assert_all_delivered(&delivered).await;
    assert_eq!(placed.shop.relay().await, RelayReport::default(), "nothing is left");
}

#[tokio::test]
async fn an_event_is_the_same_whoever_publishes_it() {
    let placed = untold().await;
    let waiting = placed.shop.next().await;
    placed.shop.relay().await;
    assert_eq!(placed.shop.bus.delivered().await[0], waiting[0]);
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    shop.shopper("ada").post("/v1/orders", &json!({"shippingAddress": address()})).await;
    shop.run("update outbox set published_at = null", &[]).await;
    let delivered = shop.bus.delivered().await;
    assert_eq!(delivered[..1], shop.next().await, "the first of the order's, and no other before it");
    shop.run("update outbox set published_at = created_at where sequence = 1", &[]).await;
    assert_eq!(delivered[1..], shop.next().await);
}

#[tokio::test]
async fn a_bus_that_hangs_delays_an_answer_by_fifty_milliseconds_and_no_more() {
    let placed = Placed::new().await;
    placed.shop.bus.hangs(true);
    placed.shop.timer.hurry(true);
    let (before, pauses) = (placed.shop.clock.now(), placed.shop.timer.pauses());
    let answer = tokio::time::timeout(Duration::from_mins(1), placed.pay("pm_card_visa")).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let waited = placed.shop.clock.now().duration_since(before);
    assert_eq!((waited, placed.shop.timer.pauses() - pauses), (SignedDuration::from_millis(50), 1));
    assert_eq!(placed.shop.unpublished().await, 2);
    placed.shop.bus.hangs(false);
    placed.shop.timer.hurry(false);
    assert_eq!(placed.shop.relay().await, RelayReport { published: 2, failures: 0 });
}

#[tokio::test]
async fn a_bus_that_is_down_changes_no_answer_and_the_relay_tells_later() {
    let placed = untold().await;
    assert_eq!(placed.shop.unpublished().await, 3);
    assert_eq!(placed.shop.relay().await, RelayReport { published: 3, failures: 0 });
    assert_eq!(kinds(&placed.shop.bus.delivered().await), ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"]);
}

#[tokio::test]
async fn what_follows_an_event_that_is_not_published_waits_for_it() {
    let placed = Placed::new().await;
    placed.shop.bus.delivered().await;
    placed.shop.bus.down(true);
    placed.pay(DECLINED).await;
    placed.shop.bus.down(false);
    let calls = placed.shop.bus.calls();
    placed.pay("pm_card_visa").await;
    assert_eq!((placed.shop.bus.calls(), placed.shop.unpublished().await), (calls, 3), "not even tried");
    placed.shop.relay().await;
    assert_eq!(kinds(&placed.shop.bus.delivered().await), ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"]);
}

#[tokio::test]
async fn a_read_tries_nothing_and_a_repetition_tells_nothing_again() {
    let placed = Placed::new().await;
    placed.pay_under("k", "pm_card_visa").await;
    let calls = placed.shop.bus.calls();
    placed.status().await;
    placed.pay_under("k", "pm_card_visa").await;
    assert_eq!(placed.shop.bus.calls(), calls);
}

#[tokio::test]
async fn what_was_rolled_back_or_not_confirmed_is_not_told_by_its_request() {
    let (shop, line) = Shop::open_on_a_line().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let body = json!({"shippingAddress": address()});
    let pause = shop.stops.pause_once_at(HookPoint::BeforeOrder);
    let loses = async {
        pause.reached().await;
        line.lose_next_commit();
        pause.release();
    };
    let (answer, ()) = join(shop.shopper("ada").post("/v1/orders", &body), loses).await;
    assert_eq!((answer.status.as_u16(), shop.bus.calls()), (503, 0), "{answer:?}");
    assert_eq!(shop.relay().await, RelayReport { published: 2, failures: 0 }, "it was committed, as it turns out");
}

#[tokio::test]
async fn a_failure_stops_its_order_and_no_other() {
    let placed = untold().await;
    let shop = &placed.shop;
    let item = shop.item("Chair", "60.00", 5).await;
    shop.fill_cart("bob", &[(&item, 1)]).await;
    shop.bus.down(true);
    shop.shopper("bob").post("/v1/orders", &json!({"shippingAddress": address()})).await;
    shop.bus.down(false);
    let refused = shop.next().await.into_iter().find(|event| event.kind == "PaymentFailed").unwrap();
    shop.bus.bus.fail_next(BusFaults { refuse: [refused.id].into(), ..BusFaults::default() });
    assert_eq!(shop.relay().await, RelayReport { published: 2, failures: 1 });
    assert_eq!(kinds(&shop.bus.delivered().await), ["OrderCreated", "InventoryReserved"]);
    assert_eq!(shop.relay().await, RelayReport { published: 3, failures: 0 });
    assert_eq!(kinds(&shop.bus.delivered().await), ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"]);
}

#[tokio::test]
async fn a_relay_that_stops_before_it_has_noted_what_it_published_publishes_it_again() {
    let placed = untold().await;
    let published = placed.shop.next().await;
    placed.shop.bus.bus.publish(&published).await.unwrap();
    assert_eq!(placed.shop.relay().await, RelayReport { published: 3, failures: 0 });
    let delivered = placed.shop.bus.delivered().await;
    assert_eq!(
        kinds(&delivered),
        ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"],
        "the bus knows the first one"
    );

    let placed = untold().await;
    placed.shop.bus.bus.publish(&placed.shop.next().await).await.unwrap();
    placed.shop.clock.advance(SignedDuration::from_mins(5));
    placed.shop.relay().await;
    let delivered = placed.shop.bus.delivered().await;
    assert_eq!(
        kinds(&delivered),
        ["PaymentFailed", "PaymentFailed", "PaymentSucceeded", "OrderProcessed"],
        "consumers know it"
    );
}

#[tokio::test]
async fn a_publication_whose_answer_is_lost_is_delivered_once() {
    let placed = untold().await;
    placed.shop.bus.bus.fail_next(BusFaults { lose_reply: true, ..BusFaults::default() });
    assert_eq!(placed.shop.relay().await, RelayReport { published: 0, failures: 1 });
    placed.shop.relay().await;
    assert_eq!(kinds(&placed.shop.bus.delivered().await), ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"]);
}

#[tokio::test]
async fn a_slow_relay_does_not_bring_back_what_another_has_passed() {
    let placed = untold().await;
    let shop = &placed.shop;
    let slow = shop.bus.pause_once();
    let fast = async {
        slow.reached().await;
        assert_eq!(shop.relay().await.published, 3, "the other relay does all of it");
        shop.clock.advance(SignedDuration::from_secs(29));
        slow.release();
    };
    let (late, ()) = join(shop.relay(), fast).await;
    assert_eq!(late.failures, 0, "{late:?}");
    assert_eq!(kinds(&shop.bus.delivered().await), ["PaymentFailed", "PaymentSucceeded", "OrderProcessed"]);
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over_and_the_next_one_goes_on() {
    let placed = untold().await;
    let shop = &placed.shop;
    let more = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
        select overlay(gen_random_uuid()::text placing '7' from 15 for 1)::uuid, 'order_' || number, 1, event, payload, created_at
        from outbox, generate_series(1, 110) as number where event = 'OrderCreated'";
    shop.run(more, &[]).await;
    let slow = shop.bus.pause_once();
    let sleeps = async {
        slow.reached().await;
        shop.clock.advance(SignedDuration::from_secs(20));
        slow.release();
    };
    let (report, ()) = join(shop.relay(), sleeps).await;
    assert_eq!((report.published, shop.unpublished().await), (100, 13), "one page, and no further");
    assert_eq!(shop.relay().await.published, 13);
}

#[tokio::test]
async fn relays_and_requests_at_once_keep_every_order() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 50).await;
    let buys = async |sub: String| {
        shop.fill_cart(&sub, &[(&item, 1)]).await;
        let body = json!({"shippingAddress": address()});
        let order = shop.shopper(&sub).post("/v1/orders", &body).await;
        for method in [DECLINED, DECLINED, "pm_card_visa"] {
            let body = json!({"orderId": order.text("/orderId"), "paymentMethodId": method,
                "amount": serde_json::from_str::<serde_json::Value>("64.80").unwrap()});
            shop.shopper(&sub).post("/v1/payments", &body).await;
        }
    };
    let relays = async {
        for _ in 0..20 {
            join(shop.relay(), shop.relay()).await;
        }
    };
    let shoppers = futures_util::future::join_all((0..6).map(|number| buys(format!("shopper_{number}"))));
    join(shoppers, relays).await;
    shop.relay().await;
    let delivered = shop.bus.delivered().await;
    assert_eq!(delivered.len(), 36);
    shop.assert_all_delivered(&delivered).await;
}

#[tokio::test]
async fn what_the_sweep_ends_is_told_by_the_relay() {
    let placed = Placed::new().await;
    placed.pay(DECLINED).await;
    placed.shop.clock.advance(SignedDuration::from_mins(31));
    placed.shop.sweep().await.unwrap();
    assert_eq!(placed.shop.unpublished().await, 2);
    placed.shop.relay().await;
    let delivered = placed.shop.bus.delivered().await;
    assert_eq!(
        kinds(&delivered),
        ["OrderCreated", "InventoryReserved", "PaymentFailed", "PaymentCanceled", "OrderFailed"]
    );
    placed.shop.assert_all_delivered(&delivered).await;
}
