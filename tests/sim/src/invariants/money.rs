//! The provider's book, the ledger, and the orders: the same story.

use std::collections::BTreeMap;

use commerce_domain::{PaymentId, state::OrderStatus};
use rust_decimal::Decimal;

use super::{Found, rows};
use crate::{
    lab::{Lab, LabError},
    provider::Disputed,
    shop::Shop,
};

const LEDGER: &str = "select coalesce(sum(amount), 0), count(*) from ledger_entries where order_id = $1";

pub(super) async fn check(lab: &Lab, shop: &Shop, found: &Found) -> Result<(), LabError> {
    let id = found.order_id;
    let (mut charges, mut taken, mut intents) = (0_u32, Decimal::ZERO, BTreeMap::<PaymentId, u32>::new());
    let mut sent_back = Decimal::ZERO;
    for intent in shop.provider.book().intents.values().filter(|intent| intent.order == id) {
        *intents.entry(intent.payment).or_default() += 1;
        charges += intent.charges;
        taken += intent.amount.amount() * Decimal::from(intent.charges);
        sent_back += intent.refunds.values().map(|refund| refund.amount()).sum::<Decimal>();
    }
    if charges > 1 {
        shop.violated(format!("{id} was charged {charges} times"));
    }
    if intents.values().any(|count| *count > 1) {
        shop.violated(format!("{id} has several intents of one payment: {intents:?}"));
    }
    let disputes =
        shop.provider.book().disputes.values().filter(|dispute| dispute.order == id).cloned().collect::<Vec<_>>();
    let withdrawn: Decimal = disputes.iter().map(Disputed::withdrawn).sum();
    let ended = disputes.iter().filter(|dispute| dispute.outcome.is_some()).count();
    if (found.count("DisputeOpened"), found.count("DisputeClosed")) != (disputes.len(), ended) {
        shop.violated(format!("{id}: the provider knows of {disputes:?}, and its events are {:?}", found.events));
    }
    let ledger = rows(lab, LEDGER, &[&id.as_uuid()]).await?;
    let kept: Decimal = ledger.first().map(|row| row.get(0)).unwrap_or_default();
    if kept != taken - sent_back - withdrawn {
        shop.violated(format!(
            "{id}: the provider took {taken}, sent {sent_back} back and gave {withdrawn} to the bank, the ledger says {kept}"
        ));
    }
    let paid = found.order == Some(OrderStatus::Processing);
    if paid && (charges == 0 || sent_back >= taken) {
        shop.violated(format!("{id} is paid: {taken} was taken, and {sent_back} went back"));
    }
    if !paid && taken != sent_back + withdrawn {
        let back = format!("{sent_back} went back, and the bank has {withdrawn}");
        shop.violated(format!("{id} is {:?}, {taken} was taken, {back}", found.order));
    }
    Ok(())
}
