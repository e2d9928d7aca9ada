//! Orders that somebody calls off while the bank decides: who was told that the order ends so is not sent the goods.

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use test_support::{Faults, payments::Operation};

use crate::shop::Placed;

const ASKS: &str = "pm_card_threeDSecure2Required";
const SUCCEEDED: &str = "payment_intent.succeeded";

impl Placed {
    /// The provider fails at the next wish to call the payment off.
    fn keep_the_intent(&self) {
        self.faults(Faults { only: vec![Operation::Cancel], stored_500: 1, ..Faults::default() });
    }

    /// Called off though it turned out to be paid: told once, and never to be packed.
    async fn assert_called_off_late(&self, reason: &str) {
        self.sweep_after(31).await;
        self.assert_cancelled(true).await;
        let told =
            format!("select count(*) from outbox where event = 'OrderCancelled' and payload ->> 'reason' = '{reason}'");
        assert_eq!(self.shop.count(&told).await, 1, "{reason}");
        assert_eq!((self.events("PaymentSucceeded").await, self.events("OrderProcessed").await), (1, 0));
        assert_eq!(self.shop.count("select count(*) from payment_attempts where hold_step is not null").await, 0);
        assert_eq!(self.cancel().await.status, 200, "and again");
        self.sweep_after(31).await;
        self.assert_cancelled(true).await;
    }
}

/// An order that is called off, which is not known at the provider, and whose customer confirms the payment then.
async fn confirmed_after(caller: &str) -> Placed {
    let placed = Placed::new().await;
    placed.pay(ASKS).await;
    placed.keep_the_intent();
    let cancelled = placed.cancel_as(caller).await;
    assert_eq!((cancelled.status.as_u16(), cancelled.text("/status")), (202, "PENDING".to_owned()), "{cancelled:?}");
    placed.authenticate("authenticate").await;
    placed
}

#[tokio::test]
async fn an_order_that_was_called_off_stays_so_although_it_turns_out_to_be_paid() {
    for (caller, reason) in [("ada", "customer"), ("admin", "shop")] {
        for by_webhook in [false, true] {
            let placed = confirmed_after(caller).await;
            if by_webhook {
                assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
            } else {
                placed.shop.sweep().await.unwrap();
            }
            assert_eq!(placed.status().await, "CANCELLED", "{caller} {by_webhook}");
            placed.assert_called_off_late(reason).await;
        }
    }
}

#[tokio::test]
async fn a_cancellation_that_is_stopped_anywhere_is_finished_although_the_order_was_paid() {
    let points = [
        HookPoint::AfterClosing,
        HookPoint::BeforeCallOff,
        HookPoint::AfterCallOff,
        HookPoint::BeforeSettle,
        HookPoint::AfterSettle,
        HookPoint::AfterStock,
    ];
    for point in points {
        for by_webhook in [false, true] {
            let placed = Placed::new().await;
            placed.pay(ASKS).await;
            placed.authenticate("authenticate").await;
            placed.shop.stops.stop_once_at(point);
            assert_eq!(placed.cancel().await.status, 503, "{point:?}");
            if by_webhook {
                assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200, "{point:?}");
            }
            placed.shop.sweep().await.unwrap();
            assert_eq!(placed.status().await, "CANCELLED", "{point:?} {by_webhook}");
            placed.assert_called_off_late("customer").await;
        }
    }
}

#[tokio::test]
async fn a_webhook_that_comes_while_the_order_is_called_off_does_not_bring_it_back() {
    let placed = Placed::new().await;
    placed.pay(ASKS).await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeCallOff);
    let confirms = async {
        pause.reached().await;
        placed.authenticate("authenticate").await;
        assert_eq!(placed.hint("evt_1", SUCCEEDED).await.status, 200);
        pause.release();
    };
    let (cancelled, ()) = join(placed.cancel(), confirms).await;
    assert_eq!((cancelled.status.as_u16(), cancelled.text("/status")), (200, "CANCELLED".to_owned()), "{cancelled:?}");
    assert_eq!(cancelled.text("/refundStatus"), "full");
    placed.assert_called_off_late("customer").await;
}

#[tokio::test]
async fn who_calls_off_an_order_whose_time_is_over_is_not_sent_it_either() {
    for confirms in [true, false] {
        let placed = Placed::new().await;
        placed.pay(ASKS).await;
        placed.shop.clock.advance(SignedDuration::from_mins(31));
        placed.keep_the_intent();
        placed.shop.sweep().await.unwrap();
        placed.keep_the_intent();
        assert_eq!(placed.cancel().await.status, 202);
        if confirms {
            placed.authenticate("authenticate").await;
        }
        placed.shop.sweep().await.unwrap();
        assert_eq!(placed.status().await, "CANCELLED", "{confirms}");
        placed.sweep_after(31).await;
        placed.assert_cancelled(confirms).await;
    }
}

#[tokio::test]
async fn money_that_was_set_aside_and_is_taken_while_the_order_is_called_off_goes_back() {
    let placed = Placed::in_shop(crate::shop::Shop::capturing_by_hand().await).await;
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "authorised");
    placed.keep_the_intent();
    assert_eq!(placed.cancel().await.status, 202);
    // Somebody captures it in the dashboard.
    placed.tell_provider(&format!("/v1/payment_intents/{}/capture", placed.intents()[0]), "").await;
    placed.shop.sweep().await.unwrap();
    placed.assert_called_off_late("customer").await;
}
