//! Money that goes back: once for each cause, and never more than was taken.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::{Value, json};
use test_support::{Faults, payments::Operation};

use crate::shop::{Answer, Placed, TOTAL};

impl Placed {
    pub(crate) async fn paid_with(method: &str) -> Self {
        let placed = Self::new().await;
        assert_eq!(placed.pay(method).await.text("/status"), "succeeded");
        placed
    }

    pub(crate) async fn payment(&self) -> Value {
        let listed = self.shop.shopper("ada").get("/v1/payments").await;
        assert_eq!(listed.status, 200, "{listed:?}");
        listed.json()["data"][0].clone()
    }

    /// Asks for a refund, of all that is left without an amount.
    pub(crate) async fn refund(&self, key: &str, amount: Option<&str>) -> Answer {
        let payment = self.payment().await["id"].as_str().unwrap().to_owned();
        let body = amount.map_or_else(|| json!({}), |amount| json!({"amount": number(amount)}));
        let admin = self.shop.admin().with("idempotency-key", key);
        admin.post(&format!("/v1/payments/{payment}/refunds"), &body).await
    }

    /// What the provider sent back, in cents.
    pub(crate) fn sent_back(&self) -> Vec<u64> {
        let refunds = self.shop.provider.state()["refunds"].as_array().cloned().unwrap_or_default();
        let here = refunds.iter().filter(|refund| refund["status"] != "failed");
        here.map(|refund| refund["amount"].as_u64().unwrap()).collect()
    }

    /// What the ledger says that we have of this order.
    pub(crate) async fn kept(&self) -> i64 {
        self.shop.count("select (100 * coalesce(sum(amount), 0))::bigint from ledger_entries").await
    }

    pub(crate) async fn sweep_later(&self) -> u32 {
        self.shop.clock.advance(SignedDuration::from_secs(31));
        self.shop.sweep().await.unwrap().refunds
    }

    pub(crate) async fn order(&self) -> Value {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.json()
    }
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn hits_refunds(faults: &Faults) -> Faults {
    Faults { only: vec![Operation::Refund], ..faults.clone() }
}

#[tokio::test]
async fn parts_go_back_until_nothing_is_left_and_then_the_order_is_refunded() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let first = placed.refund("k1", Some("14.80")).await;
    assert_eq!((first.status.as_u16(), first.text("/status")), (201, "SUCCEEDED".to_owned()), "{first:?}");
    assert_eq!(first.json()["amount"], number("14.80"));
    let order = placed.order().await;
    assert_eq!(
        (&order["status"], &order["refundStatus"], &order["refunded"]),
        (&json!("PROCESSING"), &json!("partial"), &number("14.80"))
    );
    let too_much = placed.refund("k2", Some("50.01")).await;
    assert_eq!((too_much.status.as_u16(), too_much.code()), (422, "REFUND_TOO_LARGE".to_owned()));
    assert_eq!(too_much.json()["refundable"], number("50.00"));
    assert_eq!(placed.refund("k2", Some("50.00")).await.status, 201);
    let order = placed.order().await;
    assert_eq!(
        (&order["status"], &order["refundStatus"], &order["refunded"]),
        (&json!("REFUNDED"), &json!("full"), &number("64.80"))
    );
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![1480, 5000], 0));
    assert_eq!(placed.events("RefundSucceeded").await, 2);
    let nothing = placed.refund("k3", None).await;
    assert_eq!((nothing.status.as_u16(), nothing.code()), (422, "REFUND_TOO_LARGE".to_owned()));
    let payment = placed.payment().await;
    assert_eq!((&payment["status"], &payment["refunded"]), (&json!("SUCCEEDED"), &number("64.80")));
    assert_eq!(payment["refunds"].as_array().map(Vec::len), Some(2));
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn a_refund_needs_a_key_a_payment_that_was_made_and_the_shop() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let path = format!("/v1/payments/{}/refunds", placed.payment().await["id"].as_str().unwrap());
    let admin = placed.shop.admin();
    assert_eq!(admin.post(&path, &json!({})).await.code(), "IDEMPOTENCY_KEY_REQUIRED");
    let keyed = admin.with("idempotency-key", "k");
    for (body, field) in [
        (json!({"amount": number("0.00")}), "amount"),
        (json!({"amount": number("-1.00")}), "amount"),
        (json!({"amount": number("1.001")}), "amount"),
        (json!({"reason": "because"}), "reason"),
        (json!({"amount": "1.00"}), "amount"),
        (json!({"all": true}), "all"),
    ] {
        let refused = keyed.post(&path, &body).await;
        assert_eq!((refused.status.as_u16(), refused.fields()), (400, vec![field.to_owned()]), "{body}");
    }
    assert_eq!(keyed.post("/v1/payments/pay_01h4vjdvzefw18zfwz5dxw5y8g/refunds", &json!({})).await.status, 404);
    let ada = placed.shop.shopper("ada").with("idempotency-key", "k");
    assert_eq!(ada.post(&path, &json!({})).await.status, 403);
    let bob = placed.shop.shopper("bob");
    assert_eq!(bob.get(path.strip_suffix("/refunds").unwrap()).await.status, 404);
    assert_eq!(bob.get("/v1/payments").await.json()["data"], json!([]));
    assert_eq!(placed.sent_back(), Vec::<u64>::new());

    let unpaid = Placed::new().await;
    assert_eq!(unpaid.pay("pm_card_chargeDeclined").await.status, 402);
    let refused = unpaid.refund("k", None).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()));
}

