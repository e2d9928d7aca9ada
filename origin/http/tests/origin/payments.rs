//! Paying orders.

use jiff::SignedDuration;
use serde_json::json;
use test_support::{Faults, payments::Operation};

use crate::shop::{Placed, TOTAL};

#[tokio::test]
async fn a_paid_order_is_processed_and_its_goods_have_left() {
    let placed = Placed::new().await;
    let paid = placed.pay("pm_card_visa").await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    assert!(paid.text("/receiptUrl").contains("/receipts/"));
    placed.assert_paid().await;

    let again = placed.pay("pm_card_visa").await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "ORDER_ALREADY_PAID".to_owned()));
    assert_eq!(again.text("/error/details/0/message"), paid.text("/paymentId"));
    assert_eq!(placed.charges(), 1);
}

#[tokio::test]
async fn the_orders_own_method_pays_where_none_is_named() {
    let placed = Placed::new().await;
    let paid = placed.shop.shopper("ada").post("/v1/payments", &placed.body(TOTAL, None)).await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
}

#[tokio::test]
async fn only_the_total_of_ones_own_order_can_be_paid() {
    let placed = Placed::new().await;
    let ada = placed.shop.shopper("ada");
    for amount in ["64.79", "64.81", "0", "-64.80"] {
        let refused = ada.post("/v1/payments", &placed.body(amount, None)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "AMOUNT_MISMATCH".to_owned()), "{amount}");
    }
    for amount in ["64.801", "\"64.80\"", "6.48e1", "null"] {
        assert_eq!(ada.post("/v1/payments", &placed.body(amount, None)).await.code(), "VALIDATION_ERROR", "{amount}");
    }
    for amount in [TOTAL, "64.79"] {
        let foreign = placed.shop.shopper("bob").post("/v1/payments", &placed.body(amount, None)).await;
        assert_eq!(foreign.status, 404, "{amount}: nobody learns another's total by trying");
    }
    let unknown = json!({"orderId": "order_1", "amount": 1});
    assert_eq!(ada.post("/v1/payments", &unknown).await.status, 404);
    assert_eq!(placed.charges(), 0);
    assert_eq!(ada.post("/v1/payments", &placed.body("64.8", None)).await.status, 200, "trailing zeros do not matter");
}

#[tokio::test]
async fn after_a_decline_another_card_may_be_tried() {
    let placed = Placed::new().await;
    let declined = placed.pay("pm_card_chargeDeclinedInsufficientFunds").await;
    assert_eq!((declined.status.as_u16(), declined.code()), (402, "PAYMENT_DECLINED".to_owned()), "{declined:?}");
    assert_eq!(declined.text("/error/details/0/message"), "insufficient_funds");
    assert_eq!((placed.status().await, placed.stock().await), ("PENDING".to_owned(), (5, 1)));
    assert_eq!(placed.shop.count("select count(*) from outbox where event = 'PaymentFailed'").await, 1);
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
    assert_eq!(placed.shop.count("select count(*) from payments").await, 1);
    assert_eq!(placed.shop.count("select count(*) from payment_attempts").await, 2);
}

#[tokio::test]
async fn an_unknown_card_is_refused_and_leaves_the_order_payable() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay("no_such_card").await.code(), "VALIDATION_ERROR");
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
}

