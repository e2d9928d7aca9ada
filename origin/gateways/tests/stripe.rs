//! The Stripe client against a provider that speaks Stripe's wire format, with its faults switched on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use commerce_domain::{Clock as _, Currency, Money, OrderId, PaymentId};
use origin_core::payments::{
    CallOff, Capture, Confirmation, GatewayError, Intent, IntentStatus, NewIntent, PaymentGateway, Provider,
};
use origin_gateways::{CaptureMethod, Secret, Stripe, StripeConfig, SystemClock, SystemEntropy};
use test_support::{Faults, PaymentProvider, PaymentsConfig};

struct Bench {
    provider: PaymentProvider,
    stripe: Stripe,
    payment_id: PaymentId,
}

impl Bench {
    async fn start() -> Self {
        Self::capturing(CaptureMethod::Automatic).await
    }

    async fn capturing(capture: CaptureMethod) -> Self {
        let config = PaymentsConfig::default();
        let secret_key = Secret::new(config.api_key.clone());
        let provider = PaymentProvider::start(config).await.unwrap();
        let base_url = provider.url().to_owned();
        let return_url = "https://shop.example/paid".to_owned();
        let config = StripeConfig { base_url, secret_key, return_url, capture, webhook_secrets: vec![] };
        let stripe = Stripe::new(config).unwrap();
        Self { provider, stripe, payment_id: PaymentId::generate(&SystemClock, &SystemEntropy) }
    }

    fn new_intent(&self) -> NewIntent {
        NewIntent {
            provider: Provider::Stripe,
            payment_id: self.payment_id,
            order_id: OrderId::generate(&SystemClock, &SystemEntropy),
            amount: Money::from_minor(21_598, Currency::USD).unwrap(),
        }
    }

    async fn confirm(&self, intent: &Intent, attempt: u32, method: &str) -> Result<Intent, GatewayError> {
        let confirmation = Confirmation {
            provider: Provider::Stripe,
            intent_id: intent.id.clone(),
            payment_id: self.payment_id,
            attempt,
            payment_method_id: method.to_owned(),
        };
        self.stripe.confirm(&confirmation).await
    }

    fn charges(&self) -> usize {
        self.provider.state()["charges"]
            .as_array()
            .map_or(0, |charges| charges.iter().filter(|charge| charge["status"] == "succeeded").count())
    }
}

#[tokio::test]
async fn a_payment_succeeds_and_has_a_receipt() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    assert_eq!(intent.status, IntentStatus::RequiresPaymentMethod);
    let paid = bench.confirm(&intent, 1, "pm_card_visa").await.unwrap();
    assert_eq!(paid.status, IntentStatus::Succeeded);
    assert!(paid.receipt_url.is_some());
    assert_eq!(bench.charges(), 1);
}

#[tokio::test]
async fn a_decline_leaves_the_intent_usable_for_the_next_attempt() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    let declined = bench.confirm(&intent, 1, "pm_card_chargeDeclinedInsufficientFunds").await;
    assert!(matches!(declined, Err(GatewayError::Declined(decline)) if decline.code == "insufficient_funds"));
    assert_eq!(bench.confirm(&intent, 2, "pm_card_visa").await.unwrap().status, IntentStatus::Succeeded);
}

#[tokio::test]
async fn three_d_secure_tells_where_to_go() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    let waiting = bench.confirm(&intent, 1, "pm_card_authenticationRequired").await.unwrap();
    assert_eq!(waiting.status, IntentStatus::RequiresAction);
    assert!(waiting.redirect_url.is_some() && waiting.client_secret.is_some());
}

#[tokio::test]
async fn a_lost_reply_is_unknown_and_the_intent_tells_the_truth() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    bench.provider.set_faults(Faults { lose_reply: 1, ..Faults::default() });
    let lost = bench.confirm(&intent, 1, "pm_card_visa").await;
    assert!(matches!(lost, Err(GatewayError::Unknown(_))), "{lost:?}");
    assert_eq!(bench.stripe.read_intent(Provider::Stripe, &intent.id).await.unwrap().status, IntentStatus::Succeeded);
    assert_eq!(bench.charges(), 1);
}

#[tokio::test]
async fn a_repeated_creation_makes_one_intent() {
    let bench = Bench::start().await;
    let wanted = bench.new_intent();
    bench.provider.set_faults(Faults { lose_reply: 1, ..Faults::default() });
    assert!(matches!(bench.stripe.create_intent(&wanted).await, Err(GatewayError::Unknown(_))));
    let first = bench.stripe.create_intent(&wanted).await.unwrap();
    assert_eq!(bench.stripe.create_intent(&wanted).await.unwrap().id, first.id);
}

