//! The PayPal client against a fake that speaks PayPal's wire format, with its faults switched on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use commerce_domain::{Currency, Money, OrderId, PaymentId, RefundId, state::RefundState};
use jiff::{SignedDuration, Timestamp};
use origin_core::{
    payments::{CallOff, Confirmation, GatewayError, Intent, IntentStatus, NewIntent, PaymentGateway, Provider},
    refunds::{Refund, RefundGateway, RefundReason, RefundVerdict},
};
use origin_gateways::{
    CaptureMethod, Gateways, PayPal, PayPalConfig, Secret, Stripe, StripeConfig, SystemClock, SystemEntropy,
};
use test_support::{FakePayPal, ManualClock, PayPalFaults, PayPalOperation, PayPalSettings};

struct Bench {
    fake: FakePayPal,
    gateways: Gateways<ManualClock>,
    clock: ManualClock,
    payment_id: PaymentId,
}

impl Bench {
    async fn start() -> Self {
        Self::with_secret("paypal_secret_local").await
    }

    async fn with_secret(secret: &str) -> Self {
        let clock = ManualClock::new("2024-01-21T11:00:00Z".parse::<Timestamp>().unwrap());
        let settings = PayPalSettings { clock: clock.shared(), ..PayPalSettings::default() };
        let client_id = settings.client_id.clone();
        let fake = FakePayPal::start(settings).await.unwrap();
        let config = PayPalConfig {
            base_url: fake.url().to_owned(),
            client_id,
            client_secret: Secret::new(secret),
            return_url: "https://shop.example/paid".to_owned(),
            cancel_url: "https://shop.example/cart".to_owned(),
            webhook_id: None,
        };
        let paypal = PayPal::new(config, clock.clone()).unwrap();
        let gateways = Gateways { stripe: stripe(), paypal: Some(paypal) };
        Self { fake, gateways, clock, payment_id: PaymentId::generate(&SystemClock, &SystemEntropy) }
    }

    fn new_intent(&self) -> NewIntent {
        NewIntent {
            provider: Provider::PayPal,
            payment_id: self.payment_id,
            order_id: OrderId::generate(&SystemClock, &SystemEntropy),
            amount: Money::from_minor(21_598, Currency::USD).unwrap(),
        }
    }

    async fn created(&self) -> Intent {
        self.gateways.create_intent(&self.new_intent()).await.unwrap()
    }

    async fn approved(&self) -> Intent {
        let intent = self.created().await;
        assert!(self.fake.approve(&intent.id));
        intent
    }

    async fn confirm(&self, intent: &Intent) -> Result<Intent, GatewayError> {
        let confirmation = Confirmation {
            provider: Provider::PayPal,
            intent_id: intent.id.clone(),
            payment_id: self.payment_id,
            attempt: 1,
            payment_method_id: "paypal".to_owned(),
        };
        self.gateways.confirm(&confirmation).await
    }

    async fn status(&self, intent: &Intent) -> IntentStatus {
        self.gateways.read_intent(Provider::PayPal, &intent.id).await.unwrap().status
    }

    async fn call_off(&self, intent: &Intent) -> IntentStatus {
        let call = CallOff { provider: Provider::PayPal, intent_id: &intent.id, payment_id: self.payment_id };
        self.gateways.cancel_intent(call).await.unwrap().status
    }

    fn refund(&self, intent: &Intent, cents: i64) -> Refund {
        Refund {
            id: RefundId::generate(&SystemClock, &SystemEntropy),
            payment_id: self.payment_id,
            order_id: OrderId::generate(&SystemClock, &SystemEntropy),
            amount: Money::from_minor(cents, Currency::USD).unwrap(),
            reason: RefundReason::RequestedByCustomer,
            state: RefundState::Pending,
            failure: None,
            provider: Provider::PayPal,
            intent_id: Some(intent.id.clone()),
            provider_id: None,
            created_at: Timestamp::UNIX_EPOCH,
            fresh: true,
        }
    }
}

