//! Requests that pay one order at once, and answers of the provider that come late.

use std::time::Duration;

use commerce_domain::{Clock as _, EventId, RefundId, state::PaymentState};
use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::{
    hooks::HookPoint,
    payments::{Begun, GatewayError, IntentStatus, PaymentStore as _, Settlement, Verdict},
};
use serde_json::json;
use test_support::{Faults, SystemEntropy, payments::Operation};

use crate::shop::{Answer, Placed, Shop, address};

const ASKS: &str = "pm_card_threeDSecure2Required";

/// An attempt whose customer was asked, and has said no.
async fn refused_by_the_customer() -> Placed {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    placed.authenticate("fail").await;
    placed
}

#[tokio::test]
async fn a_stale_decline_leaves_the_hold_to_the_attempt_that_has_it_now() {
    let placed = refused_by_the_customer().await;
    let stale_pause = placed.shop.stops.pause_once_at(HookPoint::BeforeSettle);
    let stale = placed.pay("pm_card_mastercard");
    let overtaking = async {
        // It has read that the first attempt failed, and is about to write that down.
        stale_pause.reached().await;
        let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
        let between = async {
            pause.reached().await;
            stale_pause.release();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(placed.hold().await, "COMMITTING");
            pause.release();
        };
        join(placed.pay("pm_card_visa"), between).await.0
    };
    let (stale, paid) = join(stale, overtaking).await;
    assert_eq!(stale.code(), "PAYMENT_IN_PROGRESS", "{stale:?}");
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_stale_cancellation_leaves_the_next_attempt_alone() {
    let placed = refused_by_the_customer().await;
    let stale_pause = placed.shop.stops.pause_once_at(HookPoint::AfterAttempt);
    let stale = placed.pay(ASKS);
    let overtaking = async {
        stale_pause.reached().await;
        let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
        let between = async {
            pause.reached().await;
            placed.cancel_at_provider().await;
            stale_pause.release();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!((placed.hold().await, placed.attempts("CREATED").await), ("COMMITTING".to_owned(), 1));
            assert_eq!(placed.shop.count("select count(*) from payments where state = 'CREATED'").await, 1);
            pause.release();
        };
        join(placed.pay("pm_card_visa"), between).await.0
    };
    let (stale, canceled) = join(stale, overtaking).await;
    assert_eq!((stale.status.as_u16(), canceled.status.as_u16()), (402, 402), "{stale:?} {canceled:?}");
    assert_eq!(placed.events("PaymentCanceled").await, 1);
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_of_one_variant_are_paid_at_once_and_do_not_wait_for_each_other_in_a_circle() {
    let shop = Shop::open().await;
    let (lamp, chair) = (shop.item("Lamp", "60.00", 100).await, shop.item("Chair", "60.00", 100).await);
    let mut orders = Vec::new();
    for number in 0..16 {
        let sub = format!("shopper_{number}");
        let lines = if number % 2 == 0 { [(&lamp, 1), (&chair, 1)] } else { [(&chair, 1), (&lamp, 1)] };
        shop.fill_cart(&sub, &lines).await;
        let placed = shop.shopper(&sub).post("/v1/orders", &json!({"shippingAddress": address()})).await;
        orders.push((sub, placed.text("/orderId")));
    }
    let payments = orders.iter().map(|(sub, order)| {
        let body = format!(r#"{{"orderId": "{order}", "amount": 129.60, "paymentMethodId": "pm_card_visa"}}"#);
        let body = serde_json::from_str(&body).unwrap();
        let shopper = shop.shopper(sub);
        async move { shopper.post("/v1/payments", &body).await }
    });
    for answer in join_all(payments).await {
        assert_eq!(answer.text("/status"), "succeeded", "{answer:?}");
    }
    assert_eq!(shop.count("select sum(stock)::bigint from products").await, 168);
    assert_eq!(shop.count("select sum(stock)::bigint from variants").await, 168);
    assert_eq!(shop.count("select sum(quantity)::bigint from stock_ledger").await, -32);
    let retries = shop.database.retries();
    assert_eq!(retries.get("settle_payment"), None, "{retries:?}");
}

/// Two requests: the charge of the first lies with the provider until the second, with another card, is answered.
async fn overtaken_while_charging(placed: &Placed, second: &str) -> (Answer, Answer) {
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
    let overtaking = async {
        pause.reached().await;
        placed.faults(Faults { delay_ms: 4_000, ..Faults::default() });
        pause.release();
        tokio::time::sleep(Duration::from_secs(1)).await;
        placed.faults(Faults::default());
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        placed.pay(second).await
    };
    join(placed.pay("pm_card_visa"), overtaking).await
}

#[tokio::test]
async fn money_that_comes_after_its_attempt_was_given_up_pays_the_order() {
    let placed = Placed::new().await;
    let (late, declined) = overtaken_while_charging(&placed, "pm_card_chargeDeclined").await;
    assert_eq!((declined.status.as_u16(), declined.code()), (402, "PAYMENT_DECLINED".to_owned()), "{declined:?}");
    assert_eq!((late.status.as_u16(), late.text("/status")), (200, "succeeded".to_owned()), "{late:?}");
    placed.assert_paid().await;
    assert_eq!(placed.pay("pm_card_visa").await.code(), "ORDER_ALREADY_PAID");
}

#[tokio::test]
async fn money_that_comes_while_the_next_attempt_is_under_way_ends_that_one() {
    let placed = Placed::new().await;
    let (late, asked) = overtaken_while_charging(&placed, ASKS).await;
    assert_eq!(asked.text("/status"), "requires_action", "{asked:?}");
    assert_eq!((late.status.as_u16(), late.text("/status")), (200, "succeeded".to_owned()), "{late:?}");
    placed.assert_paid().await;
    assert_eq!(placed.pay(ASKS).await.code(), "ORDER_ALREADY_PAID");
    assert_eq!(placed.attempts("FAILED").await, 1);
}

#[tokio::test]
async fn a_payment_that_one_request_has_announced_is_not_called_off_by_another_that_could_not() {
    let placed = Placed::new().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
    let failing = async {
        pause.reached().await;
        let Begun::Attempt(attempt) = placed.shop.database.begin_attempt(&placed.new_attempt().await).await.unwrap()
        else {
            panic!("an attempt is under way")
        };
        let settlement = Settlement {
            refund: RefundId::generate(&placed.shop.clock, &SystemEntropy),
            attempt: &attempt,
            verdict: &Verdict::NotAnnounced { reason: "not_announced" },
            event: EventId::generate(&placed.shop.clock, &SystemEntropy),
            order_event: EventId::generate(&placed.shop.clock, &SystemEntropy),
            claim: None,
            receipt: None,
            now: placed.shop.clock.now(),
        };
        let settled = placed.shop.database.settle(&settlement).await.unwrap();
        assert_eq!((settled.stands, settled.attempt), (false, PaymentState::Created));
        pause.release();
    };
    let (paid, ()) = join(placed.pay("pm_card_visa"), failing).await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_payment_that_was_called_off_is_not_charged_by_who_announces_it_then() {
    let placed = Placed::new().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::AfterCreate);
    let calling_off = async {
        pause.reached().await;
        placed.shop.run("update payments set state = 'CANCELED'", &[]).await;
        placed.shop.run("update payment_attempts set state = 'CANCELED'", &[]).await;
        pause.release();
    };
    let (late, ()) = join(placed.pay("pm_card_visa"), calling_off).await;
    assert_eq!((late.status.as_u16(), placed.charges()), (503, 0), "{late:?}");
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_hold_that_an_attempt_took_up_after_its_end_is_taken_over() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    // As a request does that was held up until its attempt was over, and then died.
    placed.force_hold("COMMITTING").await;
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

/// An attempt by `pm_card_visa` of which nothing is known.
async fn unknown() -> Placed {
    let placed = Placed::new().await;
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Confirm], ..Faults::default() });
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "processing");
    placed.faults(Faults::default());
    placed
}

