//! Paying by PayPal: the customer agrees there, and the shop charges.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use serde_json::json;
use test_support::{PayPalFaults, PayPalOperation};

use crate::shop::{Entrance, PAYPAL, Placed, Shop, TOTAL, address};

fn at_capture(faults: &PayPalFaults) -> PayPalFaults {
    PayPalFaults { only: vec![PayPalOperation::Capture], ..faults.clone() }
}

impl Placed {
    async fn sweep_once_after(&self, seconds: i64) -> origin_core::sweep::SweepReport {
        self.shop.clock.advance(SignedDuration::from_secs(seconds));
        self.shop.sweep().await.unwrap()
    }
}

#[tokio::test]
async fn who_agrees_and_returns_has_paid_once() {
    let placed = Placed::new().await;
    let asked = placed.pay_under("k", PAYPAL).await;
    assert_eq!((asked.status.as_u16(), asked.text("/status")), (200, "requires_action".to_owned()), "{asked:?}");
    assert_eq!(asked.text("/nextAction/type"), "redirect_to_url");
    let url = asked.text("/nextAction/redirectUrl");
    assert_eq!(url, format!("{}/checkoutnow?token={}", placed.shop.paypal.url(), placed.paypal_order(0)));
    // Nothing is charged before the customer has agreed, however often the shop is asked.
    for _ in 0..3 {
        let again = placed.pay_under("k", PAYPAL).await;
        assert_eq!((again.status, &again.body), (asked.status, &asked.body));
    }
    assert_eq!((placed.captures(), placed.hold().await), (0, "COMMITTING".to_owned()));
    placed.approve();
    let paid = placed.pay_under("k", PAYPAL).await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    placed.assert_paid_at_paypal().await;
    let replayed = placed.pay_under("k", PAYPAL).await;
    assert_eq!((&replayed.body, replayed.header("idempotent-replayed")), (&paid.body, Some("true")));
    assert_eq!(placed.pay(PAYPAL).await.code(), "ORDER_ALREADY_PAID");
    assert_eq!(placed.paypal_orders().len(), 1);
}