#[tokio::test]
async fn a_repeated_request_is_one_refund_and_another_key_another() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let (one, same) = (placed.refund("k1", Some("10.00")).await, placed.refund("k1", Some("10.00")).await);
    assert_eq!((&one.body, same.header("idempotent-replayed")), (&same.body, Some("true")));
    assert_eq!(placed.refund("k1", Some("11.00")).await.code(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(placed.refund("k2", Some("10.00")).await.status, 201);
    // Long after the answer was forgotten, it is still the same refund.
    placed.shop.clock.advance(SignedDuration::from_hours(25));
    placed.shop.run("delete from idempotency_keys", &[]).await;
    assert_eq!(placed.refund("k1", Some("10.00")).await.text("/id"), one.text("/id"));
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000, 1000], 4480));
}

#[tokio::test]
async fn two_refunds_at_once_never_send_back_more_than_was_taken() {
    for _ in 0..5 {
        let placed = Placed::paid_with("pm_card_visa").await;
        let (one, other) = join(placed.refund("k1", Some("40.00")), placed.refund("k2", Some("40.00"))).await;
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{one:?} {other:?}");
        assert_eq!((placed.sent_back(), placed.kept().await), (vec![4000], 2480));
    }
}

#[tokio::test]
async fn the_second_refund_waits_for_nothing_but_counts_the_first_one_that_is_under_way() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeMoneyBack);
    let (first, second) = join(placed.refund("k1", Some("40.00")), async {
        pause.reached().await;
        let second = placed.refund("k2", Some("40.00")).await;
        pause.release();
        second
    })
    .await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 422));
    assert_eq!(second.json()["refundable"], number("24.80"));
}

