//! From one provider to the other: never two payments of one order that can both be charged.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use test_support::{Faults, PayPalFaults, payments::Operation};

use crate::shop::{PAYPAL, Placed, Shop};

const CARD: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeDeclined";
const ASKS: &str = "pm_card_threeDSecure2Required";

impl Placed {
    /// Where the intents at Stripe stand.
    fn stripe_statuses(&self) -> Vec<String> {
        let state = self.shop.provider.state();
        let intents = state["payment_intents"].as_array().cloned().unwrap_or_default();
        intents.iter().map(|intent| intent["status"].as_str().unwrap().to_owned()).collect()
    }

    async fn payments(&self, provider: &str, state: &str) -> i64 {
        let sql = format!("select count(*) from payments where provider = '{provider}' and state = '{state}'");
        self.shop.count(&sql).await
    }
}

#[tokio::test]
async fn after_a_declined_card_paypal_pays_and_the_card_cannot_any_more() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(DECLINED).await.status, 402);
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    assert_eq!(placed.stripe_statuses(), ["canceled"]);
    assert_eq!((placed.payments("stripe", "CANCELED").await, placed.events("PaymentCanceled").await), (1, 1));
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn a_customer_at_the_bank_may_turn_to_paypal() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    assert_eq!(placed.stripe_statuses(), ["canceled"]);
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn who_confirms_at_the_bank_while_turning_to_paypal_has_paid_by_card() {
    let placed = Placed::new().await;
    placed.pay(ASKS).await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeCallOff);
    let confirms = async {
        pause.reached().await;
        placed.authenticate("authenticate").await;
        pause.release();
    };
    let (answer, ()) = join(placed.pay(PAYPAL), confirms).await;
    assert_eq!(answer.code(), "ORDER_ALREADY_PAID", "{answer:?}");
    assert!(placed.paypal_orders().is_empty());
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_card_payment_that_is_not_known_to_be_called_off_lets_nothing_else_begin() {
    let placed = Placed::new().await;
    placed.pay(DECLINED).await;
    placed.shop.timer.hurry(true);
    placed.faults(Faults { delay_ms: 2_500, ..Faults::default() });
    let waiting = placed.pay(PAYPAL).await;
    assert_eq!((waiting.status.as_u16(), waiting.code()), (503, "UNAVAILABLE".to_owned()), "{waiting:?}");
    assert!(placed.paypal_orders().is_empty());
    placed.shop.timer.hurry(false);
    placed.faults(Faults::default());
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    assert_eq!(placed.stripe_statuses(), ["canceled"]);
}

#[tokio::test]
async fn a_card_that_stripe_never_answered_about_does_not_stand_in_the_way() {
    let placed = Placed::new().await;
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Create], ..Faults::default() });
    assert_eq!(placed.pay(CARD).await.status, 503);
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn what_paypal_declines_is_paid_by_card() {
    for faults in [
        PayPalFaults { decline: 1, ..PayPalFaults::default() },
        PayPalFaults { decline_capture: 1, ..PayPalFaults::default() },
    ] {
        let placed = Placed::approved_at_paypal().await;
        placed.paypal_faults(faults);
        let declined = placed.pay(PAYPAL).await;
        assert_eq!((declined.status.as_u16(), declined.code()), (402, "PAYMENT_DECLINED".to_owned()), "{declined:?}");
        assert_eq!((placed.status().await, placed.hold().await), ("PENDING".to_owned(), "HELD".to_owned()));
        assert_eq!(placed.pay(CARD).await.text("/status"), "succeeded");
        placed.assert_paid().await;
        assert_eq!((placed.captures(), placed.payments("paypal", "CANCELED").await), (0, 1));
    }
}

