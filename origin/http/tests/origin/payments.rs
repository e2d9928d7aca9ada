//! Paying orders.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_support::{Faults, payments::Operation};

use crate::shop::{Answer, Item, Shop, address};

const TOTAL: &str = "64.80";

struct Placed {
    shop: Shop,
    item: Item,
    order: String,
}

async fn placed() -> Placed {
    let shop = Shop::open().await;
    let item = shop.item("Lamp", "60.00", 5).await;
    shop.fill_cart("ada", &[(&item, 1)]).await;
    let body = json!({"shippingAddress": address(), "paymentMethodId": "pm_card_visa"});
    let order = shop.shopper("ada").post("/v1/orders", &body).await.text("/orderId");
    Placed { shop, item, order }
}

impl Placed {
    fn body(&self, amount: &str, method: Option<&str>) -> Value {
        let mut body = json!({"orderId": self.order, "amount": serde_json::from_str::<Value>(amount).unwrap()});
        if let Some(method) = method {
            body["paymentMethodId"] = json!(method);
        }
        body
    }

    async fn pay(&self, method: &str) -> Answer {
        self.shop.shopper("ada").post("/v1/payments", &self.body(TOTAL, Some(method))).await
    }

    async fn status(&self) -> String {
        self.shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.text("/status")
    }

    fn charges(&self) -> usize {
        let state = self.shop.provider.state();
        let charges = state["charges"].as_array().cloned().unwrap_or_default();
        charges.iter().filter(|charge| charge["status"] == "succeeded").count()
    }

    async fn stock(&self) -> (i64, i64) {
        let level = self.shop.level(&self.item).await;
        (level.on_hand, level.reserved)
    }

    fn faults(&self, faults: Faults) {
        self.shop.provider.set_faults(faults);
    }
}

async fn assert_paid(placed: &Placed) {
    assert_eq!(placed.status().await, "PROCESSING");
    assert_eq!((placed.charges(), placed.stock().await), (1, (4, 0)));
    let shop = &placed.shop;
    assert_eq!(shop.count("select count(*) from ledger_entries where kind = 'capture' and amount = 64.80").await, 1);
    assert_eq!(shop.count("select count(*) from outbox where event = 'PaymentSucceeded'").await, 1);
    assert_eq!(shop.count("select stock from variants").await, 4);
    assert_eq!(shop.count("select stock from products").await, 4);
    assert_eq!(shop.count("select sum(quantity)::bigint from stock_ledger where kind = 'sale'").await, -1);
}

#[tokio::test]
async fn a_paid_order_is_processed_and_its_goods_have_left() {
    let placed = placed().await;
    let paid = placed.pay("pm_card_visa").await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    assert!(paid.text("/receiptUrl").contains("/receipts/"));
    assert_paid(&placed).await;

    let again = placed.pay("pm_card_visa").await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "ORDER_ALREADY_PAID".to_owned()));
    assert_eq!(again.text("/error/details/0/message"), paid.text("/paymentId"));
    assert_eq!(placed.charges(), 1);
}

#[tokio::test]
async fn the_orders_own_method_pays_where_none_is_named() {
    let placed = placed().await;
    let paid = placed.shop.shopper("ada").post("/v1/payments", &placed.body(TOTAL, None)).await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
}

#[tokio::test]
async fn only_the_total_of_ones_own_order_can_be_paid() {
    let placed = placed().await;
    let ada = placed.shop.shopper("ada");
    for amount in ["64.79", "64.81", "0", "-64.80"] {
        let refused = ada.post("/v1/payments", &placed.body(amount, None)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "AMOUNT_MISMATCH".to_owned()), "{amount}");
    }
    for amount in ["64.801", "\"64.80\"", "6.48e1", "null"] {
        assert_eq!(ada.post("/v1/payments", &placed.body(amount, None)).await.code(), "VALIDATION_ERROR", "{amount}");
    }
    let foreign = placed.shop.shopper("bob").post("/v1/payments", &placed.body(TOTAL, None)).await;
    assert_eq!(foreign.status, 404);
    let unknown = json!({"orderId": "order_1", "amount": 1});
    assert_eq!(ada.post("/v1/payments", &unknown).await.status, 404);
    assert_eq!(placed.charges(), 0);
    assert_eq!(ada.post("/v1/payments", &placed.body("64.8", None)).await.status, 200, "trailing zeros do not matter");
}

#[tokio::test]
async fn after_a_decline_another_card_may_be_tried() {
    let placed = placed().await;
    let declined = placed.pay("pm_card_chargeDeclinedInsufficientFunds").await;
    assert_eq!((declined.status.as_u16(), declined.code()), (402, "PAYMENT_DECLINED".to_owned()), "{declined:?}");
    assert_eq!(declined.text("/error/details/0/message"), "insufficient_funds");
    assert_eq!((placed.status().await, placed.stock().await), ("PENDING".to_owned(), (5, 1)));
    assert_eq!(placed.shop.count("select count(*) from outbox where event = 'PaymentFailed'").await, 1);
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    assert_paid(&placed).await;
    assert_eq!(placed.shop.count("select count(*) from payments").await, 1);
    assert_eq!(placed.shop.count("select count(*) from payment_attempts").await, 2);
}

#[tokio::test]
async fn an_unknown_card_is_refused_and_leaves_the_order_payable() {
    let placed = placed().await;
    assert_eq!(placed.pay("no_such_card").await.code(), "VALIDATION_ERROR");
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
}

