//! What nobody returns to comes to its end: checkouts, payments, orders, holds and carts.

use std::time::Duration;

use futures_util::future::join;
use jiff::SignedDuration;
use origin_core::{hooks::HookPoint, sweep::SweepReport};
use serde_json::json;
use test_support::{DynamoSwitches, Faults, payments::Operation};

use crate::shop::{Placed, Shop, address};

const ASKS: &str = "pm_card_threeDSecure2Required";
const DECLINED: &str = "pm_card_chargeDeclined";

impl Placed {
    async fn swept(&self) -> SweepReport {
        self.shop.sweep().await.unwrap()
    }

    /// Time passes until the hold is over, whatever was done about the order.
    fn overdue(&self) {
        self.shop.clock.advance(SignedDuration::from_mins(31));
    }

    /// Ended, not charged, everything back on sale, and told once.
    async fn assert_failed(&self) {
        assert_eq!(self.status().await, "FAILED");
        assert_eq!((self.charges(), self.stock().await, self.hold().await), (0, (5, 0), "RELEASED".to_owned()));
        assert_eq!((self.events("OrderFailed").await, self.events("PaymentSucceeded").await), (1, 0));
        let shop = &self.shop;
        assert_eq!(
            shop.count("select count(*) from orders where closing is not null or hold_step is not null").await,
            0
        );
        assert_eq!(shop.count("select count(*) from payments where state <> 'CANCELED'").await, 0);
        assert_eq!(shop.count("select count(*) from payment_attempts where hold_step is not null").await, 0);
        assert_eq!(self.attempts("SUCCEEDED").await, 0);
        assert_eq!(shop.count("select count(*) from ledger_entries").await, 0);
        let intents = self.shop.provider.state()["payment_intents"].as_array().cloned().unwrap_or_default();
        assert!(intents.iter().all(|intent| intent["status"] == "canceled"), "{intents:?}");
        assert_eq!(self.pay("pm_card_visa").await.status, 409);
        self.assert_events_are_right().await;
    }
}

#[tokio::test]
async fn an_order_that_nobody_pays_ends_with_its_hold_and_not_before() {
    let placed = Placed::new().await;
    placed.shop.clock.advance(SignedDuration::from_mins(10) - SignedDuration::from_millis(1));
    assert_eq!(placed.swept().await, SweepReport::default());
    assert_eq!((placed.status().await, placed.stock().await), ("PENDING".to_owned(), (5, 1)));
    placed.shop.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(placed.swept().await, SweepReport { closed: 1, ..SweepReport::default() });
    placed.assert_failed().await;
    assert_eq!(placed.swept().await, SweepReport::default());
}

#[tokio::test]
async fn a_payment_that_was_declined_gives_the_order_ten_minutes_more_and_ends_with_it() {
    let placed = Placed::new().await;
    placed.shop.clock.advance(SignedDuration::from_mins(8));
    assert_eq!(placed.pay(DECLINED).await.status, 402);
    placed.shop.clock.advance(SignedDuration::from_mins(9));
    assert_eq!(placed.swept().await, SweepReport::default());
    placed.shop.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(placed.swept().await.closed, 1);
    placed.assert_failed().await;
    assert_eq!(placed.events("PaymentCanceled").await, 1);
}

#[tokio::test]
async fn a_sweep_that_is_stopped_anywhere_is_finished_by_the_next_one() {
    let points = [
        HookPoint::BeforeClosing,
        HookPoint::AfterClosing,
        HookPoint::BeforeCallOff,
        HookPoint::AfterCallOff,
        HookPoint::BeforeEnd,
        HookPoint::AfterEnd,
        HookPoint::AfterRelease,
    ];
    for point in points {
        let placed = Placed::new().await;
        placed.pay(DECLINED).await;
        placed.overdue();
        placed.shop.stops.stop_once_at(point);
        assert!(placed.shop.sweep().await.is_err() && placed.shop.stops.was_reached(), "{point:?}");
        placed.swept().await;
        placed.assert_failed().await;
        assert_eq!(placed.events("PaymentCanceled").await, 1, "{point:?}");
    }
}

#[tokio::test]
async fn a_payment_that_died_before_it_could_charge_ends_with_its_order() {
    for point in [
        HookPoint::AfterAttempt,
        HookPoint::BeforeCommitting,
        HookPoint::AfterCommitting,
        HookPoint::BeforeCreate,
        HookPoint::AfterCreate,
        HookPoint::AfterNote,
        HookPoint::BeforeConfirm,
    ] {
        let placed = Placed::new().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.pay("pm_card_visa").await.status, 503, "{point:?}");
        placed.overdue();
        placed.swept().await;
        assert_eq!((placed.status().await, placed.stock().await), ("FAILED".to_owned(), (5, 0)), "{point:?}");
        assert_eq!((placed.charges(), placed.hold().await), (0, "RELEASED".to_owned()), "{point:?}");
    }
}