#[tokio::test]
async fn what_the_customer_agrees_to_is_paid_by_paypals_webhooks_alone() {
    let placed = Placed::new().await;
    let mut entrance = Entrance::open(&placed.shop).await;
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    placed.approve();
    // The approval, and the capture that it brings about.
    assert_eq!(entrance.run(2).await, [200, 200]);
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn the_sweep_charges_for_what_nobody_returns_to() {
    let placed = Placed::approved_at_paypal().await;
    assert_eq!(placed.sweep_once_after(29).await.attempts, 0, "the request may still be at it");
    assert_eq!(placed.sweep_once_after(2).await.attempts, 1);
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn an_outcome_that_is_not_heard_is_read_and_charged_once() {
    for faults in [
        PayPalFaults { lose_reply: 1, ..PayPalFaults::default() },
        PayPalFaults { fail_after_effect: 1, ..PayPalFaults::default() },
        PayPalFaults { fail: 1, ..PayPalFaults::default() },
        PayPalFaults { rate_limit: 2, ..PayPalFaults::default() },
    ] {
        let placed = Placed::approved_at_paypal().await;
        placed.paypal_faults(at_capture(&faults));
        let paid = placed.pay(PAYPAL).await;
        assert_eq!(paid.text("/status"), "succeeded", "{faults:?} {paid:?}");
        placed.assert_paid_at_paypal().await;
    }
}

#[tokio::test]
async fn an_order_at_paypal_is_announced_once_though_the_answer_is_lost() {
    let placed = Placed::new().await;
    let only = vec![PayPalOperation::Create];
    placed.paypal_faults(PayPalFaults { lose_reply: 2, fail: 1, only, ..PayPalFaults::default() });
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "requires_action");
    assert_eq!(placed.paypal_orders().len(), 1);
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_processing_until_it_can_be_read() {
    let placed = Placed::approved_at_paypal().await;
    placed.paypal_faults(at_capture(&PayPalFaults { rate_limit: 100, ..PayPalFaults::default() }));
    let waiting = placed.pay(PAYPAL).await;
    assert_eq!((waiting.status.as_u16(), waiting.text("/status")), (202, "processing".to_owned()), "{waiting:?}");
    assert_eq!((placed.attempts("UNKNOWN").await, placed.hold().await), (1, "COMMITTING".to_owned()));
    // It may be on its way still: nobody pays otherwise, and nobody closes the order, for as long as that.
    assert_eq!(placed.pay("pm_card_visa").await.code(), "PAYMENT_IN_PROGRESS");
    let path = format!("/v1/orders/{}/cancel", placed.order);
    assert_eq!(placed.shop.shopper("ada").post(&path, &json!({})).await.code(), "PAYMENT_IN_PROGRESS");
    placed.paypal_faults(PayPalFaults::default());
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn a_charge_that_paypal_looks_into_is_processing_and_decided_by_a_webhook() {
    for (decision, status) in [("COMPLETED", "PROCESSING"), ("DECLINED", "PENDING")] {
        let placed = Placed::approved_at_paypal().await;
        placed.paypal_faults(PayPalFaults { pend: 1, ..PayPalFaults::default() });
        assert_eq!(placed.pay(PAYPAL).await.status, 202);
        assert_eq!(placed.pay("pm_card_visa").await.status, 202, "it may be paid yet");
        assert!(placed.shop.paypal.decide_capture(&placed.paypal_order(0), decision));
        assert_eq!(placed.capture_hint("WH-1").await.status, 200);
        assert_eq!(placed.status().await, status, "{decision}");
        if decision == "DECLINED" {
            assert_eq!((placed.attempts("FAILED").await, placed.hold().await), (1, "HELD".to_owned()));
            assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
            placed.assert_paid().await;
        } else {
            placed.assert_paid_at_paypal().await;
        }
    }
}

#[tokio::test]
async fn a_customer_whom_paypal_sends_back_is_asked_again() {
    let placed = Placed::approved_at_paypal().await;
    placed.paypal_faults(PayPalFaults { ask_again: 1, ..PayPalFaults::default() });
    let again = placed.pay(PAYPAL).await;
    assert_eq!(again.text("/status"), "requires_action", "{again:?}");
    assert!(again.text("/nextAction/redirectUrl").contains("/checkoutnow?token="));
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn a_process_that_dies_over_a_charge_leaves_it_to_the_next_one() {
    for point in [
        HookPoint::AfterCommitting,
        HookPoint::BeforeCharge,
        HookPoint::AfterCharge,
        HookPoint::BeforeConfirm,
        HookPoint::AfterConfirm,
        HookPoint::BeforeSettle,
        HookPoint::AfterSettle,
    ] {
        let placed = Placed::approved_at_paypal().await;
        placed.shop.stops.stop_once_at(point);
        assert_eq!(placed.pay(PAYPAL).await.status, 503, "{point:?}");
        assert!(placed.shop.stops.was_reached(), "{point:?}");
        placed.sweep_once_after(31).await;
        placed.assert_paid_at_paypal().await;
    }
}

#[tokio::test]
async fn of_all_who_learn_of_the_agreement_one_charges() {
    let placed = Placed::approved_at_paypal().await;
    let pause = placed.shop.stops.pause_once_at(HookPoint::AfterCharge);
    let others = async {
        pause.reached().await;
        // The charge is on its way: neither the webhook, nor the customer, nor the sweep sends another one.
        assert_eq!(placed.approval_hint("WH-1").await.status, 200);
        assert_eq!(placed.pay(PAYPAL).await.code(), "PAYMENT_IN_PROGRESS");
        assert_eq!(placed.shop.sweep().await.unwrap().attempts, 0);
        assert_eq!(placed.captures(), 0);
        pause.release();
    };
    let (paid, ()) = join(placed.pay(PAYPAL), others).await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn a_webhook_and_a_return_at_once_charge_once() {
    for point in [HookPoint::BeforeCharge, HookPoint::BeforeConfirm, HookPoint::BeforeSettle] {
        let placed = Placed::approved_at_paypal().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let returning = async {
            pause.reached().await;
            let answer = placed.pay(PAYPAL).await;
            pause.release();
            answer
        };
        let (taken, answer) = join(placed.approval_hint("WH-1"), returning).await;
        assert_eq!(taken.status, 200, "{point:?} {taken:?}");
        assert!([200, 409].contains(&answer.status.as_u16()), "{point:?} {answer:?}");
        placed.assert_paid_at_paypal().await;
        assert_eq!(placed.shop.handled().await, ["WH-1"]);
    }
}

#[tokio::test]
async fn many_requests_at_once_charge_once() {
    let placed = Placed::approved_at_paypal().await;
    let answers = join_all((0..6).map(|_| placed.pay(PAYPAL))).await;
    assert!(answers.iter().any(|answer| answer.status == 200), "{answers:?}");
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())), "{answers:?}");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn an_order_whose_customer_never_agrees_ends_and_is_not_charged_later() {
    let placed = Placed::asked_by_paypal().await;
    placed.shop.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(placed.shop.sweep().await.unwrap().closed, 1);
    placed.approve();
    for id in ["WH-1", "WH-2"] {
        assert_eq!(placed.approval_hint(id).await.status, 200);
    }
    assert_eq!(placed.pay(PAYPAL).await.status, 409);
    placed.sweep_once_after(31).await;
    assert_eq!((placed.status().await, placed.captures()), ("FAILED".to_owned(), 0));
    assert_eq!((placed.stock().await, placed.hold().await), ((5, 0), "RELEASED".to_owned()));
    placed.assert_events_are_right().await;
}

#[tokio::test]
async fn a_customer_who_agrees_while_the_order_is_being_closed_is_not_charged() {
    let placed = Placed::asked_by_paypal().await;
    placed.shop.clock.advance(SignedDuration::from_mins(31));
    let pause = placed.shop.stops.pause_once_at(HookPoint::BeforeCallOff);
    let agrees = async {
        pause.reached().await;
        placed.approve();
        assert_eq!(placed.approval_hint("WH-1").await.status, 200);
        assert_eq!(placed.pay(PAYPAL).await.status, 409);
        pause.release();
    };
    let (report, ()) = join(placed.shop.sweep(), agrees).await;
    assert_eq!((report.unwrap().closed, placed.captures()), (1, 0));
    assert_eq!((placed.status().await, placed.hold().await), ("FAILED".to_owned(), "RELEASED".to_owned()));
}

#[tokio::test]
async fn a_customer_who_agrees_before_the_order_is_closed_has_paid_however_late() {
    let placed = Placed::asked_by_paypal().await;
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    placed.approve();
    assert_eq!(placed.pay(PAYPAL).await.text("/status"), "succeeded");
    placed.assert_paid_at_paypal().await;
}

#[tokio::test]
async fn an_order_that_the_customer_calls_off_is_not_charged() {
    let placed = Placed::approved_at_paypal().await;
    let path = format!("/v1/orders/{}/cancel", placed.order);
    let cancelled = placed.shop.shopper("ada").post(&path, &json!({})).await;
    assert_eq!(cancelled.text("/status"), "CANCELLED", "{cancelled:?}");
    assert_eq!(placed.approval_hint("WH-1").await.status, 200);
    assert_eq!((placed.captures(), placed.hold().await), (0, "RELEASED".to_owned()));
    assert_eq!((placed.events("PaymentCanceled").await, placed.events("OrderCancelled").await), (1, 1));
}

#[tokio::test]
async fn a_shop_without_paypal_knows_no_such_method() {
    let shop = Shop::open_without_carrier().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let body = json!({"shippingAddress": address(), "paymentMethodId": PAYPAL});
    let order = shop.shopper("ada").post("/v1/orders", &body).await.text("/orderId");
    let placed = Placed { shop, item, order };
    for method in [Some(PAYPAL), None] {
        let refused = placed.shop.shopper("ada").post("/v1/payments", &placed.body(TOTAL, method)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.fields()),
            (400, vec!["paymentMethodId".to_owned()]),
            "{refused:?}"
        );
    }
    assert_eq!(placed.shop.count("select count(*) from payments").await, 0);
    assert_eq!(placed.shop.paypal_webhook("WH-1", "X", &json!({})).await.status, 404);
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
}

#[tokio::test]
async fn an_amount_that_paypal_does_not_take_is_refused_before_anything_begins() {
    let shop = Shop::selling_in("INR").await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.run("update variants set currency = 'INR'", &[]).await;
    let mut cart = shop.fill_cart("ada", &[(&item, 1)]).await;
    cart.lines.values_mut().for_each(|line| line.currency = "INR".to_owned());
    shop.put_cart(&cart).await;
    let ordered = shop.shopper("ada").post("/v1/orders", &json!({"shippingAddress": address()})).await;
    let body =
        json!({"orderId": ordered.text("/orderId"), "amount": ordered.json()["total"], "paymentMethodId": PAYPAL});
    let refused = shop.shopper("ada").post("/v1/payments", &body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "CURRENCY_NOT_SUPPORTED".to_owned()), "{refused:?}");
    assert_eq!(shop.count("select count(*) from payments").await, 0);
}