#[tokio::test]
async fn faults_of_the_provider_leave_the_outcome_open() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    for (attempt, faults) in
        [(1, Faults { key_in_use: 1, ..Faults::default() }), (2, Faults { rate_limit: 1, ..Faults::default() })]
    {
        bench.provider.set_faults(faults);
        let answer = bench.confirm(&intent, attempt, "pm_card_visa").await;
        assert!(matches!(answer, Err(GatewayError::Unknown(_))), "{answer:?}");
    }
    bench.provider.set_faults(Faults { stored_500_after_effect: 1, ..Faults::default() });
    for repetition in 0..2 {
        let answer = bench.confirm(&intent, 3, "pm_card_visa").await;
        assert!(matches!(answer, Err(GatewayError::Failed(_))), "repetition {repetition}: {answer:?}");
    }
    assert_eq!(
        bench.stripe.read_intent(Provider::Stripe, &intent.id).await.unwrap().status,
        IntentStatus::Succeeded,
        "only reading tells"
    );
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_the_end() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let endless = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
        while stream.write_all(chunk.as_bytes()).await.is_ok() {
            count.fetch_add(chunk.len(), Ordering::Relaxed);
        }
    });
    let config = StripeConfig {
        base_url,
        secret_key: Secret::new("sk_test_1"),
        return_url: "https://shop.example".to_owned(),
        capture: CaptureMethod::Automatic,
        webhook_secrets: vec![],
    };
    let answer = Stripe::new(config).unwrap().read_intent(Provider::Stripe, "pi_1").await;
    assert!(matches!(answer, Err(GatewayError::Unknown(ref cause)) if cause.contains("too large")), "{answer:?}");
    endless.await.unwrap();
    // What lies in the sockets' buffers was sent as well.
    assert!(sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);
}

#[tokio::test]
async fn an_unknown_payment_method_is_told_apart() {
    let bench = Bench::start().await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    let answer = bench.confirm(&intent, 1, "not_a_method").await;
    assert!(matches!(answer, Err(GatewayError::NoSuchMethod)), "{answer:?}");
}

#[tokio::test]
async fn money_is_set_aside_and_taken_once_or_let_go() {
    let bench = Bench::capturing(CaptureMethod::Manual).await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    let aside = bench.confirm(&intent, 1, "pm_card_visa").await.unwrap();
    assert_eq!(aside.status, IntentStatus::RequiresCapture);
    let day = jiff::SignedDuration::from_hours(24);
    let kept = aside.capture_before.unwrap().duration_since(SystemClock.now());
    assert!(day * 6 < kept && kept <= day * 7, "{kept:?}");
    let capture = Capture { provider: Provider::Stripe, intent_id: &intent.id, payment_id: bench.payment_id };
    bench.provider.set_faults(Faults { lose_reply: 1, ..Faults::default() });
    assert!(matches!(bench.stripe.capture_intent(capture).await, Err(GatewayError::Unknown(_))));
    assert_eq!(bench.stripe.read_intent(Provider::Stripe, &intent.id).await.unwrap().status, IntentStatus::Succeeded);
    assert_eq!(bench.stripe.capture_intent(capture).await.unwrap().status, IntentStatus::Succeeded, "under its key");
    let call_off = CallOff { provider: Provider::Stripe, intent_id: &intent.id, payment_id: bench.payment_id };
    assert!(matches!(bench.stripe.cancel_intent(call_off).await, Err(GatewayError::Refused(_))));

    let bench = Bench::capturing(CaptureMethod::Manual).await;
    let intent = bench.stripe.create_intent(&bench.new_intent()).await.unwrap();
    bench.confirm(&intent, 1, "pm_card_visa").await.unwrap();
    let call_off = CallOff { provider: Provider::Stripe, intent_id: &intent.id, payment_id: bench.payment_id };
    assert_eq!(bench.stripe.cancel_intent(call_off).await.unwrap().status, IntentStatus::Canceled);
    let capture = Capture { provider: Provider::Stripe, intent_id: &intent.id, payment_id: bench.payment_id };
    assert!(matches!(bench.stripe.capture_intent(capture).await, Err(GatewayError::Refused(_))));
}