#[tokio::test]
async fn a_refund_that_is_stopped_anywhere_goes_back_once() {
    let points = [
        HookPoint::BeforeRefund,
        HookPoint::AfterRefund,
        HookPoint::BeforeMoneyBack,
        HookPoint::AfterMoneyBack,
        HookPoint::BeforeRefunded,
        HookPoint::AfterRefunded,
    ];
    for point in points {
        for sweep_first in [false, true] {
            let placed = Placed::paid_with("pm_card_visa").await;
            placed.shop.stops.stop_once_at(point);
            assert_eq!(placed.refund("k1", Some("10.00")).await.status, 503, "{point:?}");
            assert!(placed.shop.stops.was_reached(), "{point:?}");
            let in_progress = placed.refund("k1", Some("10.00")).await;
            assert_eq!(in_progress.code(), "REQUEST_IN_PROGRESS", "{point:?}");
            placed.shop.clock.advance(SignedDuration::from_secs(31));
            if sweep_first {
                placed.shop.sweep().await.unwrap();
            }
            let refunded = placed.refund("k1", Some("10.00")).await;
            assert_eq!(
                (refunded.status.as_u16(), refunded.text("/status")),
                (201, "SUCCEEDED".to_owned()),
                "{point:?}"
            );
            assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000], 5480), "{point:?}");
            assert_eq!(placed.events("RefundSucceeded").await, 1, "{point:?}");
        }
    }
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    for faults in [
        Faults { lose_reply: 1, ..Faults::default() },
        Faults { stored_500_after_effect: 1, ..Faults::default() },
        Faults { rate_limit: 2, ..Faults::default() },
        Faults { key_in_use: 1, ..Faults::default() },
    ] {
        let placed = Placed::paid_with("pm_card_visa").await;
        placed.shop.timer.hurry(true);
        placed.faults(hits_refunds(&faults));
        let refunded = placed.refund("k1", Some("10.00")).await;
        assert_eq!(refunded.status, 201, "{faults:?} {refunded:?}");
        assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000], 5480), "{faults:?}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_leaves_the_refund_to_the_sweep() {
    let placed = Placed::paid_with("pm_card_visa").await;
    placed.shop.timer.hurry(true);
    placed.faults(hits_refunds(&Faults { rate_limit: 100, ..Faults::default() }));
    let asked = placed.refund("k1", Some("10.00")).await;
    assert_eq!((asked.status.as_u16(), asked.text("/status")), (202, "PENDING".to_owned()), "{asked:?}");
    assert_eq!(placed.refund("k2", Some("60.00")).await.status, 422, "what is under way counts as spent");
    placed.faults(Faults::default());
    assert_eq!(placed.sweep_later().await, 1);
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000], 5480));
    assert_eq!(placed.refund("k1", Some("10.00")).await.status, 201);
    assert_eq!(placed.sweep_later().await, 0);
}

#[tokio::test]
async fn a_key_that_the_provider_has_forgotten_does_not_send_the_money_twice() {
    let placed = Placed::paid_with("pm_card_visa").await;
    placed.shop.stops.stop_once_at(HookPoint::AfterMoneyBack);
    assert_eq!(placed.refund("k1", Some("10.00")).await.status, 503);
    placed.shop.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(placed.shop.sweep().await.unwrap().refunds, 1);
    assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000], 5480));
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_gives_the_money_free_again() {
    let placed = Placed::paid_with("pm_card_visa").await;
    // Somebody has refunded it at the provider.
    let intent = &placed.intents()[0];
    placed.tell_provider("/v1/refunds", &format!("payment_intent={intent}")).await;
    let refused = placed.refund("k1", Some("10.00")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "REFUND_REFUSED".to_owned()), "{refused:?}");
    assert_eq!(placed.refund("k1", Some("10.00")).await.header("idempotent-replayed"), Some("true"));
    assert_eq!((placed.events("RefundFailed").await, placed.kept().await), (1, 6480));
    assert_eq!(placed.payment().await["refunds"][0]["status"], "FAILED");
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn a_refund_that_somebody_has_made_at_the_provider_is_heard_of_and_not_ours() {
    let placed = Placed::paid_with("pm_card_visa").await;
    let about = json!({"id": "re_by_hand", "object": "refund", "payment_intent": placed.intents()[0], "metadata": {}});
    assert_eq!(placed.shop.webhook("evt_1", "refund.created", &about).await.status, 200);
    assert_eq!((placed.kept().await, placed.shop.handled().await), (6480, vec!["evt_1".to_owned()]));
    let others = json!({"id": "re_2", "object": "refund", "payment_intent": "pi_nobody", "metadata": {}});
    assert_eq!(placed.shop.webhook("evt_2", "refund.created", &others).await.status, 200);
    assert_eq!(placed.shop.handled().await, ["evt_1"]);
}