#[tokio::test]
async fn a_payment_that_died_after_it_charged_is_found_at_the_provider() {
    for (point, wait) in
        [(HookPoint::AfterConfirm, 31 * 60), (HookPoint::BeforeSettle, 31 * 60), (HookPoint::AfterConfirm, 31)]
    {
        let placed = Placed::new().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.pay("pm_card_visa").await.status, 503, "{point:?}");
        placed.shop.clock.advance(SignedDuration::from_secs(29));
        assert_eq!(placed.swept().await, SweepReport::default(), "the request may still be at it");
        placed.shop.clock.advance(SignedDuration::from_secs(wait));
        assert_eq!(placed.swept().await.attempts, 1, "{point:?}");
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_hold_that_has_not_followed_its_payment_does() {
    for (method, hold) in [("pm_card_visa", "CONSUMED"), (DECLINED, "HELD")] {
        let placed = Placed::new().await;
        placed.shop.stops.stop_once_at(HookPoint::AfterSettle);
        assert_eq!(placed.pay(method).await.status, 503);
        assert_eq!(placed.hold().await, "COMMITTING");
        placed.shop.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(placed.swept().await, SweepReport { holds: 1, ..SweepReport::default() });
        assert_eq!(placed.hold().await, hold);
        assert_eq!(placed.swept().await, SweepReport::default());
    }
}

#[tokio::test]
async fn a_store_that_fails_is_counted_and_asked_again_by_the_next_sweep() {
    let placed = Placed::new().await;
    placed.overdue();
    let only = vec!["TransactWriteItems".to_owned()];
    placed.shop.dynamo_faults.set(DynamoSwitches { internal_error: 100, only, ..DynamoSwitches::default() });
    let failed = placed.swept().await;
    assert_eq!((failed.closed, failed.holds, failed.failures), (1, 0, 1), "{failed:?}");
    assert_eq!((placed.status().await, placed.hold().await), ("FAILED".to_owned(), "HELD".to_owned()));
    placed.shop.dynamo_faults.set(DynamoSwitches::default());
    assert_eq!(placed.swept().await, SweepReport { holds: 1, ..SweepReport::default() });
    placed.assert_failed().await;
}

#[tokio::test]
async fn a_customer_who_confirms_in_time_has_paid_though_nobody_returns() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    placed.shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(placed.swept().await, SweepReport::default(), "the bank has not heard of the customer");
    placed.authenticate("authenticate").await;
    assert_eq!(placed.swept().await.attempts, 1);
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_customer_who_does_not_confirm_in_time_cannot_any_more() {
    let placed = Placed::new().await;
    placed.pay(ASKS).await;
    placed.overdue();
    assert_eq!(placed.swept().await.closed, 1);
    placed.assert_failed().await;
}

#[tokio::test]
async fn a_customer_who_confirms_while_the_order_is_being_closed_has_paid() {
    let placed = Placed::new().await;
    placed.pay(ASKS).await;
    placed.overdue();
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeCallOff);
    let confirms = async {
        pause.reached().await;
        assert_eq!(placed.pay("pm_card_visa").await.status, 409, "no other attempt begins");
        placed.authenticate("authenticate").await;
        pause.release();
    };
    let (report, ()) = join(placed.swept(), confirms).await;
    assert_eq!((report.settled, report.closed), (1, 0));
    placed.assert_paid().await;
}

#[tokio::test]
async fn an_order_whose_payment_the_provider_does_not_call_off_stays_until_it_does() {
    let placed = Placed::new().await;
    placed.pay(DECLINED).await;
    placed.overdue();
    placed.faults(Faults { only: vec![Operation::Cancel], stored_500: 1, ..Faults::default() });
    assert_eq!(placed.swept().await, SweepReport::default());
    assert_eq!((placed.status().await, placed.stock().await), ("PENDING".to_owned(), (5, 1)));
    let refused = placed.pay("pm_card_visa").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (409, Some("1")), "{refused:?}");
    assert_eq!(placed.swept().await.closed, 1);
    placed.assert_failed().await;
}

#[tokio::test]
async fn a_request_that_wakes_up_after_the_end_of_its_order_does_not_charge() {
    for point in [HookPoint::AfterAttempt, HookPoint::AfterCreate, HookPoint::AfterNote, HookPoint::BeforeConfirm] {
        let placed = Placed::new().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let ends = async {
            pause.reached().await;
            placed.overdue();
            placed.swept().await;
            assert_eq!(placed.status().await, "FAILED", "{point:?}");
            pause.release();
        };
        let (late, ()) = join(placed.pay("pm_card_visa"), ends).await;
        assert!(!late.status.is_success(), "{point:?} {late:?}");
        assert_eq!((placed.charges(), placed.stock().await), (0, (5, 0)), "{point:?}");
        assert_eq!((placed.status().await, placed.hold().await), ("FAILED".to_owned(), "RELEASED".to_owned()));
    }
}

