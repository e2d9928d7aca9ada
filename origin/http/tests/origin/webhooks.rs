//! Hints of the payment provider: late, doubled, out of order, and beside requests.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::Faults;

use crate::shop::{Entrance, Placed, Shop};

const ASKS: &str = "pm_card_threeDSecure2Required";
const SUCCEEDED: &str = "payment_intent.succeeded";

/// An order whose customer was asked to confirm the payment.
async fn asked() -> Placed {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    placed
}

/// The customer has confirmed it, and the shop does not know.
async fn confirmed() -> Placed {
    let placed = asked().await;
    placed.authenticate("authenticate").await;
    assert_eq!((placed.charges(), placed.status().await), (1, "PENDING".to_owned()));
    placed
}

#[tokio::test]
async fn what_the_customer_confirms_at_the_bank_is_paid_by_the_providers_webhooks_alone() {
    let placed = Placed::new().await;
    let mut entrance = Entrance::open(&placed.shop).await;
    // Created, and requires action.
    let (answer, statuses) = join(placed.pay(ASKS), entrance.run(2)).await;
    assert_eq!((answer.text("/status").as_str(), statuses), ("requires_action", vec![200, 200]));
    // The charge and the intent.
    let ((), statuses) = join(placed.authenticate("authenticate"), entrance.run(2)).await;
    assert_eq!(statuses, [200, 200]);
    placed.assert_paid().await;
}

#[tokio::test]
async fn doubled_and_late_webhooks_change_nothing() {
    let placed = confirmed().await;
    for (id, kind) in [
        ("evt_3", SUCCEEDED),
        ("evt_3", SUCCEEDED),
        // What happened before, told after.
        ("evt_2", "payment_intent.requires_action"),
        ("evt_1", "payment_intent.created"),
        ("evt_0", "payment_intent.payment_failed"),
        ("evt_3", SUCCEEDED),
        // The same told under another id.
        ("evt_4", SUCCEEDED),
    ] {
        let taken = placed.hint(id, kind).await;
        assert_eq!(taken.status, 200, "{id} {taken:?}");
        placed.assert_paid().await;
    }
    assert_eq!(placed.shop.handled().await, ["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"]);
}

#[tokio::test]
async fn a_webhook_is_a_hint_and_not_believed() {
    let placed = asked().await;
    assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
    assert_eq!((placed.status().await, placed.attempts("REQUIRES_ACTION").await), ("PENDING".to_owned(), 1));
    assert_eq!(placed.hold().await, "COMMITTING");
}

#[tokio::test]
async fn an_event_that_was_handled_is_not_looked_up_again() {
    let placed = confirmed().await;
    assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
    placed.faults(Faults { delay_ms: 60_000, ..Faults::default() });
    let again = tokio::time::timeout(Duration::from_secs(5), placed.hint("evt_1", SUCCEEDED)).await;
    assert_eq!(again.expect("should not wait for the provider").status, 200);
}

#[tokio::test]
async fn one_event_delivered_many_times_at_once_has_one_effect() {
    let placed = confirmed().await;
    let deliveries = (0..8).map(|_| placed.hint("evt_1", SUCCEEDED));
    for taken in join_all(deliveries).await {
        assert_eq!(taken.status, 200, "{taken:?}");
    }
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_webhook_that_overtakes_the_request_pays_once_and_the_request_says_so() {
    let placed = Placed::new().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeSettle);
    let overtaking = async {
        pause.reached().await;
        assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
        placed.assert_paid().await;
        pause.release();
    };
    let (paid, ()) = join(placed.pay_under("k", "pm_card_visa"), overtaking).await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    placed.assert_paid().await;
    assert_eq!(placed.pay_under("k", "pm_card_visa").await.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_request_that_overtakes_the_webhook_pays_once() {
    let placed = confirmed().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeSettle);
    let overtaking = async {
        pause.reached().await;
        assert_eq!(placed.pay(ASKS).await.text("/status"), "succeeded");
        pause.release();
    };
    let (taken, ()) = join(placed.hint("evt_1", SUCCEEDED), overtaking).await;
    assert_eq!(taken.status, 200);
    placed.assert_paid().await;
    assert_eq!(placed.shop.handled().await, ["evt_1"]);
}

#[tokio::test]
async fn a_webhook_about_a_declined_card_does_not_take_the_money_from_the_next_one() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    // The provider is slow to answer the question about the decline, and by then another card was charged.
    placed.faults(Faults { delay_ms: 3_000, ..Faults::default() });
    let stale = placed.hint("evt_1", "payment_intent.payment_failed");
    let paying = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        placed.faults(Faults::default());
        let pause = placed.shop.stops.pause_once_at(HookPoint::AfterConfirm);
        let waiting = async {
            pause.reached().await;
            tokio::time::sleep(Duration::from_secs(4)).await;
            pause.release();
        };
        join(placed.pay("pm_card_visa"), waiting).await.0
    };
    let (taken, paid) = join(stale, paying).await;
    assert_eq!(taken.status, 200);
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_process_that_dies_over_a_webhook_is_sent_it_again() {
    for (point, settled) in [(HookPoint::BeforeSettle, 0), (HookPoint::AfterSettle, 1), (HookPoint::AfterStock, 1)] {
        let placed = confirmed().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 503, "{point:?}");
        assert!(placed.shop.stops.was_reached(), "{point:?}");
        let paid = placed.shop.count("select count(*) from payments where state = 'SUCCEEDED'").await;
        let handled = placed.shop.count("select count(*) from webhook_events").await;
        assert_eq!((paid, handled), (settled, settled), "{point:?}");
        assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200, "{point:?}");
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        placed.shop.sweep().await.unwrap();
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_read_has_the_webhook_sent_again() {
    let placed = confirmed().await;
    placed.shop.timer.hurry(true);
    placed.faults(Faults { delay_ms: 2_500, ..Faults::default() });
    let silent = placed.hint("evt_1", SUCCEEDED).await;
    assert_eq!((silent.status.as_u16(), silent.code()), (503, "UNAVAILABLE".to_owned()), "{silent:?}");
    assert!(silent.header("retry-after").is_some() && placed.shop.handled().await.is_empty());
    placed.shop.timer.hurry(false);
    placed.faults(Faults::default());
    assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_database_that_is_away_has_the_webhook_sent_again() {
    let (shop, line) = Shop::open_on_a_line().await;
    let intent = json!({"id": "pi_of_somebody_else"});
    line.cut();
    let refused = shop.webhook("evt_1", SUCCEEDED, &intent).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "UNAVAILABLE".to_owned()), "{refused:?}");
    line.mend();
    assert_eq!(shop.webhook("evt_1", SUCCEEDED, &intent).await.status, 200);
}