#[tokio::test]
async fn a_refund_that_is_refused_for_a_reason_that_can_be_put_right_is_made_later() {
    // The key of the shop has lapsed, and its balance is too low: Stripe remembers the second under the refund's key.
    for (code, seconds) in [("", 31), ("balance_insufficient", 25 * 3600)] {
        let placed = Placed::paid_with("pm_card_visa").await;
        let refused = Faults { refuse: 100, refuse_code: code.to_owned(), ..Faults::default() };
        placed.faults(hits_refunds(&refused));
        let asked = placed.refund("k1", Some("10.00")).await;
        assert_eq!((asked.status.as_u16(), asked.text("/status")), (202, "PENDING".to_owned()), "{code} {asked:?}");
        assert_eq!((placed.sweep_later().await, placed.events("RefundFailed").await), (0, 0), "{code}");
        placed.faults(Faults::default());
        placed.shop.clock.advance(SignedDuration::from_secs(seconds));
        assert_eq!(placed.sweep_later().await, 1, "{code}");
        assert_eq!((placed.sent_back(), placed.kept().await), (vec![1000], 5480), "{code}");
    }
}

#[tokio::test]
async fn a_refund_that_is_refused_for_good_has_failed() {
    for code in ["charge_disputed", "charge_already_refunded", "amount_too_large"] {
        let placed = Placed::paid_with("pm_card_visa").await;
        let refused = Faults { refuse: 1, refuse_code: code.to_owned(), ..Faults::default() };
        placed.faults(hits_refunds(&refused));
        let asked = placed.refund("k1", Some("10.00")).await;
        assert_eq!((asked.status.as_u16(), asked.code()), (409, "REFUND_REFUSED".to_owned()), "{code} {asked:?}");
        assert_eq!((placed.sweep_later().await, placed.events("RefundFailed").await), (0, 1), "{code}");
    }
}

#[tokio::test]
async fn a_bank_that_takes_its_time_is_asked_again_and_what_it_sends_back_is_here_again() {
    for (outcome, kept, status) in [("succeeded", 0, "REFUNDED"), ("failed", 6480, "PROCESSING")] {
        let placed = Placed::paid_with("pm_card_pendingRefund").await;
        assert_eq!(placed.refund("k1", None).await.status, 202);
        assert_eq!((placed.sweep_later().await, placed.kept().await), (0, 6480), "still under way");
        let refund = placed.shop.provider.state()["refunds"][0]["id"].as_str().unwrap().to_owned();
        placed.tell_provider(&format!("/test/refunds/{refund}/{outcome}"), "").await;
        assert_eq!((placed.sweep_later().await, placed.kept().await), (1, kept), "{outcome}");
        assert_eq!(placed.status().await, status);
        assert_eq!(placed.events(if kept == 0 { "RefundSucceeded" } else { "RefundFailed" }).await, 1);
        assert_eq!(placed.order().await["total"], number(TOTAL));
    }
}

#[tokio::test]
async fn a_webhook_about_a_refund_is_asked_for_at_the_provider_and_handled_once() {
    let placed = Placed::paid_with("pm_card_pendingRefund").await;
    assert_eq!(placed.refund("k1", None).await.status, 202);
    let refund = placed.shop.provider.state()["refunds"][0]["id"].as_str().unwrap().to_owned();
    let about = json!({"id": refund, "object": "refund"});
    let tell = async |id: &str, kind: &str| placed.shop.webhook(id, kind, &about).await.status.as_u16();
    assert_eq!((tell("evt_1", "refund.created").await, placed.kept().await), (200, 6480), "still under way");
    placed.tell_provider(&format!("/test/refunds/{refund}/succeeded"), "").await;
    for _ in 0..2 {
        assert_eq!((tell("evt_2", "refund.updated").await, placed.kept().await), (200, 0));
    }
    assert_eq!((placed.status().await, placed.events("RefundSucceeded").await), ("REFUNDED".to_owned(), 1));
    // The bank sends it back after all.
    placed.tell_provider(&format!("/test/refunds/{refund}/failed"), "").await;
    for event in ["evt_3", "evt_4"] {
        assert_eq!((tell(event, "refund.failed").await, placed.kept().await), (200, 6480));
    }
    assert_eq!((placed.events("RefundFailed").await, placed.sent_back()), (1, vec![]));
    assert_eq!(placed.status().await, "CANCELLED", "the goods are on sale again");
    assert_eq!(placed.shop.handled().await, ["evt_1", "evt_2", "evt_3", "evt_4"]);
    let nobody = json!({"id": "re_nobody", "object": "refund"});
    assert_eq!(placed.shop.webhook("evt_5", "refund.updated", &nobody).await.status, 200);
    placed.assert_events_are_right().await;
}
