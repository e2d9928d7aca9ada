//! What races with what.

use std::fmt;

use commerce_domain::{ProductId, VariantId};
use origin_core::hooks::HookPoint;
use origin_gateways::CaptureMethod;
use origin_http::sweep;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    client::Answer,
    goods::Product,
    lab::Failure,
    race::{HOLDS, Track},
};

/// A kind of race.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two shoppers order the last piece.
    SoldOut,
    /// One request, sent twice under its key.
    SameKey,
    /// One cart, ordered under two keys.
    TwoKeys,
    /// A webhook and the answer to the request that it tells of.
    WebhookAndReturn,
    /// Two parts that are more than the whole go back.
    TwoRefunds,
    /// An order is paid while the sweep ends it.
    ExpiryAndPayment,
    /// An order is paid while its customer calls it off.
    CancelAndPayment,
    /// A payment is captured while its order is called off.
    CancelAndCapture,
    /// Two orders of the same two variants of a product are paid.
    TwoLines,
}

/// What one race came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Whether both sides were inside the window together.
    pub(crate) met: bool,
    pub(crate) broken: Vec<String>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SoldOut => "last piece x last piece",
            Self::SameKey => "order x order, same key",
            Self::TwoKeys => "order x order, two keys",
            Self::WebhookAndReturn => "webhook x return",
            Self::TwoRefunds => "refund x refund",
            Self::ExpiryAndPayment => "expiry x pay",
            Self::CancelAndPayment => "cancel x pay",
            Self::CancelAndCapture => "cancel x capture",
            Self::TwoLines => "two lines of one product",
        })
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SoldOut,
        Self::SameKey,
        Self::TwoKeys,
        Self::WebhookAndReturn,
        Self::TwoRefunds,
        Self::ExpiryAndPayment,
        Self::CancelAndPayment,
        Self::CancelAndCapture,
        Self::TwoLines,
    ];

    /// When the money is taken in the shop where it is run.
    pub(crate) fn captured(self) -> CaptureMethod {
        match self {
            Self::CancelAndCapture => CaptureMethod::Manual,
            _ => CaptureMethod::Automatic,
        }
    }

    /// One race, the `number`th on this track.
    pub(crate) async fn race(self, track: &Track, number: u32) -> Result<Outcome, Failure> {
        let names = [format!("ada-{number}"), format!("bob-{number}")];
        let [ada, bob] = [names[0].as_str(), names[1].as_str()];
        match self {
            Self::SoldOut => sold_out(track, number, ada, bob).await,
            Self::SameKey => two_orders(track, number, ada, ["k", "k"]).await,
            Self::TwoKeys => two_orders(track, number, ada, ["k1", "k2"]).await,
            Self::WebhookAndReturn => webhook_and_return(track, number, ada).await,
            Self::TwoRefunds => two_refunds(track, number, ada).await,
            Self::ExpiryAndPayment => expiry_and_payment(track, number, ada).await,
            Self::CancelAndPayment => cancel_and_payment(track, number, ada).await,
            Self::CancelAndCapture => cancel_and_capture(track, number, ada).await,
            Self::TwoLines => two_lines(track, number, ada, bob).await,
        }
    }
}

fn judged(met: bool, expected: &[(bool, &dyn fmt::Debug)]) -> Outcome {
    let broken = expected.iter().filter(|(right, _)| !right).map(|(_, what)| format!("{what:?}")).collect();
    Outcome { met, broken }
}

fn first_of(product: &Product) -> Vec<(ProductId, VariantId)> {
    product.variants.iter().take(1).map(|variant| (product.id, *variant)).collect()
}

/// Somebody's order of one piece of five.
async fn placed(track: &Track, who: &str) -> Result<Answer, Failure> {
    let product = track.lab.product(&track.clock, 1, 5).await?;
    track.lab.fill_cart(&track.clock, who, &first_of(&product)).await?;
    let order = track.order(who, None).await?;
    if order.status == 201 { Ok(order) } else { Err(Failure::of(format!("no order to race for: {order:?}"))) }
}

async fn sold_out(track: &Track, number: u32, ada: &str, bob: &str) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 1, 1).await?;
    for who in [ada, bob] {
        track.lab.fill_cart(&track.clock, who, &first_of(&product)).await?;
    }
    let window = track.meeting.open(&[HookPoint::BeforeHold], number);
    let order = async |who| {
        let mut answer = track.order(who, None).await?;
        // Contention is not sold out.
        while answer.status == 503 {
            answer = track.order(who, None).await?;
        }
        Ok::<_, Failure>(answer)
    };
    let (first, second) = tokio::try_join!(order(ada), order(bob))?;
    let placed = [&first, &second].iter().filter(|answer| answer.status == 201).count();
    let refused = [&first, &second].iter().filter(|answer| answer.code() == "OUT_OF_STOCK").count();
    Ok(judged(window.met(), &[((placed, refused) == (1, 1), &(&first, &second))]))
}