#[tokio::test]
async fn a_payment_that_is_announced_while_its_order_ends_is_called_off_before() {
    let placed = Placed::new().await;
    placed.shop.stops.stop_once_at(HookPoint::AfterCommitting);
    placed.pay("pm_card_visa").await;
    placed.overdue();
    // Another request has found the attempt before the order was being closed, and announces it afterwards.
    let slow = placed.shop.stops.pause_once_at(HookPoint::AfterAttempt);
    let between = async {
        slow.reached().await;
        let closing = placed.shop.stops.pause_once_at(HookPoint::BeforeEnd);
        let announced = async {
            closing.reached().await;
            placed.shop.stops.stop_once_at(HookPoint::AfterNote);
            slow.release();
            let noted = async {
                while !placed.shop.stops.was_reached() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_mins(1), noted).await.expect("the slow request should announce it");
            closing.release();
        };
        let (report, ()) = join(placed.swept(), announced).await;
        assert_eq!(report.closed, 1, "once the payment was called off");
    };
    join(placed.pay("pm_card_visa"), between).await;
    assert_eq!((placed.status().await, placed.charges(), placed.stock().await), ("FAILED".to_owned(), 0, (5, 0)));
    placed.assert_failed().await;
}

#[tokio::test]
async fn two_sweeps_at_once_end_an_order_once() {
    let placed = Placed::new().await;
    placed.pay(DECLINED).await;
    placed.overdue();
    let (one, other) = Box::pin(join(placed.swept(), placed.swept())).await;
    assert!(one.closed + other.closed >= 1 && one.failures + other.failures == 0, "{one:?} {other:?}");
    placed.assert_failed().await;
    assert_eq!(placed.events("PaymentCanceled").await, 1);
}

/// A checkout of one lamp that was stopped there, under a key.
async fn stopped_checkout(point: HookPoint) -> Placed {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    shop.stops.stop_once_at(point);
    let answer = order(&shop).await;
    assert_eq!((answer.status.as_u16(), shop.stops.was_reached()), (503, true), "{point:?}");
    Placed { shop, item, order: String::new() }
}

async fn order(shop: &Shop) -> crate::shop::Answer {
    let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
    shop.shopper("ada").with("idempotency-key", "k").post("/v1/orders", &body).await
}

#[tokio::test]
async fn a_checkout_that_nobody_repeats_becomes_its_order_once_its_owner_must_have_died() {
    for point in [HookPoint::AfterClaim, HookPoint::BeforeHold, HookPoint::AfterHold, HookPoint::BeforeOrder] {
        let mut placed = stopped_checkout(point).await;
        placed.shop.clock.advance(SignedDuration::from_secs(29));
        assert_eq!(placed.swept().await, SweepReport::default(), "{point:?}");
        placed.shop.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(placed.swept().await, SweepReport { checkouts: 1, ..SweepReport::default() }, "{point:?}");
        let replayed = order(&placed.shop).await;
        assert_eq!((replayed.status.as_u16(), replayed.header("idempotent-replayed")), (201, Some("true")));
        placed.order = replayed.text("/orderId");
        assert_eq!((placed.stock().await, placed.hold().await), ((5, 1), "HELD".to_owned()), "{point:?}");
        assert_eq!(placed.events("OrderCreated").await, 1, "{point:?}");
        placed.pay("pm_card_visa").await;
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_checkout_that_is_found_too_late_is_given_up() {
    for point in [HookPoint::AfterClaim, HookPoint::AfterHold] {
        let placed = stopped_checkout(point).await;
        placed.shop.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(placed.swept().await.checkouts, 1, "{point:?}");
        assert_eq!(placed.stock().await, (5, 0), "{point:?}");
        assert_eq!(order(&placed.shop).await.code(), "RESERVATION_EXPIRED", "{point:?}");
        assert_eq!(placed.shop.count("select count(*) from orders").await, 0, "{point:?}");
    }
}

#[tokio::test]
async fn what_was_ordered_and_is_still_in_a_cart_is_taken_out() {
    let placed = stopped_checkout(HookPoint::AfterOrder).await;
    placed.shop.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(placed.swept().await, SweepReport { carts: 1, ..SweepReport::default() });
    assert_eq!(placed.shop.count("select count(*) from checkouts where cart_taken_at is null").await, 0);
    let body = json!({"shippingAddress": address()});
    assert_eq!(placed.shop.shopper("ada").post("/v1/orders", &body).await.code(), "CART_EMPTY");
}

#[tokio::test]
async fn who_finds_too_little_gets_what_is_only_held_for_an_order_whose_time_is_over() {
    let placed = Placed::new().await;
    let shop = &placed.shop;
    shop.fill_cart("bob", &[(&placed.item, 5)]).await;
    let body = json!({"shippingAddress": address()});
    assert_eq!(shop.shopper("bob").post("/v1/orders", &body).await.code(), "OUT_OF_STOCK");
    shop.clock.advance(SignedDuration::from_mins(10));
    let ordered = shop.shopper("bob").post("/v1/orders", &body).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    assert_eq!((placed.status().await, placed.stock().await), ("FAILED".to_owned(), (5, 5)));
}

#[tokio::test]
async fn a_cart_whose_order_has_failed_can_be_ordered_again() {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let body = json!({"shippingAddress": address()});
    let first = shop.shopper("ada").post("/v1/orders", &body).await.text("/orderId");
    shop.clock.advance(SignedDuration::from_mins(10));
    shop.sweep().await.unwrap();
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let again = shop.shopper("ada").post("/v1/orders", &body).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert_ne!(again.text("/orderId"), first);
}