#[tokio::test]
async fn what_means_nothing_to_this_shop_is_taken_and_forgotten() {
    let placed = asked().await;
    let intent = json!({"id": "pi_of_somebody_else"});
    let dispute = json!({"id": "du_1", "payment_intent": "pi_of_somebody_else"});
    let ours = json!({"id": "ch_1", "payment_intent": placed.intents()[0]});
    let refund = json!({"id": "re_1", "payment_intent": "pi_of_somebody_else"});
    for (kind, object) in [
        (SUCCEEDED, &intent),
        ("charge.dispute.created", &dispute),
        ("customer.subscription.updated", &json!({})),
        ("charge.succeeded", &intent),
        ("charge.refunded", &ours),
        ("refund.created", &refund),
    ] {
        assert_eq!(placed.shop.webhook("evt_1", kind, object).await.status, 200, "{kind}");
    }
    assert_eq!(placed.shop.handled().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_no_at_the_bank_gives_the_stock_its_clock_back() {
    let placed = asked().await;
    placed.authenticate("fail").await;
    assert_eq!(placed.hint("evt_1", "payment_intent.payment_failed").await.status, 200);
    assert_eq!((placed.status().await, placed.hold().await), ("PENDING".to_owned(), "HELD".to_owned()));
    assert_eq!((placed.attempts("FAILED").await, placed.events("PaymentFailed").await), (1, 1));
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn an_intent_that_was_called_off_ends_its_payment_and_the_order_may_be_paid_by_another() {
    let placed = asked().await;
    placed.cancel_at_provider().await;
    for _ in 0..2 {
        assert_eq!(placed.hint("evt_1", "payment_intent.canceled").await.status, 200);
    }
    assert_eq!((placed.status().await, placed.hold().await), ("PENDING".to_owned(), "HELD".to_owned()));
    let canceled = "select count(*) from payments where state = 'CANCELED'";
    assert_eq!((placed.shop.count(canceled).await, placed.events("PaymentCanceled").await), (1, 1));
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    assert_eq!(placed.intents().len(), 2);
    placed.assert_paid().await;
    // The old story, told again.
    assert_eq!(placed.hint("evt_2", "payment_intent.canceled").await.status, 200);
    placed.assert_paid().await;
}

#[tokio::test]
async fn what_an_order_that_ends_calls_off_comes_back_as_a_webhook_and_changes_nothing() {
    for point in [HookPoint::BeforeEnd, HookPoint::AfterEnd, HookPoint::AfterRelease] {
        let placed = asked().await;
        placed.shop.clock.advance(SignedDuration::from_mins(31));
        let pause = placed.shop.stops.pause_once_at(point);
        let telling = async {
            pause.reached().await;
            assert_eq!(placed.hint("evt_1", "payment_intent.canceled").await.status, 200);
            pause.release();
        };
        let (report, ()) = join(placed.shop.sweep(), telling).await;
        assert_eq!(report.unwrap().closed, 1, "{point:?}");
        assert_eq!((placed.status().await, placed.hold().await), ("FAILED".to_owned(), "RELEASED".to_owned()));
        assert_eq!((placed.stock().await, placed.events("PaymentCanceled").await), ((5, 0), 1), "{point:?}");
        assert_eq!(placed.events("OrderFailed").await, 1);
        let left = "select count(*) from payment_attempts where hold_step is not null";
        assert_eq!(placed.shop.count(left).await, 0, "{point:?}");
    }
}

#[tokio::test]
async fn money_for_an_order_that_has_ended_is_written_down_and_reported_once() {
    let placed = confirmed().await;
    placed.shop.run("update orders set status = 'FAILED'", &[]).await;
    for id in ["evt_1", "evt_1", "evt_2"] {
        assert_eq!(placed.hint(id, SUCCEEDED).await.status, 200);
    }
    let told = "select count(*) from outbox where event = 'PaymentStranded' and payload->>'reason' = 'order_failed'";
    assert_eq!((placed.shop.count(told).await, placed.events("PaymentStranded").await), (1, 1));
    let captured = "select count(*) from ledger_entries where kind = 'capture'";
    assert_eq!((placed.shop.count(captured).await, placed.events("PaymentSucceeded").await), (1, 0));
    assert_eq!((placed.status().await, placed.stock().await.0), ("FAILED".to_owned(), 5));
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn what_was_handled_is_forgotten_after_a_month() {
    let placed = confirmed().await;
    assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
    let shop = &placed.shop;
    shop.clock.advance(SignedDuration::from_hours(30 * 24));
    shop.sweep().await.unwrap();
    assert_eq!(shop.handled().await, ["evt_1"]);
    shop.clock.advance(SignedDuration::from_hours(2 * 24));
    shop.sweep().await.unwrap();
    assert_eq!(shop.handled().await, Vec::<String>::new());
}