#[tokio::test]
async fn three_d_secure_asks_the_customer_and_is_found_done_afterwards() {
    let placed = placed().await;
    let asked = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!((asked.status.as_u16(), asked.text("/status")), (200, "requires_action".to_owned()), "{asked:?}");
    assert_eq!(asked.text("/nextAction/type"), "redirect_to_url");
    let url = asked.text("/nextAction/redirectUrl");
    assert!(url.starts_with("http") && !asked.text("/nextAction/clientSecret").is_empty());
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    // The hold outlives its time while the customer is at the bank.
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    authenticate(&placed, "authenticate").await;
    let paid = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!(paid.text("/status"), "succeeded", "{paid:?}");
    assert_paid(&placed).await;
}

#[tokio::test]
async fn a_failed_three_d_secure_leaves_room_for_another_card() {
    let placed = placed().await;
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    authenticate(&placed, "fail").await;
    let failed = placed.pay("pm_card_threeDSecure2Required").await;
    assert_eq!(failed.code(), "PAYMENT_DECLINED", "{failed:?}");
    assert_eq!(placed.pay("pm_card_threeDSecure2Required").await.text("/status"), "requires_action");
    authenticate(&placed, "fail").await;
    // Another card does not have to wait for the answer about the first.
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    assert_paid(&placed).await;
}

/// What the customer does at the bank.
async fn authenticate(placed: &Placed, outcome: &str) {
    use commerce_aws::HttpClient;
    let intent = placed.shop.provider.state()["payment_intents"][0]["id"].as_str().unwrap().to_owned();
    let url = format!("{}/test/3ds/{intent}/complete", placed.shop.provider.url());
    let request = http::Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(bytes::Bytes::from(format!("outcome={outcome}"))).unwrap();
    let answer = crate::shop::http_client().send(request).await.unwrap();
    assert!(answer.status().is_success() || answer.status().is_redirection(), "{answer:?}");
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_and_charges_once() {
    for operation in [Operation::Create, Operation::Confirm] {
        let placed = placed().await;
        placed.faults(Faults { lose_reply: 1, only: vec![operation], ..Faults::default() });
        let paid = placed.pay("pm_card_visa").await;
        assert_eq!(paid.text("/status"), "succeeded", "{operation:?} {paid:?}");
        assert_paid(&placed).await;
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
        let placed = placed().await;
        placed.faults(faults.clone());
        let answer = placed.pay("pm_card_visa").await;
        let got = if answer.status == 200 { answer.text("/status") } else { answer.code() };
        assert_eq!(got, expected, "{faults:?} {answer:?}");
        if expected != "succeeded" {
            assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
        }
        assert_paid(&placed).await;
    }
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_processing_until_it_can_be_read() {
    let placed = placed().await;
    placed.faults(Faults { rate_limit: 100, only: vec![Operation::Confirm], ..Faults::default() });
    let waiting = placed.pay("pm_card_visa").await;
    assert_eq!((waiting.status.as_u16(), waiting.text("/status")), (202, "processing".to_owned()), "{waiting:?}");
    assert_eq!(placed.shop.count("select count(*) from payments where state = 'UNKNOWN'").await, 1);
    placed.shop.clock.advance(SignedDuration::from_mins(20));
    placed.faults(Faults::default());
    assert_eq!(placed.pay("pm_card_visa").await.text("/status"), "succeeded");
    assert_paid(&placed).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_charges_nothing_and_gives_the_hold_its_clock_back() {
    let placed = placed().await;
    let ada = placed.shop.shopper("ada").with("idempotency-key", "p");
    let body = placed.body(TOTAL, Some("pm_card_visa"));
    for faults in [
        Faults { rate_limit: 100, only: vec![Operation::Create], ..Faults::default() },
        Faults { stored_500: 1, only: vec![Operation::Create], ..Faults::default() },
    ] {
        placed.faults(faults);
        let failed = ada.post("/v1/payments", &body).await;
        assert_eq!((failed.status.as_u16(), failed.code()), (503, "UNAVAILABLE".to_owned()), "{failed:?}");
    }
    placed.faults(Faults::default());
    assert_eq!(ada.post("/v1/payments", &body).await.text("/status"), "succeeded");
    assert_paid(&placed).await;
}

#[tokio::test]
async fn a_hold_that_is_over_is_not_paid() {
    let placed = placed().await;
    placed.shop.clock.advance(SignedDuration::from_mins(15));
    let refused = placed.pay("pm_card_visa").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "RESERVATION_EXPIRED".to_owned()), "{refused:?}");
    assert_eq!((placed.charges(), placed.status().await), (0, "PENDING".to_owned()));
    assert_eq!(placed.shop.provider.state()["payment_intents"], json!([]), "the provider was not called");
}

#[tokio::test]
async fn a_key_replays_payments_and_declines() {
    let placed = placed().await;
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
async fn a_refusal_leaves_the_key_free() {
    let placed = placed().await;
    let keyed = placed.shop.shopper("ada").with("idempotency-key", "k");
    assert_eq!(keyed.post("/v1/payments", &placed.body("1.00", None)).await.code(), "AMOUNT_MISMATCH");
    assert_eq!(keyed.post("/v1/payments", &placed.body(TOTAL, Some("nonsense"))).await.code(), "VALIDATION_ERROR");
    assert_eq!(keyed.post("/v1/payments", &placed.body(TOTAL, None)).await.text("/status"), "succeeded");
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_without_the_provider() {
    let placed = placed().await;
    let zero = "update orders set subtotal = 0, tax = 0, total = 0";
    placed.shop.run(zero, &[]).await;
    let paid = placed.shop.shopper("ada").post("/v1/payments", &placed.body("0.00", None)).await;
    assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "succeeded".to_owned()), "{paid:?}");
    assert_eq!(placed.status().await, "PROCESSING");
    assert_eq!(placed.shop.provider.state()["payment_intents"], json!([]));
    assert_eq!(placed.stock().await, (4, 0));
}
