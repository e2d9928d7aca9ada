//! A shop that captures by hand: money that is set aside, taken once, or let go.

use futures_util::future::join;
use http::Method;
use jiff::SignedDuration;
use origin_core::{hooks::HookPoint, sweep::SweepReport};
use serde_json::{Value, json};
use test_support::{Faults, payments::Operation};

use crate::shop::{Answer, Entrance, Placed, Shop};

const ASKS: &str = "pm_card_threeDSecure2Required";

impl Placed {
    /// An order whose money is set aside.
    pub(crate) async fn authorised() -> Self {
        let placed = Self::in_shop(Shop::capturing_by_hand().await).await;
        let paid = placed.pay("pm_card_visa").await;
        assert_eq!((paid.status.as_u16(), paid.text("/status")), (200, "authorised".to_owned()), "{paid:?}");
        placed
    }

    pub(crate) async fn capture(&self) -> Answer {
        let payment = self.payment().await["id"].as_str().unwrap().to_owned();
        self.shop.admin().send(Method::POST, &format!("/v1/payments/{payment}/capture"), "").await
    }

    /// What the provider has taken, in cents, of each charge.
    fn taken(&self) -> Vec<u64> {
        let charges = self.shop.provider.state()["charges"].as_array().cloned().unwrap_or_default();
        charges.iter().map(|charge| charge["amount_captured"].as_u64().unwrap()).collect()
    }

    async fn swept_after(&self, time: SignedDuration) -> SweepReport {
        self.shop.clock.advance(time);
        self.shop.sweep().await.unwrap()
    }

    /// Nothing is taken, and the goods are held.
    async fn assert_set_aside(&self) {
        let order = self.shop.shopper("ada").get(&format!("/v1/orders/{}", self.order)).await.json();
        assert_eq!((&order["status"], &order["paymentStatus"]), (&json!("PENDING"), &json!("authorised")));
        assert_eq!((self.stock().await, self.hold().await), ((5, 1), "COMMITTING".to_owned()));
        assert_eq!(self.taken(), [0]);
        assert_eq!(self.shop.count("select count(*) from ledger_entries").await, 0);
    }

    /// The money is taken, once, and the order can be packed.
    pub(crate) async fn assert_captured(&self) {
        self.assert_paid().await;
        assert_eq!(self.taken(), [6480]);
        assert_eq!((self.events("PaymentAuthorised").await, self.events("OrderProcessed").await), (1, 1));
        self.assert_events_are_right().await;
    }

    /// The order has ended, nothing was taken, and everything is on sale again.
    async fn assert_let_go(&self, status: &str) {
        assert_eq!((self.status().await.as_str(), self.stock().await), (status, (5, 0)));
        assert_eq!((self.taken(), self.hold().await), (vec![0], "RELEASED".to_owned()));
        assert_eq!(self.shop.provider.state()["payment_intents"][0]["status"], "canceled");
        assert_eq!((self.events("PaymentSucceeded").await, self.events("PaymentCanceled").await), (0, 1));
        assert_eq!(self.shop.count("select count(*) from ledger_entries").await, 0);
        self.assert_events_are_right().await;
    }
}

fn hits_capture(faults: &Faults) -> Faults {
    Faults { only: vec![Operation::Capture], ..faults.clone() }
}

#[tokio::test]
async fn money_is_set_aside_when_the_order_is_paid_and_taken_when_the_shop_says_so() {
    let placed = Placed::authorised().await;
    placed.assert_set_aside().await;
    let payment = placed.payment().await;
    assert_eq!((&payment["status"], &payment["captureBefore"]), (&json!("AUTHORISED"), &json!("2024-01-28T11:00:00Z")));
    // Another card does not charge a second time.
    assert_eq!(placed.pay("pm_card_mastercard").await.text("/status"), "authorised");
    placed.assert_set_aside().await;
    let captured = placed.capture().await;
    assert_eq!((captured.status.as_u16(), captured.text("/status")), (200, "SUCCEEDED".to_owned()), "{captured:?}");
    assert_eq!(captured.json().get("captureBefore"), None::<&Value>);
    placed.assert_captured().await;
    let again = placed.capture().await;
    assert_eq!((again.status.as_u16(), again.text("/status")), (200, "SUCCEEDED".to_owned()), "{again:?}");
    placed.assert_captured().await;
}

