//! What must hold once all is quiet, whatever met or died.

use std::collections::BTreeMap;

use commerce_aws::{
    AttributeValue,
    dynamodb::{GetItem, item, text},
};
use commerce_domain::{OrderId, VariantId};
use origin_core::inventory::ReadStock as _;
use origin_dynamo::INVENTORY_TABLE;
use tokio_postgres::Row;

use crate::{
    lab::{Failure, Lab},
    money,
};

/// Each finds something only where something is broken.
const NOTHING: [(&str, &str); 7] = [
    ("an order that has not ended", "select id::text from orders where status = 'PENDING'"),
    ("a checkout that has not ended", "select id::text from checkouts where state = 'OPEN'"),
    (
        "a cart version that is in force twice",
        "select cart_id::text from checkouts where state in ('OPEN', 'PLACED') group by cart_id, cart_version
            having count(*) > 1",
    ),
    (
        "a product that shows another stock than its variants",
        "select p.id::text from products p join variants v on v.product_id = p.id group by p.id, p.stock
            having p.stock <> sum(v.stock)",
    ),
    ("an event that is not published", "select id::text from outbox where published_at is null"),
    (
        "a gap between events",
        "select aggregate_id from outbox group by aggregate_id having max(sequence) <> count(*)",
    ),
    (
        "something that was told twice",
        "select aggregate_id from outbox where event in ('OrderCreated', 'PaymentSucceeded', 'OrderCancelled', 'OrderFailed')
            group by aggregate_id, event having count(*) > 1",
    ),
];
const VARIANTS: &str = "select v.id, v.stock, coalesce(sum(l.quantity), 0)::bigint
    from variants v left join stock_ledger l on l.variant_id = v.id group by v.id";
const CHECKOUTS: &str = "select c.order_id, o.status from checkouts c left join orders o on o.id = c.order_id";

/// What is broken, in words; nothing where all is well.
///
/// # Errors
/// [`Failure`], where a store cannot be read.
pub async fn broken(lab: &Lab) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for (what, sql) in NOTHING {
        for row in rows(lab, sql).await? {
            broken.push(format!("{what}: {}", row.get::<_, String>(0)));
        }
    }
    let held = holds(lab, &mut broken).await?;
    stock(lab, &held, &mut broken).await?;
    money::check(lab, &mut broken).await?;
    Ok(broken)
}

/// Pieces that are set aside, by variant. Who has paid has the goods, and nobody else holds any.
async fn holds(lab: &Lab, broken: &mut Vec<String>) -> Result<BTreeMap<String, i64>, Failure> {
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows(lab, CHECKOUTS).await? {
        let order = OrderId::from_uuid(row.get(0)).map_err(Failure::of)?;
        let status: Option<String> = row.get(1);
        let key = item([("pk", text(format!("reservation#{order}")))]);
        let get = GetItem { table_name: INVENTORY_TABLE.to_owned(), key, consistent_read: true, ..GetItem::default() };
        let found = lab.dynamo.get_item(&get).await.map_err(Failure::of)?.unwrap_or_default();
        let state = match found.get("state") {
            Some(AttributeValue::S(state)) => state.as_str(),
            _ => "",
        };
        if matches!(state, "HELD" | "COMMITTING")
            && let Some(AttributeValue::M(lines)) = found.get("lines")
        {
            for (variant, pieces) in lines {
                let AttributeValue::N(pieces) = pieces else { continue };
                *held.entry(variant.clone()).or_default() += pieces.parse::<i64>().map_err(Failure::of)?;
            }
        }
        let right = match status.as_deref() {
            Some("PROCESSING") => state == "CONSUMED",
            // Its money went back, and its goods have left.
            Some("REFUNDED") => true,
            _ => matches!(state, "" | "RELEASED" | "RETURNED"),
        };
        if !right {
            broken.push(format!("{order} is {status:?}, and its hold is {state:?}"));
        }
    }
    Ok(held)
}

/// Counters, holds and the ledger agree, and nothing is sold that is not there.
async fn stock(lab: &Lab, held: &BTreeMap<String, i64>, broken: &mut Vec<String>) -> Result<(), Failure> {
    for row in rows(lab, VARIANTS).await? {
        let variant = VariantId::from_uuid(row.get(0)).map_err(Failure::of)?;
        let (shown, ledger): (i64, i64) = (row.get(1), row.get(2));
        let levels = lab.stock.read_stock(&[variant]).await.map_err(Failure::of)?;
        for level in levels {
            let reserved = held.get(&variant.to_string()).copied().unwrap_or_default();
            if level.reserved != reserved || level.sellable < 0 || level.sellable != level.available() {
                broken.push(format!("{variant}: {reserved} are held, and {level:?}"));
            }
            if level.on_hand != ledger || shown != ledger {
                broken.push(format!("{variant}: {shown} shown, {ledger} by the ledger, and {level:?}"));
            }
        }
    }
    Ok(())
}

pub(crate) async fn rows(lab: &Lab, sql: &str) -> Result<Vec<Row>, Failure> {
    let client = lab.database.client().await.map_err(Failure::of)?;
    client.query(sql, &[]).await.map_err(Failure::of)
}

#[cfg(test)]
mod tests;