#[tokio::test]
async fn three_d_secure_asks_the_customer_and_is_found_done_afterwards() {
    let placed = Placed::new().await;
    let asked = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!((asked.status.as_u16(), asked.text("/status")), (200, "requires_action".to_owned()), "{asked:?}");
    assert_eq!(asked.text("/nextAction/type"), "redirect_to_url");
    let url = asked.text("/nextAction/redirectUrl");
    assert!(url.starts_with("http") && !asked.text("/nextAction/clientSecret").is_empty());
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    // The hold outlives its time while the customer is at the bank.
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    placed.authenticate("authenticate").await;
    let paid = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_failed_three_d_secure_leaves_room_for_another_card() {
    let placed = Placed::new().await;
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    placed.authenticate("fail").await;
    let failed = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!(failed.code(), "PAYMENT_DECLINED", "{failed:?}");
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    placed.authenticate("fail").await;
    // Another card does not have to wait for the answer about the first.
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_and_charges_once() {
    for operation in [Operation::Create, Operation::Confirm] {
        let placed = Placed::new().await;
        placed.faults(Faults { lose_reply: 1, only: vec![operation], ..Faults::default() });
        let paid = placed.pay("pm_card_visa").await;
        assert_eq!(paid.text("/status"), "succeeded", "{operation:?} {paid:?}");
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn a_busy_or_failing_provider_charges_once_or_says_no() {
    let hits = |faults: fn(&mut Faults)| {
        let mut set = Faults { only: vec![Operation::Confirm], ..Faults::default() };
        faults(&mut set);
        set
    };
    for (faults, expected) in [
        (hits(|faults| faults.rate_limit = 1), "succeeded"),
        (hits(|faults| faults.key_in_use = 1), "succeeded"),
        (hits(|faults| faults.stored_500_after_effect = 1), "succeeded"),
        (hits(|faults| faults.stored_500 = 1), "PAYMENT_DECLINED"),
    ] {
        let placed = Placed::new().await;
        placed.faults(faults.clone());
        let answer = placed.pay("pm_card_visa").await;
        let got = if answer.status == 200 { answer.text("/status") } else { answer.code() };
        assert_eq!(got, expected, "{faults:?} {answer:?}");
        if expected != "succeeded" {
            assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
        }
        placed.assert_paid().await;
    }
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_processing_until_it_can_be_read() {
    let placed = Placed::new().await;
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Confirm], ..Faults::default() });
    let waiting = placed.pay("pm_card_visa").await;
    assert_eq!((waiting.status.as_u16(), waiting.text("/status")), (202, "processing".to_owned()), "{waiting:?}");
    assert_eq!(placed.shop.count("select count(*) from payments where state = 'UNKNOWN'").await, 1);
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    placed.faults(Faults::default());
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_charges_nothing_and_gives_the_hold_its_clock_back() {
    let placed = Placed::new().await;
    let ada = placed.shop.shopper("ada").with("idempotency-key", "p");
    let body = placed.body(TOTAL, Some("pm_card_visa"));
    for faults in [
        Faults { rate_limit: 100, only: vec![Operation::Create], ..Faults::default() },
        Faults { stored_500: 1, only: vec![Operation::Create], ..Faults::default() },
    ] {
        placed.faults(faults);
        let failed = ada.post("/v1/payments", &body).await;
        assert_eq!((failed.status.as_u16(), failed.code()), (503, "UNAVAILABLE".to_owned()), "{failed:?}");
        assert_eq!(placed.hold().await, "HELD");
        let other = ada.post("/v1/payments", &placed.body(TOTAL, Some("pm_card_mastercard"))).await;
        assert_eq!(other.code(), "IDEMPOTENCY_KEY_REUSED", "the key is the failed request's until it is resumed");
    }
    assert_eq!(placed.shop.timer.pauses(), 6, "between the four calls of each");
    placed.faults(Faults::default());
    assert_eq!(ada.post("/v1/payments", &body).await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_hold_that_is_over_is_not_paid_and_leaves_no_trace() {
    let placed = Placed::new().await;
    placed.shop.clock.advance(SignedDuration::from_mins(15));
    for _ in 0..3 {
        let refused = placed.pay("pm_card_visa").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "RESERVATION_EXPIRED".to_owned()), "{refused:?}");
    }
    assert_eq!((placed.charges(), placed.status().await), (0, "PENDING".to_owned()));
    assert!(placed.intents().is_empty(), "the provider was not called");
    assert_eq!(placed.shop.count("select count(*) from payment_attempts").await, 0);
    assert_eq!(placed.shop.count("select count(*) from outbox").await, 2, "the order's");
}

#[tokio::test]
async fn a_hold_that_runs_out_between_two_cards_is_not_paid() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    placed.shop.clock.advance(SignedDuration::from_mins(15));
    for _ in 0..3 {
        assert_eq!(placed.pay("pm_card_visa").await.code(), "RESERVATION_EXPIRED");
    }
    assert_eq!(placed.shop.count("select count(*) from payment_attempts").await, 1);
}

#[tokio::test]
async fn a_payment_that_stands_where_none_can_begin_is_a_conflict() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    placed.shop.run("update payments set state = 'AUTHORISED', capture_before = updated_at", &[]).await;
    let refused = placed.pay("pm_card_visa").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()), "{refused:?}");
}

