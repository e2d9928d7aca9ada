//! The providers' books and the ledger: the same story.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    invariants::rows,
    lab::{Failure, Lab},
};

const ORDERS: &str = "select p.intent_id, o.status, coalesce(sum(l.amount), 0),
        count(*) filter (where l.kind = 'capture'), o.id::text
    from orders o join payments p on p.order_id = o.id left join ledger_entries l on l.payment_id = p.id
    group by o.id, o.status, p.id, p.intent_id";
const CHARGED_TWICE: &str =
    "select order_id::text from ledger_entries where kind = 'capture' group by order_id having count(*) > 1";

/// What the provider took for an intent and has kept, in cents, and how often it was charged.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    kept: i64,
    charges: u32,
}

pub(crate) async fn check(lab: &Lab, broken: &mut Vec<String>) -> Result<(), Failure> {
    let mut book = taken(&lab.provider.state());
    book.extend(taken_by_paypal(&lab.paypal.state())?);
    let mut kept_of: BTreeMap<String, (String, i64)> = BTreeMap::new();
    for row in rows(lab, ORDERS).await? {
        let (intent, status): (Option<String>, String) = (row.get(0), row.get(1));
        let (ledger, captures): (Decimal, i64) = (row.get(2), row.get(3));
        let intent = intent.unwrap_or_default();
        let Taken { kept, charges } = book.remove(&intent).unwrap_or_default();
        if charges > 1 || captures > 1 {
            broken.push(format!("{intent} was charged {charges} times, and written down {captures} times"));
        }
        if ledger != Decimal::new(kept, 2) {
            broken.push(format!("{intent}: the provider kept {kept} cents, the ledger says {ledger}"));
        }
        kept_of.entry(row.get(4)).or_insert((status, 0)).1 += kept;
    }
    for (order, (status, kept)) in kept_of {
        if (status == "PROCESSING") != (kept > 0) {
            broken.push(format!("order {order} is {status}, and {kept} cents were kept"));
        }
    }
    for row in rows(lab, CHARGED_TWICE).await? {
        broken.push(format!("order {} was charged more than once", row.get::<_, String>(0)));
    }
    for (intent, taken) in book.into_iter().filter(|(_, taken)| taken.charges > 0) {
        broken.push(format!("{intent} belongs to no order: {taken:?}"));
    }
    Ok(())
}

fn taken(state: &Value) -> BTreeMap<String, Taken> {
    let mut book: BTreeMap<String, Taken> = BTreeMap::new();
    let list = |name: &str| state[name].as_array().cloned().unwrap_or_default();
    for charge in list("charges").iter().filter(|charge| charge["status"] == "succeeded") {
        let taken = book.entry(charge["payment_intent"].as_str().unwrap_or_default().to_owned()).or_default();
        taken.charges += 1;
        taken.kept += charge["amount_captured"].as_i64().unwrap_or_default();
    }
    for refund in list("refunds").iter().filter(|refund| refund["status"] != "failed") {
        let taken = book.entry(refund["payment_intent"].as_str().unwrap_or_default().to_owned()).or_default();
        taken.kept -= refund["amount"].as_i64().unwrap_or_default();
    }
    book
}

fn taken_by_paypal(state: &Value) -> Result<BTreeMap<String, Taken>, Failure> {
    let mut book = BTreeMap::new();
    for order in state["orders"].as_array().into_iter().flatten() {
        let list = |name: &str| order["purchase_units"][0]["payments"][name].as_array().cloned().unwrap_or_default();
        let mut taken = Taken::default();
        let paid = |capture: &&Value| !matches!(capture["status"].as_str(), Some("PENDING" | "DECLINED" | "FAILED"));
        for capture in list("captures").iter().filter(paid) {
            taken.charges += 1;
            taken.kept += cents(capture)?;
        }
        for refund in &list("refunds") {
            taken.kept -= cents(refund)?;
        }
        book.insert(order["id"].as_str().unwrap_or_default().to_owned(), taken);
    }
    Ok(book)
}

fn cents(moved: &Value) -> Result<i64, Failure> {
    let value: Decimal = moved["amount"]["value"].as_str().unwrap_or_default().parse().map_err(Failure::of)?;
    i64::try_from((value * Decimal::ONE_HUNDRED).trunc().mantissa()).map_err(Failure::of)
}