fn charged_card(placed: &Placed) -> String {
    placed.shop.provider.state()["charges"][0]["payment_method"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn another_card_is_charged_in_place_of_one_whose_outcome_is_unknown() {
    let placed = unknown().await;
    assert_eq!(placed.pay("pm_card_mastercard").await.text("/status"), "succeeded");
    assert_eq!(charged_card(&placed), "pm_card_mastercard");
    // The confirmation by the first card has been on its way all the time.
    let late = placed.confirmation_arrives(1, "pm_card_visa").await;
    assert!(matches!(late, Err(GatewayError::Refused(_))), "{late:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn an_old_confirmation_that_overtakes_the_new_one_is_the_only_charge() {
    let placed = unknown().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
    let arriving = async {
        pause.reached().await;
        let late = placed.confirmation_arrives(1, "pm_card_visa").await;
        assert!(late.is_ok_and(|intent| intent.status == IntentStatus::Succeeded));
        pause.release();
    };
    let (paid, ()) = join(placed.pay("pm_card_mastercard"), arriving).await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    assert_eq!(charged_card(&placed), "pm_card_visa");
    placed.assert_paid().await;
}

async fn assert_stranded(placed: &Placed, paid: &Answer, reason: &str) {
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    assert_eq!(placed.shop.count("select count(*) from ledger_entries where kind = 'capture'").await, 1);
    assert_eq!(placed.shop.count("select count(*) from payments where state = 'SUCCEEDED'").await, 1);
    // However often somebody looks.
    assert_eq!(placed.pay("pm_card_visa").await.code(), "ORDER_ALREADY_PAID");
    let told =
        format!("select count(*) from outbox where event = 'PaymentStranded' and payload->>'reason' = '{reason}'");
    assert_eq!((placed.shop.count(&told).await, placed.events("PaymentStranded").await), (1, 1));
    assert_eq!(placed.shop.count("select count(*) from payment_attempts where hold_step is not null").await, 0);
}

#[tokio::test]
async fn money_for_goods_that_are_not_held_any_more_is_written_down_and_reported() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    placed.force_hold("RELEASED").await;
    placed.authenticate("authenticate").await;
    let paid = placed.pay(ASKS).await;
    assert_stranded(&placed, &paid, "hold_released").await;
}

#[tokio::test]
async fn money_for_an_order_that_was_called_off_is_written_down_and_reported() {
    let placed = Placed::new().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeSettle);
    let calling_off = async {
        pause.reached().await;
        placed.shop.run("update orders set status = 'CANCELLED'", &[]).await;
        pause.release();
    };
    let (paid, ()) = join(placed.pay("pm_card_visa"), calling_off).await;
    assert_stranded(&placed, &paid, "order_cancelled").await;
    assert_eq!((placed.hold().await, placed.stock().await), ("HELD".to_owned(), (5, 1)), "nothing was sold");
    assert_eq!(placed.events("PaymentSucceeded").await, 0);
}
