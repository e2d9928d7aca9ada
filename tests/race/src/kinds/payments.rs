//! Races of payments with what else happens to their orders.

use jiff::SignedDuration;
use origin_core::hooks::HookPoint;
use origin_http::sweep;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Outcome, judged, placed};
use crate::{client::Answer, lab::Failure, race::Track};

pub(super) async fn webhook_and_return(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
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

pub(super) async fn two_refunds(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
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

/// Its hold ends before it is put beyond the reach of time, and nobody is charged; or after that, and it is paid.
pub(super) async fn expiry_and_payment(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    // Who tries to pay is given time, but not for ever: half an hour after the order was made its hold ends.
    for minutes in [9, 9, 9] {
        track.clock.advance(SignedDuration::from_mins(minutes));
        track.pay_by(ada, &order, "pm_card_chargeDeclined").await?;
    }
    track.clock.advance(SignedDuration::from_secs(179));
    let committed = number % 4 >= 2;
    let point = if committed { HookPoint::AfterCommitting } else { HookPoint::BeforeCommitting };
    let window = track.meeting.open(&[point, HookPoint::BeforeClosing], number);
    let swept = async {
        window.entered().await;
        track.clock.advance(SignedDuration::from_secs(2));
        sweep(&track.backend).await.map_err(Failure::of)
    };
    let (paid, _) = tokio::try_join!(track.pay(ada, &order), swept)?;
    let right = if committed {
        paid.text("status") == "succeeded"
    } else {
        matches!(paid.code(), "RESERVATION_EXPIRED" | "ORDER_NOT_PAYABLE" | "ORDER_CLOSING")
    };
    Ok(judged(window.met(), &[(right, &(committed, &paid))]))
}

pub(super) async fn cancel_and_payment(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCommitting, HookPoint::BeforeClosing], number);
    let (paid, off) = tokio::try_join!(track.pay(ada, &order), track.call_off(ada, &order))?;
    let known = |answer: &Answer| answer.status < 500 || answer.status == 503;
    Ok(judged(window.met(), &[(known(&paid) && known(&off), &(&paid, &off))]))
}

pub(super) async fn cancel_and_capture(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let order = placed(track, ada).await?;
    let paid = track.pay(ada, &order).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCapture, HookPoint::BeforeCallOff], number);
    let payment = paid.text("paymentId");
    let (captured, off) = tokio::try_join!(track.capture(&payment), track.call_off(ada, &order))?;
    // Captured or not, the order ends called off, with the money where it came from.
    let right = matches!(captured.status, 200 | 409) && off.text("status") == "CANCELLED";
    Ok(judged(window.met(), &[(right, &(&captured, &off))]))
}

pub(super) async fn two_lines_paid(track: &Track, number: u32, ada: &str, bob: &str) -> Result<Outcome, Failure> {
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
