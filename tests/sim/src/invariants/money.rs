//! The provider's book, the ledger, and the orders: the same story.

use std::collections::BTreeMap;

use commerce_domain::{PaymentId, state::OrderStatus};
use rust_decimal::Decimal;

use super::{Found, rows};
use crate::{
    lab::{Lab, LabError},
    shop::Shop,
};

const LEDGER: &str = "select coalesce(sum(amount), 0), count(*) from ledger_entries where order_id = $1";

pub(super) async fn check(lab: &Lab, shop: &Shop, found: &Found) -> Result<(), LabError> {
    let id = found.order_id;
    let (mut charges, mut taken, mut intents) = (0_u32, Decimal::ZERO, BTreeMap::<PaymentId, u32>::new());
    for intent in shop.provider.book().intents.values().filter(|intent| intent.order == id) {
        *intents.entry(intent.payment).or_default() += 1;
        charges += intent.charges;
        taken += intent.amount.amount() * Decimal::from(intent.charges);
    }
    if charges > 1 {
        shop.violated(format!("{id} was charged {charges} times"));
    }
    if intents.values().any(|count| *count > 1) {
        shop.violated(format!("{id} has several intents of one payment: {intents:?}"));
    }
    let ledger = rows(lab, LEDGER, &[&id.as_uuid()]).await?;
    let captured: Decimal = ledger.first().map(|row| row.get(0)).unwrap_or_default();
    if captured != taken {
        shop.violated(format!("{id}: the provider took {taken}, the ledger says {captured}"));
    }
    let paid = found.order == Some(OrderStatus::Processing);
    let stranded = u32::try_from(found.count("PaymentStranded")).unwrap_or_default();
    if paid && charges == 0 {
        shop.violated(format!("{id} is paid by nobody"));
    }
    if !paid && stranded != charges {
        shop.violated(format!("{id} is {:?}, was charged {charges} times, and {stranded} are told of", found.order));
    }
    Ok(())
}