/// A Stripe that nobody asks here.
fn stripe() -> Stripe {
    let (base_url, return_url) = ("http://127.0.0.1:9".to_owned(), "https://shop.example".to_owned());
    let (secret_key, capture) = (Secret::new("sk"), CaptureMethod::Automatic);
    Stripe::new(StripeConfig { base_url, secret_key, return_url, capture, webhook_secrets: vec![] }).unwrap()
}

fn hits(operation: PayPalOperation, faults: &PayPalFaults) -> PayPalFaults {
    PayPalFaults { only: vec![operation], ..faults.clone() }
}

#[tokio::test]
async fn an_order_asks_the_customer_first_and_charges_on_our_word() {
    let bench = Bench::start().await;
    let intent = bench.created().await;
    assert_eq!(intent.status, IntentStatus::RequiresAction);
    assert!(intent.redirect_url.as_ref().unwrap().reveal().ends_with(&format!("/checkoutnow?token={}", intent.id)));
    let early = bench.confirm(&intent).await;
    assert_eq!(early, Err(GatewayError::Refused("ORDER_NOT_APPROVED".to_owned())));
    assert!(bench.fake.approve(&intent.id));
    assert_eq!(bench.status(&intent).await, IntentStatus::Approved);
    let paid = bench.confirm(&intent).await.unwrap();
    assert_eq!((paid.status, paid.redirect_url), (IntentStatus::Succeeded, None));
    assert_eq!(bench.confirm(&intent).await.unwrap().status, IntentStatus::Succeeded, "under its key it acts once");
    let unit = bench.fake.state()["orders"][0]["purchase_units"][0].clone();
    assert_eq!(
        (&unit["custom_id"], &unit["amount"]["value"]),
        (&bench.payment_id.to_string().into(), &"215.98".into())
    );
}

