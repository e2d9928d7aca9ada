//! Invoices and credit notes: one for each thing that they are about, numbered without a gap.

use super::{Found, rows};
use crate::{
    lab::{Lab, LabError},
    shop::Shop,
};

// What came for nothing, and went back, is on no paper.
const PAPERS: &str = "select (select count(*) from invoices where order_id = $1 and kind = 'invoice'),
    (select count(*) from invoices where order_id = $1 and kind = 'credit_note'),
    (select count(*) from refunds r join payments p on p.id = r.payment_id
        where r.order_id = $1 and r.state = 'SUCCEEDED' and p.state <> 'CANCELED')";
const SERIES: &str =
    "select legal_entity || ' ' || year, max(number)::bigint, count(*) from invoices group by legal_entity, year
    having max(number) <> count(*)";

/// The consumer has issued them, however often it was told.
pub(super) async fn check(lab: &Lab, shop: &Shop, found: &Found) -> Result<(), LabError> {
    let paid = i64::from(found.count("PaymentSucceeded") > 0);
    for row in rows(lab, PAPERS, &[&found.order_id.as_uuid()]).await? {
        let (invoices, notes, refunds): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let owed = if paid == 1 { refunds } else { 0 };
        if (invoices, notes) != (paid, owed) {
            let events = &found.events;
            shop.violated(format!(
                "{}: {invoices} invoices, {notes} credit notes of {refunds} refunds, and its events are {events:?}",
                found.order_id
            ));
        }
    }
    Ok(())
}

/// Of all runs in these stores.
pub(super) async fn check_series(lab: &Lab, shop: &Shop) -> Result<(), LabError> {
    for row in rows(lab, SERIES, &[]).await? {
        let (series, last, count): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        shop.violated(format!("series {series} has {count} papers, and the last one is number {last}"));
    }
    Ok(())
}