#[tokio::test]
async fn only_the_shop_captures_and_only_what_is_set_aside() {
    let placed = Placed::in_shop(Shop::capturing_by_hand().await).await;
    assert_eq!(placed.pay("pm_card_chargeDeclined").await.status, 402);
    let path = format!("/v1/payments/{}/capture", placed.payment().await["id"].as_str().unwrap());
    let admin = placed.shop.admin();
    let refused = admin.send(Method::POST, &path, "").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()), "{refused:?}");
    assert_eq!(placed.shop.shopper("ada").send(Method::POST, &path, "").await.status, 403);
    assert_eq!(admin.send(Method::POST, "/v1/payments/pay_01h4vjdvzefw18zfwz5dxw5y8g/capture", "").await.status, 404);
    assert_eq!(admin.send(Method::POST, "/v1/payments/7/capture", "").await.status, 404);
    assert_eq!(admin.post(&path, &json!({"amount": 1})).await.status, 400);
    let automatic = Placed::paid_with("pm_card_visa").await;
    assert_eq!(automatic.capture().await.text("/status"), "SUCCEEDED", "what is taken is taken");
    assert_eq!(automatic.taken(), [6480]);
}

#[tokio::test]
async fn a_hold_lasts_as_long_as_its_money_is_set_aside_and_ends_before_that_does() {
    let placed = Placed::authorised().await;
    let day = SignedDuration::from_hours(24);
    assert_eq!(placed.swept_after(day * 5 - SignedDuration::from_secs(1)).await, SweepReport::default());
    assert_eq!(placed.events("PaymentLapsing").await, 0);
    for _ in 0..2 {
        placed.swept_after(SignedDuration::from_secs(1)).await;
        assert_eq!(placed.events("PaymentLapsing").await, 1, "told once");
    }
    placed.assert_set_aside().await;
    let almost = SignedDuration::from_hours(36) - SignedDuration::from_secs(2);
    assert_eq!(placed.swept_after(almost).await, SweepReport::default());
    placed.assert_set_aside().await;
    assert_eq!(placed.swept_after(SignedDuration::from_secs(1)).await.closed, 1);
    placed.assert_let_go("FAILED").await;
    let refused = placed.capture().await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "CONFLICT".to_owned()), "{refused:?}");
}