#[tokio::test]
async fn a_repeated_creation_makes_one_order() {
    let bench = Bench::start().await;
    let wanted = bench.new_intent();
    bench.fake.set_faults(PayPalFaults { lose_reply: 1, ..PayPalFaults::default() });
    assert!(matches!(bench.gateways.create_intent(&wanted).await, Err(GatewayError::Unknown(_))));
    let first = bench.gateways.create_intent(&wanted).await.unwrap();
    assert_eq!(bench.gateways.create_intent(&wanted).await.unwrap().id, first.id);
    assert_eq!(bench.fake.state()["orders"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn faults_leave_the_outcome_open_and_the_order_tells_the_truth() {
    for (faults, expected) in [
        (PayPalFaults { lose_reply: 1, ..PayPalFaults::default() }, IntentStatus::Succeeded),
        (PayPalFaults { fail_after_effect: 1, ..PayPalFaults::default() }, IntentStatus::Succeeded),
        (PayPalFaults { fail: 1, ..PayPalFaults::default() }, IntentStatus::Approved),
        (PayPalFaults { rate_limit: 1, ..PayPalFaults::default() }, IntentStatus::Approved),
    ] {
        let bench = Bench::start().await;
        let intent = bench.approved().await;
        bench.fake.set_faults(hits(PayPalOperation::Capture, &faults));
        let answer = bench.confirm(&intent).await;
        assert!(matches!(answer, Err(GatewayError::Unknown(_))), "{faults:?} {answer:?}");
        assert_eq!(bench.status(&intent).await, expected, "{faults:?}");
    }
}

#[tokio::test]
async fn what_paypal_declines_is_a_decline_and_what_it_looks_into_is_not() {
    for (faults, code) in [
        (PayPalFaults { decline: 1, ..PayPalFaults::default() }, "instrument_declined"),
        (PayPalFaults { decline_capture: 1, ..PayPalFaults::default() }, "capture_declined"),
    ] {
        let bench = Bench::start().await;
        let intent = bench.approved().await;
        bench.fake.set_faults(faults);
        let answer = bench.confirm(&intent).await;
        assert!(matches!(&answer, Err(GatewayError::Declined(decline)) if decline.code == code), "{answer:?}");
    }
    let bench = Bench::start().await;
    let intent = bench.approved().await;
    bench.fake.set_faults(PayPalFaults { pend: 1, ..PayPalFaults::default() });
    assert_eq!(bench.confirm(&intent).await.unwrap().status, IntentStatus::Processing);
    assert_eq!(bench.call_off(&intent).await, IntentStatus::Processing, "it may be paid yet");
}

#[tokio::test]
async fn what_was_not_charged_is_called_off_by_not_charging() {
    let bench = Bench::start().await;
    let intent = bench.created().await;
    assert_eq!(bench.call_off(&intent).await, IntentStatus::Canceled);
    assert!(bench.fake.approve(&intent.id));
    assert_eq!(bench.call_off(&intent).await, IntentStatus::Canceled);
    bench.confirm(&intent).await.unwrap();
    assert_eq!(bench.call_off(&intent).await, IntentStatus::Succeeded);
    let gone = bench.gateways.read_intent(Provider::PayPal, "5O-GONE").await.unwrap();
    assert_eq!(gone.status, IntentStatus::Canceled, "PayPal forgets what nobody agreed to");
}

#[tokio::test]
async fn parts_go_back_once_and_are_found_again() {
    let bench = Bench::start().await;
    let intent = bench.approved().await;
    bench.confirm(&intent).await.unwrap();
    let part = bench.refund(&intent, 598);
    assert_eq!(bench.gateways.find_refund(&part).await, Ok(None));
    bench.fake.set_faults(hits(PayPalOperation::Refund, &PayPalFaults { lose_reply: 1, ..PayPalFaults::default() }));
    assert!(matches!(bench.gateways.create_refund(&part).await, Err(GatewayError::Unknown(_))));
    let found = bench.gateways.find_refund(&part).await.unwrap().unwrap();
    assert_eq!(found.verdict, Some(RefundVerdict::Succeeded));
    assert_eq!(bench.gateways.create_refund(&part).await.unwrap().id, found.id);
    let known = Refund { provider_id: Some(found.id.clone()), ..part };
    assert_eq!(bench.gateways.find_refund(&known).await.unwrap().unwrap().id, found.id);
    let too_much = bench.gateways.create_refund(&bench.refund(&intent, 21_001)).await;
    assert!(
        matches!(&too_much, Err(GatewayError::Declined(decline)) if decline.code == "refund_amount_exceeded"),
        "{too_much:?}"
    );
    assert!(bench.gateways.create_refund(&bench.refund(&intent, 21_000)).await.is_ok());
}

#[tokio::test]
async fn a_token_is_kept_until_it_ends_and_replaced_where_it_is_refused() {
    let bench = Bench::start().await;
    let intent = bench.created().await;
    bench.fake.revoke_tokens();
    assert_eq!(bench.status(&intent).await, IntentStatus::RequiresAction, "refused, and asked anew");
    bench.clock.advance(SignedDuration::from_hours(10));
    assert_eq!(bench.status(&intent).await, IntentStatus::RequiresAction, "over, and asked anew");
    let wrong = Bench::with_secret("another").await;
    let refused = wrong.gateways.create_intent(&wrong.new_intent()).await;
    assert_eq!(refused, Err(GatewayError::Refused("invalid_client".to_owned())));
}

#[tokio::test]
async fn a_shop_without_paypal_asks_nobody() {
    let gateways: Gateways<ManualClock> = Gateways { stripe: stripe(), paypal: None };
    assert!(gateways.knows(Provider::Stripe) && !gateways.knows(Provider::PayPal));
    assert!(matches!(gateways.read_intent(Provider::PayPal, "5O1").await, Err(GatewayError::Refused(_))));
}
