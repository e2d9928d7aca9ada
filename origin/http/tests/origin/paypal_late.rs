//! Charges at PayPal that arrive after their payment was called off: the money goes back, whoever learns of it.

use jiff::SignedDuration;
use origin_core::{
    hooks::HookPoint,
    payments::{Confirmation, Intent, IntentStatus, Provider},
};
use origin_gateways::{CaptureMethod, Gateways};
use serde_json::Value;
use test_support::PayPalFaults;

use crate::shop::{PAYPAL, Placed, paypal_api, stripe};

const CARD: &str = "pm_card_visa";
const LOOKED_FOR: &str = "select count(*) from payment_attempts where look_again_at is not null";

impl Placed {
    /// A charge of the first order at PayPal that was on its way arrives.
    async fn capture_arrives(&self) -> Intent {
        use origin_core::payments::PaymentGateway as _;
        let state = self.paypal_orders()[0].clone();
        let payment: &str = state.pointer("/purchase_units/0/custom_id").and_then(Value::as_str).unwrap();
        let paypal = Some(paypal_api(&self.shop.paypal, &self.shop.clock));
        let confirmation = Confirmation {
            provider: Provider::PayPal,
            intent_id: self.paypal_order(0),
            payment_id: payment.parse().unwrap(),
            attempt: 1,
            payment_method_id: PAYPAL.to_owned(),
        };
        Gateways { stripe: stripe(&self.shop.provider, CaptureMethod::Automatic), paypal }
            .confirm(&confirmation)
            .await
            .unwrap()
    }

    /// A charge at PayPal is about to go out, and is never heard of again; a card pays in its place.
    async fn charge_unheard_of() -> Self {
        let placed = Self::approved_at_paypal().await;
        placed.shop.stops.stop_once_at(HookPoint::BeforeConfirm);
        placed.pay(PAYPAL).await;
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(placed.pay(CARD).await.text("/status"), "succeeded");
        assert_eq!((placed.captures(), placed.shop.count(LOOKED_FOR).await), (0, 1));
        placed
    }

    /// How many attempts a sweep has learned something about, that much later.
    async fn sweep_in(&self, minutes: i64) -> u32 {
        self.shop.clock.advance(SignedDuration::from_mins(minutes));
        let report = self.shop.sweep().await.unwrap();
        assert_eq!(report.failures, 0, "{report:?}");
        report.attempts
    }

    /// The card has paid for the order, and what PayPal took went back.
    async fn assert_sent_back(&self) {
        let shop = &self.shop;
        let told =
            "select count(*) from outbox where event = 'PaymentStranded' and payload->>'reason' = 'payment_canceled'";
        assert_eq!((shop.count(told).await, self.events("PaymentSucceeded").await), (1, 1));
        let order = shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.json();
        assert_eq!((&order["status"], &order["refundStatus"]), (&"PROCESSING".into(), &"none".into()), "{order}");
        let of = |provider: &str| {
            format!(
                "select (100 * coalesce(sum(l.amount), 0))::bigint from ledger_entries l join payments p on p.id = l.payment_id where p.provider = '{provider}'"
            )
        };
        assert_eq!((shop.count(&of("stripe")).await, shop.count(&of("paypal")).await), (6480, 0));
        let refunds = self.paypal_orders()[0].pointer("/purchase_units/0/payments/refunds").cloned().unwrap();
        assert_eq!(refunds.as_array().map(Vec::len), Some(1), "{refunds}");
        assert_eq!((self.stock().await, self.hold().await), ((4, 0), "CONSUMED".to_owned()));
        // What came and went was not for the goods: the papers tell of the card alone.
        let papers = shop.shopper("ada").get(&format!("/v1/orders/{}/invoice", self.order)).await;
        assert_eq!(papers.status, 200, "{papers:?}");
        self.assert_events_are_right().await;
    }
}

#[tokio::test]
async fn a_charge_that_arrives_after_all_goes_back_and_leaves_the_order_alone() {
    let placed = Placed::approved_at_paypal().await;
    assert_eq!(placed.pay(CARD).await.text("/status"), "succeeded");
    assert_eq!(placed.capture_arrives().await.status, IntentStatus::Succeeded);
    for id in ["WH-1", "WH-1", "WH-2"] {
        assert_eq!(placed.capture_hint(id).await.status, 200);
    }
    placed.shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(placed.shop.sweep().await.unwrap().refunds, 1);
    placed.assert_sent_back().await;
}

#[tokio::test]
async fn a_charge_of_which_no_webhook_tells_is_looked_for_and_goes_back() {
    for minutes in [0, 50, 5 * 60, 23 * 60] {
        let placed = Placed::charge_unheard_of().await;
        if minutes > 0 {
            assert_eq!(placed.sweep_in(minutes).await, 0);
        }
        assert_eq!(placed.capture_arrives().await.status, IntentStatus::Succeeded);
        let found = placed.sweep_in(10).await + placed.sweep_in(60).await + placed.sweep_in(5 * 60).await;
        assert_eq!(found + placed.sweep_in(24 * 60).await, 1, "{minutes}");
        assert_eq!(placed.shop.count(LOOKED_FOR).await, 0);
        placed.assert_sent_back().await;
    }
}

#[tokio::test]
async fn a_charge_that_was_told_of_and_looked_for_goes_back_once() {
    let placed = Placed::charge_unheard_of().await;
    placed.capture_arrives().await;
    assert_eq!(placed.capture_hint("WH-1").await.status, 200);
    placed.sweep_in(10).await;
    assert_eq!(placed.capture_hint("WH-2").await.status, 200);
    placed.sweep_in(1).await;
    placed.assert_sent_back().await;
}

#[tokio::test]
async fn it_is_looked_four_times_for_a_charge_that_never_arrives() {
    let placed = Placed::charge_unheard_of().await;
    for (minutes, looks_left) in [(9, 1), (1, 1), (50, 1), (5 * 60, 1), (18 * 60, 0)] {
        assert_eq!(placed.sweep_in(minutes).await, 0);
        assert_eq!(placed.shop.count(LOOKED_FOR).await, looks_left, "after {minutes} minutes more");
    }
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_asked_again() {
    let placed = Placed::charge_unheard_of().await;
    placed.capture_arrives().await;
    placed.paypal_faults(PayPalFaults { no_reads: true, ..PayPalFaults::default() });
    assert_eq!(placed.sweep_in(10).await, 0);
    placed.paypal_faults(PayPalFaults::default());
    assert_eq!(placed.sweep_in(1).await, 1);
    placed.sweep_in(1).await;
    placed.assert_sent_back().await;
}

#[tokio::test]
async fn what_is_paid_is_not_looked_for() {
    let placed = Placed::approved_at_paypal().await;
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    assert_eq!(placed.shop.count(LOOKED_FOR).await, 0);
    placed.assert_paid_at_paypal().await;
}