#[tokio::test]
async fn a_capture_that_is_stopped_anywhere_is_finished_by_the_sweep_or_by_its_repetition() {
    let points = [
        HookPoint::AfterCaptureNote,
        HookPoint::BeforeCapture,
        HookPoint::AfterCapture,
        HookPoint::BeforeSettle,
        HookPoint::AfterSettle,
        HookPoint::AfterStock,
    ];
    for repeated in [false, true] {
        for point in points {
            let placed = Placed::authorised().await;
            placed.shop.stops.stop_once_at(point);
            assert_eq!(placed.capture().await.status, 503, "{point:?}");
            assert!(placed.shop.stops.was_reached(), "{point:?}");
            if repeated {
                assert_eq!(placed.capture().await.text("/status"), "SUCCEEDED", "{point:?}");
            }
            placed.swept_after(SignedDuration::from_secs(31)).await;
            placed.assert_captured().await;
        }
    }
    let placed = Placed::authorised().await;
    placed.shop.stops.stop_once_at(HookPoint::BeforeCaptureNote);
    assert_eq!(placed.capture().await.status, 503);
    placed.swept_after(SignedDuration::from_secs(31)).await;
    placed.assert_set_aside().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_has_taken_the_money_once_when_the_sweep_has_asked() {
    for (faults, status) in [
        // Whether it acted is read from the intent.
        (Faults { lose_reply: 1, ..Faults::default() }, 200),
        (Faults { stored_500_after_effect: 1, ..Faults::default() }, 200),
        (Faults { rate_limit: 1, ..Faults::default() }, 202),
        (Faults { key_in_use: 1, ..Faults::default() }, 202),
    ] {
        let placed = Placed::authorised().await;
        placed.faults(hits_capture(&faults));
        let answer = placed.capture().await;
        assert_eq!(answer.status, status, "{faults:?} {answer:?}");
        assert_eq!(placed.swept_after(SignedDuration::from_secs(31)).await.attempts, u32::from(status == 202));
        placed.assert_captured().await;
    }
    // The provider keeps a failure for a day; what it has not done by then is done under the same key.
    let placed = Placed::authorised().await;
    placed.faults(hits_capture(&Faults { stored_500: 1, ..Faults::default() }));
    assert_eq!(placed.capture().await.status, 202);
    assert_eq!(placed.swept_after(SignedDuration::from_hours(1)).await.attempts, 0);
    placed.assert_set_aside().await;
    assert_eq!(placed.swept_after(SignedDuration::from_hours(24)).await.attempts, 1);
    placed.assert_captured().await;
}

#[tokio::test]
async fn a_repetition_under_a_key_is_answered_with_the_same_answer() {
    let placed = Placed::authorised().await;
    let path = format!("/v1/payments/{}/capture", placed.payment().await["id"].as_str().unwrap());
    let keyed = placed.shop.admin().with("idempotency-key", "capture-1");
    let first = keyed.send(Method::POST, &path, "").await;
    let again = keyed.send(Method::POST, &path, "").await;
    assert_eq!((first.status.as_u16(), first.json()), (200, again.json()));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    placed.assert_captured().await;
}

#[tokio::test]
async fn an_order_is_called_off_while_its_money_is_set_aside() {
    let placed = Placed::authorised().await;
    let cancelled =
        placed.shop.shopper("ada").send(Method::POST, &format!("/v1/orders/{}/cancel", placed.order), "").await;
    assert_eq!((cancelled.status.as_u16(), cancelled.text("/status")), (200, "CANCELLED".to_owned()), "{cancelled:?}");
    placed.assert_let_go("CANCELLED").await;
}

#[tokio::test]
async fn an_order_that_is_captured_and_called_off_at_once_is_one_of_the_two() {
    // Whoever waits at its point is overtaken there by the whole of the other.
    for point in [HookPoint::BeforeCapture, HookPoint::AfterCapture, HookPoint::BeforeSettle] {
        let placed = Placed::authorised().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let path = format!("/v1/orders/{}/cancel", placed.order);
        let overtaking = async {
            pause.reached().await;
            let cancelled = placed.shop.shopper("ada").send(Method::POST, &path, "").await;
            pause.release();
            cancelled
        };
        let (captured, cancelled) = join(placed.capture(), overtaking).await;
        assert_eq!(cancelled.text("/status"), "CANCELLED", "{point:?} {cancelled:?}");
        if point == HookPoint::BeforeCapture {
            assert_eq!(captured.status, 409, "{captured:?}");
            placed.assert_let_go("CANCELLED").await;
            continue;
        }
        // The provider had taken the money: it goes back, once.
        assert_eq!((captured.status.as_u16(), captured.text("/status")), (200, "SUCCEEDED".to_owned()), "{captured:?}");
        placed.swept_after(SignedDuration::from_secs(31)).await;
        assert_eq!((placed.sent_back(), placed.kept().await), (vec![6480], 0), "{point:?}");
        assert_eq!((placed.stock().await, placed.events("PaymentSucceeded").await), ((5, 0), 1));
        placed.assert_events_are_right().await;
    }
    for point in [HookPoint::BeforeCallOff, HookPoint::AfterCallOff] {
        let placed = Placed::authorised().await;
        let pause = placed.shop.stops.pause_once_at(point);
        let overtaking = async {
            pause.reached().await;
            let captured = placed.capture().await;
            pause.release();
            captured
        };
        let cancelling = placed.shop.shopper("ada");
        let path = format!("/v1/orders/{}/cancel", placed.order);
        let (cancelled, captured) = join(cancelling.send(Method::POST, &path, ""), overtaking).await;
        assert_eq!((captured.status.as_u16(), captured.code()), (409, "CONFLICT".to_owned()), "{point:?} {captured:?}");
        assert_eq!(cancelled.text("/status"), "CANCELLED", "{point:?} {cancelled:?}");
        placed.assert_let_go("CANCELLED").await;
    }
}

#[tokio::test]
async fn what_happens_at_the_provider_is_heard_by_webhooks() {
    let placed = Placed::in_shop(Shop::capturing_by_hand().await).await;
    assert_eq!(placed.pay(ASKS).await.text("/status"), "requires_action");
    let mut entrance = Entrance::open(&placed.shop).await;
    let ((), statuses) = join(placed.authenticate("authenticate"), entrance.run(2)).await;
    assert_eq!(statuses, [200, 200]);
    placed.assert_set_aside().await;
    // Somebody captures in the provider's dashboard.
    let path = format!("/v1/payment_intents/{}/capture", placed.intents()[0]);
    let ((), statuses) = join(placed.tell_provider(&path, ""), entrance.run(2)).await;
    assert_eq!(statuses, [200, 200]);
    placed.assert_captured().await;
}

#[tokio::test]
async fn money_that_the_provider_lets_go_ends_the_order_with_its_hold() {
    let placed = Placed::authorised().await;
    placed.shop.clock.advance(SignedDuration::from_hours(30));
    placed.cancel_at_provider().await;
    assert_eq!(placed.hint("evt_1", "payment_intent.canceled").await.status, 200);
    let refused = placed.pay("pm_card_visa").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "RESERVATION_EXPIRED".to_owned()), "{refused:?}");
    assert_eq!(placed.swept_after(SignedDuration::from_secs(31)).await.closed, 1);
    placed.assert_let_go("FAILED").await;
}

