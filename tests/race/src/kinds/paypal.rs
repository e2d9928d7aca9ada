//! Races of who pays at PayPal.

use origin_core::{hooks::HookPoint, payments::Provider};
use serde_json::Value;

use super::{Outcome, judged, placed};
use crate::{
    client::Answer,
    lab::Failure,
    race::{CARD, Track},
};

/// Somebody's order, and PayPal's, to which they have agreed there.
async fn approved_at_paypal(track: &Track, who: &str) -> Result<(Answer, String), Failure> {
    let order = placed(track, who).await?;
    let asked = track.pay_by(who, &order, Provider::PAYPAL_METHOD).await?;
    let state = track.lab.paypal.state();
    let ours = |found: &&Value| found["purchase_units"][0]["reference_id"] == order.body["orderId"];
    let found = state["orders"].as_array().into_iter().flatten().find(ours).and_then(|found| found["id"].as_str());
    match found {
        Some(id) if track.lab.paypal.approve(id) => Ok((order, id.to_owned())),
        _ => Err(Failure::of(format!("PayPal was not asked: {asked:?}"))),
    }
}

pub(super) async fn approval_and_return(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let (order, at_paypal) = approved_at_paypal(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeCharge], number);
    let event = format!("WH-{at_paypal}");
    let (paid, told) =
        tokio::try_join!(track.pay_by(ada, &order, Provider::PAYPAL_METHOD), track.approval(&event, &at_paypal))?;
    // Whoever comes second finds the first one at it, or done.
    let found = paid.text("status") == "succeeded"
        || paid.status == 202
        || matches!(paid.code(), "PAYMENT_IN_PROGRESS" | "ORDER_ALREADY_PAID");
    Ok(judged(window.met(), &[(found && told.status == 200, &(&paid, &told))]))
}

pub(super) async fn card_and_paypal(track: &Track, number: u32, ada: &str) -> Result<Outcome, Failure> {
    let (order, _) = approved_at_paypal(track, ada).await?;
    let window = track.meeting.open(&[HookPoint::BeforeAttempt], number);
    let (card, paypal) =
        tokio::try_join!(track.pay_by(ada, &order, CARD), track.pay_by(ada, &order, Provider::PAYPAL_METHOD))?;
    let known = |answer: &Answer| answer.status < 500 || answer.status == 503;
    Ok(judged(window.met(), &[(known(&card) && known(&paypal), &(&card, &paypal))]))
}
