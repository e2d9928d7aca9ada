//! The process dies, a store fails, or the provider is silent, between any two steps of a payment.

use std::time::Duration;

use commerce_domain::Clock as _;
use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use test_support::{DynamoSwitches, Faults, payments::Operation};

use crate::shop::Placed;

const ASKS: &str = "pm_card_threeDSecure2Required";

/// Stops at which the outcome is not written down yet.
const UNSETTLED: [HookPoint; 10] = [
    HookPoint::BeforeAttempt,
    HookPoint::AfterAttempt,
    HookPoint::BeforeCommitting,
    HookPoint::AfterCommitting,
    HookPoint::BeforeCreate,
    HookPoint::AfterCreate,
    HookPoint::AfterNote,
    HookPoint::BeforeConfirm,
    HookPoint::AfterConfirm,
    HookPoint::BeforeSettle,
];
const SETTLED: [HookPoint; 2] = [HookPoint::AfterSettle, HookPoint::AfterStock];

/// A payment that was stopped there.
async fn stopped(point: HookPoint, method: &str) -> Placed {
    let placed = Placed::new().await;
    placed.shop.stops.stop_once_at(point);
    assert_eq!(placed.pay_under("k", method).await.status, 503, "{point:?}");
    assert!(placed.shop.stops.was_reached(), "{point:?}");
    placed
}

#[tokio::test]
async fn a_payment_stopped_before_its_outcome_is_finished_by_whoever_repeats_it() {
    for point in UNSETTLED {
        for key in [Some("k"), None] {
            let placed = stopped(point, "pm_card_visa").await;
            let repeat = || async {
                match key {
                    Some(key) => placed.pay_under(key, "pm_card_visa").await,
                    None => placed.pay("pm_card_visa").await,
                }
            };
            if key.is_some() || point != HookPoint::BeforeAttempt {
                let early = repeat().await;
                let code = if key.is_some() { "REQUEST_IN_PROGRESS" } else { "PAYMENT_IN_PROGRESS" };
                assert_eq!((early.status.as_u16(), early.code()), (409, code.to_owned()), "{point:?}");
                assert!(early.header("retry-after").is_some());
            }
            placed.shop.clock.advance(SignedDuration::from_secs(31));
            let paid = repeat().await;
            assert_eq!(paid.text("/status"), "succeeded", "{point:?} {key:?} {paid:?}");
            placed.assert_paid().await;
            assert_eq!(placed.intents().len(), 1, "{point:?}");
        }
    }
}