#[tokio::test]
async fn a_payment_that_is_called_off_at_the_provider_is_told_and_followed_by_another() {
    let placed = Placed::new().await;
    placed.pay("pm_card_chargeDeclined").await;
    placed.cancel_at_provider().await;
    assert_eq!(placed.pay("pm_card_visa").await.code(), "PAYMENT_DECLINED");
    assert_eq!((placed.events("PaymentCanceled").await, placed.hold().await), (1, "HELD".to_owned()));
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    placed.assert_paid().await;
}

#[tokio::test]
async fn a_key_replays_payments_and_declines() {
    let placed = Placed::new().await;
    let ada = placed.shop.shopper("ada");
    for (key, method, status) in [("d", "pm_card_chargeDeclined", 402), ("s", "pm_card_visa", 200)] {
        let keyed = ada.with("idempotency-key", key);
        let body = placed.body(TOTAL, Some(method));
        let first = keyed.post("/v1/payments", &body).await;
        let again = keyed.post("/v1/payments", &body).await;
        assert_eq!((first.status.as_u16(), &first.body), (status, &again.body), "{key}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let other = keyed.post("/v1/payments", &placed.body(TOTAL, Some("pm_card_mastercard"))).await;
        assert_eq!(other.code(), "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(placed.charges(), 1);
}

#[tokio::test]
async fn a_key_whose_payment_is_not_over_tells_where_it_stands() {
    let asks = "pm_card_threeDSecure2Required";
    for (at_the_bank, status) in [("authenticate", 200), ("fail", 402)] {
        let placed = Placed::new().await;
        let asked = placed.pay_under("k", asks).await;
        assert!(!asked.text("/nextAction/clientSecret").is_empty(), "{asked:?}");
        let again = placed.pay_under("k", asks).await;
        assert_eq!((again.status, &again.body), (asked.status, &asked.body), "as long as the customer is asked");
        assert_eq!(placed.pay_under("k", "pm_card_visa").await.code(), "IDEMPOTENCY_KEY_REUSED");
        let secrets = "select count(*) from idempotency_keys where convert_from(response_body, 'UTF8') like '%ecret%'";
        assert_eq!(placed.shop.count(secrets).await, 0);
        placed.authenticate(at_the_bank).await;
        let over = placed.pay_under("k", asks).await;
        assert_eq!((over.status.as_u16(), over.text("/nextAction/type")), (status, String::new()), "{over:?}");
        let replayed = placed.pay_under("k", asks).await;
        assert_eq!((&replayed.body, replayed.header("idempotent-replayed")), (&over.body, Some("true")));
    }
}

#[tokio::test]
async fn a_refusal_leaves_the_key_free() {
    let placed = Placed::new().await;
    let keyed = placed.shop.shopper("ada").with("idempotency-key", "k");
    assert_eq!(keyed.post("/v1/payments", &placed.body("1.00", None)).await.code(), "AMOUNT_MISMATCH");
    assert_eq!(keyed.post("/v1/payments", &placed.body(TOTAL, Some("nonsense"))).await.code(), "VALIDATION_ERROR");
    assert_eq!(keyed.post("/v1/payments", &placed.body(TOTAL, None)).await.text("/status"), "succeeded");
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_without_the_provider() {
    let placed = Placed::new().await;
    let zero = "update orders set subtotal = 0, tax = 0, taxes = null, total = 0, payment_method = null";
    placed.shop.run(zero, &[]).await;
    let paid = placed.shop.shopper("ada").post("/v1/payments", &placed.body("0.00", None)).await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    assert_eq!(placed.status().await, "PROCESSING");
    assert!(placed.intents().is_empty());
    assert_eq!(placed.stock().await, (4, 0));
}