#[tokio::test]
async fn what_paypal_declines_may_be_tried_there_again_with_another_order() {
    let placed = Placed::approved_at_paypal().await;
    placed.paypal_faults(PayPalFaults { decline: 1, ..PayPalFaults::default() });
    assert_eq!(placed.pay(PAYPAL).await.status, 402);
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    assert_eq!(placed.paypal_orders().len(), 2);
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn paypal_that_was_left_for_a_card_is_not_charged_though_the_customer_agrees_late() {
    for agrees_first in [false, true] {
        let placed = Placed::asked_by_paypal().await;
        if agrees_first {
            placed.approve();
        }
        assert_eq!(placed.pay(CARD).await.text("/status"), "succeeded");
        placed.approve();
        assert_eq!(placed.approval_hint("WH-1").await.status, 200);
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        placed.shop.sweep().await.unwrap();
        assert_eq!(placed.captures(), 0, "{agrees_first}");
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_customer_who_agrees_while_turning_to_a_card_is_charged_once() {
    for point in [HookPoint::BeforeSettle, HookPoint::AfterSettle, HookPoint::BeforeCallOff, HookPoint::AfterCallOff] {
        let placed = Placed::asked_by_paypal().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let agrees = async {
            pause.reached().await;
            placed.approve();
            assert_eq!(placed.approval_hint("WH-1").await.status, 200);
            pause.release();
        };
        let (answer, ()) = join(placed.pay(CARD), agrees).await;
        assert_eq!(
            (placed.captures() + placed.charges(), placed.status().await),
            (1, "PROCESSING".to_owned()),
            "{point:?} {answer:?}"
        );
        if placed.captures() == 1 { placed.assert_paid_at_paypal().await } else { placed.assert_paid().await }
    }
}

#[tokio::test]
async fn a_charge_that_is_about_to_go_out_is_waited_for_or_was_never_sent() {
    let placed = Placed::approved_at_paypal().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeConfirm);
    let meanwhile = async {
        pause.reached().await;
        assert_eq!(placed.pay(CARD).await.code(), "PAYMENT_IN_PROGRESS");
        // The request that was to charge has slept too long: by now others take it for dead.
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(placed.pay(CARD).await.text("/status"), "succeeded");
        pause.release();
    };
    let (late, ()) = join(placed.pay(PAYPAL), meanwhile).await;
    assert!(!late.status.is_success() || late.status == 202, "{late:?}");
    assert_eq!(placed.captures(), 0);
    placed.assert_paid().await;
}

#[tokio::test]
async fn whoever_is_asked_at_once_one_of_them_charges() {
    for round in 0..4 {
        let placed = Placed::new().await;
        let methods = [CARD, PAYPAL, "pm_card_mastercard", PAYPAL, CARD, PAYPAL];
        join_all((0..6).map(|index| placed.pay(methods[(index + round) % 6]))).await;
        for _ in 0..3 {
            for order in placed.paypal_orders() {
                placed.shop.paypal.approve(order["id"].as_str().unwrap());
            }
            join_all([CARD, PAYPAL].map(|method| placed.pay(method))).await;
        }
        // Who came last may have been sent to PayPal once more.
        for order in placed.paypal_orders() {
            placed.shop.paypal.approve(order["id"].as_str().unwrap());
        }
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        placed.shop.sweep().await.unwrap();
        assert_eq!(placed.captures() + placed.charges(), 1, "round {round}");
        if placed.captures() == 1 { placed.assert_paid_at_paypal().await } else { placed.assert_paid().await }
    }
}

#[tokio::test]
async fn where_cards_are_captured_by_hand_paypal_is_charged_at_once() {
    let placed = Placed::in_shop(Shop::capturing_by_hand().await).await;
    assert_eq!(placed.pay(DECLINED).await.status, 402);
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn money_of_a_card_that_is_set_aside_is_not_left_for_paypal() {
    let placed = Placed::in_shop(Shop::capturing_by_hand().await).await;
    assert_eq!(placed.pay(CARD).await.text("/status"), "authorised");
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "authorised");
    assert!(placed.paypal_orders().is_empty());
    assert_eq!((placed.hold().await, placed.payments("stripe", "AUTHORISED").await), ("COMMITTING".to_owned(), 1));
}