#[tokio::test]
async fn a_payment_stopped_after_its_outcome_is_replayed_and_its_goods_leave() {
    for point in SETTLED {
        let placed = stopped(point, "pm_card_visa").await;
        let replayed = placed.pay_under("k", "pm_card_visa").await;
        assert_eq!(replayed.text("/status"), "succeeded", "{point:?} {replayed:?}");
        assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
        placed.assert_paid().await;

        let placed = stopped(point, "pm_card_visa").await;
        assert_eq!(placed.pay("pm_card_visa").await.code(), "ORDER_ALREADY_PAID", "{point:?}");
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_payment_stopped_anywhere_can_be_made_with_another_card() {
    for point in UNSETTLED.into_iter().chain(SETTLED) {
        let placed = stopped(point, "pm_card_chargeDeclined").await;
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        let paid = placed.pay("pm_card_visa").await;
        assert_eq!(paid.text("/status"), "succeeded", "{point:?} {paid:?}");
        placed.assert_paid().await;
        assert_eq!(placed.intents().len(), 1, "{point:?}");
    }
}

#[tokio::test]
async fn a_hold_that_was_left_behind_by_a_declined_payment_gets_its_clock_back() {
    let placed = stopped(HookPoint::AfterSettle, "pm_card_chargeDeclined").await;
    assert_eq!(placed.hold().await, "COMMITTING");
    placed.shop.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(placed.pay("pm_card_visa").await.code(), "RESERVATION_EXPIRED");
    assert_eq!((placed.hold().await, placed.charges()), ("HELD".to_owned(), 0));
}

#[tokio::test]
async fn a_store_that_fails_after_the_outcome_does_not_change_the_answer_and_is_asked_again() {
    for (method, status) in [("pm_card_visa", 200), ("pm_card_chargeDeclined", 402)] {
        let placed = Placed::new().await;
        let pause = placed.shop.stops.pause_once_at(HookPoint::AfterSettle);
        let failing = async {
            pause.reached().await;
            let only = vec!["UpdateItem".to_owned(), "TransactWriteItems".to_owned()];
            placed.shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only, ..DynamoSwitches::default() });
            pause.release();
        };
        let (answer, ()) = join(placed.pay(method), failing).await;
        assert_eq!((answer.status.as_u16(), placed.hold().await), (status, "COMMITTING".to_owned()), "{answer:?}");
        placed.shop.dynamo_faults.set(DynamoSwitches::default());
        placed.pay("pm_card_visa").await;
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn an_attempt_that_may_have_charged_is_looked_after_whatever_has_become_of_the_hold() {
    let placed = stopped(HookPoint::AfterConfirm, "pm_card_visa").await;
    placed.force_hold("HELD").await;
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    let paid = placed.pay("pm_card_visa").await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_request_that_was_held_up_for_long_does_not_charge() {
    for point in [HookPoint::AfterAttempt, HookPoint::AfterNote] {
        let placed = Placed::new().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let time_passes = async {
            pause.reached().await;
            placed.shop.clock.advance(SignedDuration::from_secs(11));
            pause.release();
        };
        let (late, ()) = join(placed.pay("pm_card_visa"), time_passes).await;
        assert_eq!((late.status.as_u16(), placed.charges()), (503, 0), "{point:?} {late:?}");
        assert_eq!(placed.hold().await, "HELD", "{point:?}");
        assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
        placed.assert_paid().await;
    }
}

/// The provider is silent from that point on. What the request to pay is answered, and how long it took at most.
async fn silent_from(placed: &Placed, point: HookPoint, method: &str) -> (u16, String) {
    placed.shop.timer.hurry(true);
    let began = placed.shop.clock.now();
    let pause = placed.shop.stops.pause_once_at(point);
    let silencing = async {
        pause.reached().await;
        placed.faults(Faults { delay_ms: 2_500, ..Faults::default() });
        pause.release();
    };
    let (answer, ()) = join(placed.pay(method), silencing).await;
    let took = placed.shop.clock.now().duration_since(began);
    // The provider has twelve seconds, and the bus has the rest.
    assert!(took <= SignedDuration::from_millis(12_050), "{took:?}");
    placed.faults(Faults::default());
    placed.shop.timer.hurry(false);
    let said = if answer.status.is_success() { answer.text("/status") } else { answer.code() };
    (answer.status.as_u16(), said)
}

#[tokio::test]
async fn a_charge_that_is_not_answered_in_time_is_processing_and_found_out_later() {
    let placed = Placed::new().await;
    let answer = silent_from(&placed, HookPoint::BeforeConfirm, "pm_card_visa").await;
    assert_eq!(answer, (202, "processing".to_owned()));
    assert_eq!((placed.attempts("UNKNOWN").await, placed.hold().await), (1, "COMMITTING".to_owned()));
    // The provider has charged by now.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((placed.charges(), placed.status().await), (1, "PENDING".to_owned()));
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn an_announcement_that_is_not_answered_in_time_charges_nothing_and_makes_one_intent() {
    let placed = Placed::new().await;
    let answer = silent_from(&placed, HookPoint::BeforeCreate, "pm_card_visa").await;
    assert_eq!(answer, (503, "UNAVAILABLE".to_owned()));
    assert_eq!((placed.charges(), placed.hold().await), (0, "HELD".to_owned()));
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
    assert_eq!(placed.intents().len(), 1);
}

#[tokio::test]
async fn an_intent_that_cannot_be_read_changes_nothing() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    let answer = silent_from(&placed, HookPoint::AfterAttempt, ASKS).await;
    assert_eq!(answer, (202, "processing".to_owned()));
    assert_eq!(placed.attempts("REQUIRES_ACTION").await, 1);
    placed.authenticate("fail").await;
    assert_eq!(placed.pay(ASKS).await.code(), "PAYMENT_DECLINED", "and not asked again");
}

#[tokio::test]
async fn a_kept_answer_of_the_provider_is_not_taken_for_news() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    // As if the answer had been lost, and the intent could not be read.
    placed.shop.run("update payments set state = 'UNKNOWN'", &[]).await;
    placed.shop.run("update payment_attempts set state = 'UNKNOWN'", &[]).await;
    placed.authenticate("fail").await;
    // The confirmation is sent again, and answered as the first time: with a redirect that leads nowhere by now.
    assert_eq!(placed.pay(ASKS).await.code(), "PAYMENT_DECLINED");
}

#[tokio::test]
async fn a_payment_that_could_not_be_announced_is_called_off_and_followed_by_another() {
    let placed = Placed::new().await;
    placed.faults(Faults { stored_500_after_effect: 1, only: vec![Operation::Create], ..Faults::default() });
    let failed = placed.pay("pm_card_visa").await;
    assert_eq!((failed.status.as_u16(), failed.code()), (503, "UNAVAILABLE".to_owned()), "{failed:?}");
    let told = "select count(*) from outbox where event = 'PaymentCanceled' and payload->>'reason' = 'not_announced'";
    assert_eq!((placed.shop.count(told).await, placed.hold().await), (1, "HELD".to_owned()));
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
    // The intent that nobody learned of is as it was.
    let orphan = placed.shop.provider.state()["payment_intents"][0]["status"].clone();
    assert_eq!((placed.intents().len(), orphan.as_str()), (2, Some("requires_payment_method")));
}
