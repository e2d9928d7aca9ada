//! The providers' books, the ledger, and the orders: the same story.

use commerce_domain::state::OrderStatus;
use origin_core::payments::Provider as Which;
use rust_decimal::Decimal;

use super::{Found, rows};
use crate::{
    lab::{Lab, LabError},
    provider::{Booked, Disputed},
    shop::Shop,
};

const LEDGER: &str = "select coalesce(sum(amount), 0), count(*) from ledger_entries where order_id = $1";

/// What was taken for an order, and where it went.
struct Moved {
    taken: Decimal,
    sent_back: Decimal,
    withdrawn: Decimal,
}

pub(super) async fn check(lab: &Lab, shop: &Shop, found: &Found) -> Result<(), LabError> {
    let id = found.order_id;
    let (intents, disputes) = of(shop, found);
    check_charges(shop, found, &intents);
    let ended = disputes.iter().filter(|dispute| dispute.outcome.is_some()).count();
    if (found.count("DisputeOpened"), found.count("DisputeClosed")) != (disputes.len(), ended) {
        shop.violated(format!("{id}: the provider knows of {disputes:?}, and its events are {:?}", found.events));
    }
    let Moved { taken, sent_back, withdrawn } = Moved::of(&intents, &disputes);
    let kept = taken - sent_back - withdrawn;
    let ledger = rows(lab, LEDGER, &[&id.as_uuid()]).await?;
    let written: Decimal = ledger.first().map(|row| row.get(0)).unwrap_or_default();
    if written != kept {
        shop.violated(format!(
            "{id}: the provider took {taken}, sent {sent_back} back and gave {withdrawn} to the bank, the ledger says {written}"
        ));
    }
    let most = intents.iter().map(|intent| intent.amount.amount()).max().unwrap_or_default();
    let paid = found.order == Some(OrderStatus::Processing);
    if paid && (taken.is_zero() || sent_back >= taken || kept > most) {
        shop.violated(format!("{id} is paid: {taken} was taken, {sent_back} went back, the bank has {withdrawn}"));
    }
    if !paid && taken != sent_back + withdrawn {
        let back = format!("{sent_back} went back, and the bank has {withdrawn}");
        shop.violated(format!("{id} is {:?}, {taken} was taken, {back}", found.order));
    }
    Ok(())
}

fn of(shop: &Shop, found: &Found) -> (Vec<Booked>, Vec<Disputed>) {
    let book = shop.provider.book();
    let intents = book.intents.values().filter(|intent| intent.order == found.order_id);
    let disputes = book.disputes.values().filter(|dispute| dispute.order == found.order_id);
    (intents.cloned().collect(), disputes.cloned().collect())
}

/// An intent charges once, and one of an order does. But what PayPal was sent cannot be called back: if it arrives after the payment
/// was called off, it is told of, and goes back.
fn check_charges(shop: &Shop, found: &Found, intents: &[Booked]) {
    let id = found.order_id;
    let charged: Vec<&Booked> = intents.iter().filter(|intent| intent.charges > 0).collect();
    if let Some(twice) = charged.iter().find(|intent| intent.charges > 1) {
        shop.violated(format!("{id} was charged {} times by one intent", twice.charges));
    }
    for intent in intents {
        if intents.iter().filter(|other| other.payment == intent.payment).count() > 1 {
            shop.violated(format!("{id} has several intents of {}", intent.payment));
        }
    }
    let paid = found.count("PaymentSucceeded");
    let at_paypal = charged.iter().filter(|intent| intent.at == Which::PayPal).count();
    let stranded = found.count("PaymentStranded");
    if charged.len() != paid + stranded || stranded > at_paypal {
        let events = format!("PaymentSucceeded {paid} times, PaymentStranded {stranded} times");
        shop.violated(format!("{id} was charged by {charged:?}, and its events are {events}"));
    }
}

/// No provider knows of an order that nobody has begun.
pub(super) fn check_strangers(shop: &Shop, found: &[Found]) {
    let book = shop.provider.book();
    let strange = |intent: &&Booked| !found.iter().any(|checkout| checkout.order_id == intent.order);
    let strangers: Vec<Booked> = book.intents.values().filter(strange).cloned().collect();
    drop(book);
    for intent in strangers {
        shop.violated(format!("{intent:?} is of no checkout"));
    }
}

impl Moved {
    fn of(intents: &[Booked], disputes: &[Disputed]) -> Self {
        Self {
            taken: intents.iter().map(|intent| intent.amount.amount() * Decimal::from(intent.charges)).sum(),
            sent_back: intents.iter().flat_map(|intent| &intent.refunds).map(|(_, refund)| refund.amount()).sum(),
            withdrawn: disputes.iter().map(Disputed::withdrawn).sum(),
        }
    }
}
