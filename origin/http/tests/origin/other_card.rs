//! Customers who name another card while the bank asks about the first: never two charges, and never the other card's page.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use test_support::{Faults, payments::Operation};

use crate::shop::{Answer, Placed};

const ASKS: &str = "pm_card_threeDSecure2Required";
const OTHER_ASKS: &str = "pm_card_threeDSecureRequired";
const VISA: &str = "pm_card_visa";

/// The bank asks about the first card. Its page comes along.
async fn asked() -> (Placed, String) {
    let placed = Placed::new().await;
    let asked = placed.pay(ASKS).await;
    assert_eq!(asked.text("/status"), "requires_action");
    let page = page(&asked);
    (placed, page)
}

fn page(answer: &Answer) -> String {
    answer.text("/nextAction/redirectUrl")
}

impl Placed {
    /// The states of the intents at the provider, oldest first.
    fn intent_states(&self) -> Vec<String> {
        let state = self.shop.provider.state();
        let intents = state["payment_intents"].as_array().cloned().unwrap_or_default();
        intents.iter().map(|intent| intent["status"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn another_card_is_charged_and_the_first_cannot_be_any_more() {
    let (placed, _) = asked().await;
    assert_eq!(placed.pay(VISA).await.text("/status"), "succeeded");
    assert_eq!(placed.intent_states(), ["canceled", "succeeded"]);
    placed.assert_paid().await;
    assert_eq!(placed.pay(ASKS).await.code(), "ORDER_ALREADY_PAID");
}

#[tokio::test]
async fn another_card_has_its_own_page_and_the_same_card_the_same_page() {
    let (placed, first) = asked().await;
    assert_eq!(page(&placed.pay(ASKS).await), first);
    let other = placed.pay(OTHER_ASKS).await;
    assert_eq!(other.text("/status"), "requires_action");
    assert_ne!(page(&other), first);
    assert_eq!(placed.intent_states(), ["canceled", "requires_action"]);
    placed.tell_provider(&format!("/test/3ds/{}/complete", placed.intents()[1]), "outcome=authenticate").await;
    assert_eq!(placed.pay(OTHER_ASKS).await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn who_confirms_the_first_card_at_the_same_moment_has_paid_by_it() {
    for by_webhook in [false, true] {
        let (placed, _) = asked().await;
        let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeCallOff);
        let confirms = async {
            pause.reached().await;
            placed.authenticate("authenticate").await;
            if by_webhook {
                assert_eq!(placed.hint("evt_1", "payment_intent.succeeded").await.status, 200);
            }
            pause.release();
        };
        let (answer, ()) = join(placed.pay(VISA), confirms).await;
        assert!(answer.text("/status") == "succeeded" || answer.code() == "ORDER_ALREADY_PAID", "{answer:?}");
        assert_eq!(placed.intent_states(), ["succeeded"]);
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_payment_that_the_provider_does_not_call_off_is_not_followed_by_another() {
    let (placed, _) = asked().await;
    placed.faults(Faults { only: vec![Operation::Cancel], stored_500: 1, ..Faults::default() });
    let waits = placed.pay(VISA).await;
    assert_eq!((waits.status.as_u16(), waits.text("/status")), (202, "processing".to_owned()), "{waits:?}");
    assert_eq!((placed.intent_states(), placed.charges()), (vec!["requires_action".to_owned()], 0));
    assert_eq!(placed.pay(VISA).await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_change_of_cards_that_is_stopped_anywhere_charges_once() {
    let points = [
        HookPoint::BeforeCallOff,
        HookPoint::AfterCallOff,
        HookPoint::BeforeSettle,
        HookPoint::AfterSettle,
        HookPoint::AfterStock,
        HookPoint::AfterCreate,
        HookPoint::AfterConfirm,
    ];
    for point in points {
        for swept in [false, true] {
            let (placed, _) = asked().await;
            placed.shop.stops.stop_once_at(point);
            assert_eq!(placed.pay(VISA).await.status, 503, "{point:?}");
            placed.shop.clock.advance(SignedDuration::from_secs(31));
            if swept {
                placed.shop.sweep().await.unwrap();
            }
            let answer = placed.pay(VISA).await;
            assert!(
                answer.text("/status") == "succeeded" || answer.code() == "ORDER_ALREADY_PAID",
                "{point:?} {answer:?}"
            );
            placed.assert_paid().await;
        }
    }
}

#[tokio::test]
async fn of_two_other_cards_at_once_one_is_charged() {
    for _ in 0..5 {
        let (placed, _) = asked().await;
        let (one, other) = join(placed.pay(VISA), placed.pay("pm_card_mastercard")).await;
        assert!([&one, &other].iter().any(|answer| answer.status == 200), "{one:?} {other:?}");
        placed.assert_paid().await;
    }
}