#[tokio::test]
async fn a_capture_that_the_provider_refuses_is_forgotten_and_the_money_stays_set_aside() {
    let placed = Placed::authorised().await;
    let refused = Faults { refuse: 1, refuse_code: "capture_unauthorized_payment".to_owned(), ..Faults::default() };
    placed.faults(hits_capture(&refused));
    let answer = placed.capture().await;
    assert_eq!((answer.status.as_u16(), answer.code()), (409, "CAPTURE_REFUSED".to_owned()), "{answer:?}");
    assert!(String::from_utf8_lossy(&answer.body).contains("capture_unauthorized_payment"), "{answer:?}");
    placed.assert_set_aside().await;
    assert_eq!(placed.shop.count("select count(*) from payments where capture_asked_at is not null").await, 0);
    assert_eq!(placed.swept_after(SignedDuration::from_secs(31)).await, SweepReport::default(), "nobody asks again");
    assert_eq!(
        placed.shop.shopper("ada").post(&format!("/v1/orders/{}/cancel", placed.order), &json!({})).await.status,
        200
    );
    placed.assert_let_go("CANCELLED").await;
}

#[tokio::test]
async fn a_capture_that_was_refused_to_a_key_that_had_lapsed_is_made_when_it_is_asked_for_again() {
    let placed = Placed::authorised().await;
    placed.faults(hits_capture(&Faults { refuse: 1, ..Faults::default() }));
    assert_eq!(placed.capture().await.code(), "CAPTURE_REFUSED");
    placed.assert_set_aside().await;
    assert_eq!(placed.capture().await.status, 200);
    placed.assert_captured().await;
}

#[tokio::test]
async fn of_money_that_was_taken_in_part_no_more_goes_back() {
    let placed = Placed::authorised().await;
    // Somebody captures a part in the dashboard.
    let path = format!("/v1/payment_intents/{}/capture", placed.intents()[0]);
    placed.tell_provider(&path, "amount_to_capture=5000").await;
    assert_eq!(placed.hint("evt_1", "payment_intent.succeeded").await.status, 200);
    assert_eq!((placed.status().await, placed.kept().await), ("PROCESSING".to_owned(), 5000));
    let client = placed.shop.database.client().await.unwrap();
    let told = client.query_one("select payload from outbox where event = 'PaymentSucceeded'", &[]).await.unwrap();
    let told: Value = told.get(0);
    assert_eq!((told["amount"].to_string(), &told["currency"]), ("50.00".to_owned(), &json!("USD")));
    let too_much = placed.refund("k1", Some("50.01")).await;
    assert_eq!(
        (too_much.code(), too_much.json()["refundable"].to_string()),
        ("REFUND_TOO_LARGE".to_owned(), "50.00".to_owned())
    );
    assert_eq!(placed.refund("k2", None).await.text("/status"), "SUCCEEDED");
    assert_eq!(
        (placed.sent_back(), placed.kept().await, placed.status().await),
        (vec![5000], 0, "REFUNDED".to_owned())
    );
    placed.assert_events_are_right().await;
}