async fn two_orders(track: &Track, number: u32, ada: &str, keys: [&str; 2]) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 1, 5).await?;
    track.lab.fill_cart(&track.clock, ada, &first_of(&product)).await?;
    let window = track.meeting.open(&[HookPoint::BeforeClaim], number);
    let (first, second) = tokio::try_join!(track.order(ada, Some(keys[0])), track.order(ada, Some(keys[1])))?;
    let placed: Vec<String> =
        [&first, &second].iter().filter(|answer| answer.status == 201).map(|answer| answer.text("orderId")).collect();
    let one = placed.first().is_some_and(|order| placed.iter().all(|other| other == order));
    let told = [&first, &second]
        .iter()
        .all(|answer| answer.status == 201 || matches!(answer.code(), "REQUEST_IN_PROGRESS" | "CART_EMPTY"));
    Ok(judged(window.met(), &[(one && told, &(&first, &second))]))
}

async fn webhook_and_return(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeSettle], number);
    let told = async {
        window.entered().await;
        let intent = intent_of(&track.lab.provider.state(), &order);
        track.webhook(&format!("evt_{}", order.text("orderId")), &intent).await
    };
    let (paid, told) = tokio::try_join!(track.pay(ada, &order), told)?;
    let right = paid.text("status") == "succeeded" && told.status == 200;
    Ok(judged(window.met(), &[(right, &(&paid, &told))]))
}

async fn two_refunds(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let paid = track.pay(ada, &order).await?;
    let payment = paid.text("paymentId");
    // Twice this is more than was paid.
    let total: Decimal = order.body["total"].to_string().parse().map_err(Failure::of)?;
    let amount = (total * Decimal::new(6, 1)).round_dp(2).to_string();
    let amount: Value = serde_json::from_str(&amount).map_err(Failure::of)?;
    let window = track.meeting.open(&[HookPoint::BeforeRefund], number);
    let keys = [format!("r1-{number}"), format!("r2-{number}")];
    let (first, second) =
        tokio::try_join!(track.refund(&payment, &keys[0], &amount), track.refund(&payment, &keys[1], &amount))?;
    let made = [&first, &second].iter().filter(|answer| answer.status == 201).count();
    let refused = [&first, &second].iter().filter(|answer| answer.code() == "REFUND_TOO_LARGE").count();
    Ok(judged(window.met(), &[((made, refused) == (1, 1), &(&first, &second))]))
}

async fn expiry_and_payment(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCommitting, HookPoint::BeforeClosing], number);
    let swept = async {
        window.entered().await;
        track.clock.advance(HOLDS);
        sweep(&track.backend).await.map_err(Failure::of)
    };
    let (paid, _) = tokio::try_join!(track.pay(ada, &order), swept)?;
    let right = paid.text("status") == "succeeded" || paid.status == 202 || (402..=503).contains(&paid.status);
    Ok(judged(window.met(), &[(right, &paid)]))
}

async fn cancel_and_payment(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCommitting, HookPoint::BeforeClosing], number);
    let (paid, off) = tokio::try_join!(track.pay(ada, &order), track.call_off(ada, &order))?;
    let known = |answer: &Answer| answer.status < 500 || answer.status == 503;
    Ok(judged(window.met(), &[(known(&paid) && known(&off), &(&paid, &off))]))
}

async fn cancel_and_capture(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let paid = track.pay(ada, &order).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCapture, HookPoint::BeforeCallOff], number);
    let payment = paid.text("paymentId");
    let (captured, off) = tokio::try_join!(track.capture(&payment), track.call_off(ada, &order))?;
    // Captured or not, the order ends called off, with the money where it came from.
    let right = matches!(captured.status, 200 | 409) && off.text("status") == "CANCELLED";
    Ok(judged(window.met(), &[(right, &(&captured, &off))]))
}

async fn two_lines(track: &Track, number: u32, ada: &str, bob: &str) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 2, 5).await?;
    let lines: Vec<_> = product.variants.iter().map(|variant| (product.id, *variant)).collect();
    let mut orders = Vec::new();
    for who in [ada, bob] {
        track.lab.fill_cart(&track.clock, who, &lines).await?;
        orders.push(track.order(who, None).await?);
    }
    let window = track.meeting.open(&[HookPoint::BeforeSettle], number);
    let (first, second) = tokio::try_join!(track.pay(ada, &orders[0]), track.pay(bob, &orders[1]))?;
    let right = first.text("status") == "succeeded" && second.text("status") == "succeeded";
    Ok(judged(window.met(), &[(right, &(&first, &second))]))
}

/// The intent that the provider has for an order.
fn intent_of(state: &Value, order: &Answer) -> String {
    let intents = state["payment_intents"].as_array().cloned().unwrap_or_default();
    let ours = |intent: &&Value| intent["metadata"]["orderId"] == order.body["orderId"];
    intents.iter().find(ours).and_then(|intent| intent["id"].as_str()).unwrap_or_default().to_owned()
}
