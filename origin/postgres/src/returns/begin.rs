//! Writing a return down. The order's row is the lock: what is left of its lines and of its payment is read, and spent, by one at
//! a time.

use std::collections::BTreeMap;

use commerce_api::Amount;
use commerce_domain::{Currency, Money, PaymentId, VariantId, state::OrderStatus};
use deadpool_postgres::Transaction;
use origin_core::{
    refunds::{NewRefund, Refund, RefundReason},
    returns::{
        BeginReturn, LineCost, NewReturn, Return, ReturnLine, Returnable, ReturnedLine, TakesBack, cost_of, takes_back,
    },
};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::read::of_request;
use crate::{
    DbError,
    orders::money,
    outbox::{NewEvent, write_event},
    refunds::write_capped_refund,
    stock_ledger::write_restocked,
};

// What shipping had cost, with its tax where that came on top.
const ORDER: &str = "select status, currency::text, shipping + case when tax_included then 0 else shipping_tax end
    from orders where id = $1 for update";
const SHIPPING_GONE: &str = "select exists (select 1 from returns where order_id = $1 and shipping is not null)";
// What was withdrawn has not left, and cannot come back.
const LINES: &str = "select i.variant_id, i.quantity, i.returned,
        i.subtotal - i.discount + case when o.tax_included then 0 else i.tax end,
        case when $2 then i.quantity - i.withdrawn else coalesce((select sum(l.quantity) from shipment_items l
            join shipments s on s.id = l.shipment_id and s.state in ('SHIPPED', 'DELIVERED')
            where l.order_id = i.order_id and l.variant_id = i.variant_id), 0) end
    from order_items i join orders o on o.id = i.order_id where i.order_id = $1";
const PAID_BY: &str = "select id from payments where order_id = $1 and state = 'SUCCEEDED'";
const INSERT: &str = "insert into returns (id, order_id, request, shipping, amount, currency, refund_id, restock_due, reason, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const INSERT_ITEMS: &str = "insert into return_items (return_id, order_id, variant_id, quantity, restock, amount)
    select $1, $2, * from unnest($3::uuid[], $4::int4[], $5::bool[], $6::numeric[])";
const COUNT: &str = "update order_items i set returned = i.returned + r.quantity
    from return_items r where r.return_id = $1 and i.order_id = r.order_id and i.variant_id = r.variant_id";

pub(super) async fn begin(tx: &Transaction<'_>, new: &NewReturn) -> Result<BeginReturn, DbError> {
    let order = new.order_id.as_uuid();
    let statement = tx.prepare_cached(ORDER).await?;
    let Some(row) = tx.query_opt(&statement, &[&order]).await? else { return Ok(BeginReturn::NoOrder) };
    if let Some(found) = of_request(tx, &new.request).await? {
        return Ok(BeginReturn::Begun(Box::new(found)));
    }
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    let taken = takes_back(status);
    let currency: Currency = row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?;
    let ordered = lines_of(tx, order, taken, currency).await?;
    let is_here = status == OrderStatus::Processing && ordered.values().all(|line| line.left == 0);
    if taken == TakesBack::Nothing || is_here {
        return Ok(BeginReturn::NotTaken(status));
    }
    let lines = match priced(&ordered, &new.lines)? {
        Ok(lines) => lines,
        Err(left) => return Ok(BeginReturn::TooMany(left)),
    };
    if new.shipping && is_shipping_gone(tx, order).await? {
        return Ok(BeginReturn::ShippingGone);
    }
    let shipping = new.shipping.then(|| money(&row, 2, currency)).transpose()?;
    let parts = lines.iter().map(|line| line.amount).chain(shipping);
    let amount = Money::sum(currency, parts).map_err(DbError::broken)?;
    let returned = Return {
        id: new.id,
        order_id: new.order_id,
        restock_due: lines.iter().any(|line| line.line.restock),
        lines,
        shipping,
        amount,
        refund: refund(tx, new, amount).await?,
        reason: new.reason.clone(),
        created_at: new.now,
    };
    write(tx, new, &returned).await?;
    Ok(BeginReturn::Begun(Box::new(returned)))
}

/// A line, and how many of its pieces have left.
struct Ordered {
    cost: LineCost,
    left: u32,
}

async fn lines_of(
    tx: &Transaction<'_>,
    order: Uuid,
    taken: TakesBack,
    currency: Currency,
) -> Result<BTreeMap<VariantId, Ordered>, DbError> {
    let statement = tx.prepare_cached(LINES).await?;
    let line = |row: &Row| {
        let count = |column: usize| u32::try_from(row.try_get::<_, i32>(column)?).map_err(DbError::broken);
        let cost = LineCost { cost: money(row, 3, currency)?, quantity: count(1)?, returned: count(2)? };
        let left = u32::try_from(row.try_get::<_, i64>(4)?).map_err(DbError::broken)?;
        Ok((VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?, Ordered { cost, left }))
    };
    tx.query(&statement, &[&order, &(taken == TakesBack::All)]).await?.iter().map(line).collect()
}

/// The wanted lines with what their pieces had cost, or those of which fewer are left.
fn priced(
    ordered: &BTreeMap<VariantId, Ordered>,
    wanted: &[ReturnLine],
) -> Result<Result<Vec<ReturnedLine>, Vec<Returnable>>, DbError> {
    let (mut lines, mut too_many) = (Vec::with_capacity(wanted.len()), Vec::new());
    for line in wanted {
        let of = ordered.get(&line.variant_id);
        let left = of.map_or(0, |of| of.left.saturating_sub(of.cost.returned));
        match of.filter(|_| line.quantity <= left) {
            Some(of) => {
                let amount = cost_of(of.cost, line.quantity).map_err(DbError::broken)?;
                lines.push(ReturnedLine { line: *line, amount });
            }
            None => too_many.push(Returnable { variant_id: line.variant_id, left }),
        }
    }
    lines.sort_by_key(|line| line.line.variant_id);
    Ok(if too_many.is_empty() { Ok(lines) } else { Err(too_many) })
}

async fn is_shipping_gone(tx: &Transaction<'_>, order: Uuid) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(SHIPPING_GONE).await?;
    Ok(tx.query_one(&statement, &[&order]).await?.try_get(0)?)
}

async fn refund(tx: &Transaction<'_>, new: &NewReturn, amount: Money) -> Result<Option<Refund>, DbError> {
    let statement = tx.prepare_cached(PAID_BY).await?;
    let Some(row) = tx.query_opt(&statement, &[&new.order_id.as_uuid()]).await? else { return Ok(None) };
    let refund = NewRefund {
        id: new.refund,
        payment_id: PaymentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        cause: format!("return:{}", new.id),
        amount: Some(amount),
        reason: RefundReason::Returned,
        now: new.now,
    };
    write_capped_refund(tx, &refund).await
}

async fn write(tx: &Transaction<'_>, new: &NewReturn, returned: &Return) -> Result<(), DbError> {
    let (id, order) = (new.id.as_uuid(), new.order_id.as_uuid());
    let (amount, shipping) = (returned.amount.amount(), returned.shipping.map(Money::amount));
    let refund = returned.refund.as_ref().map(|refund| refund.id.as_uuid());
    let (request, currency) = (&new.request[..], returned.amount.currency());
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(
        &statement,
        &[
            &id,
            &order,
            &request,
            &shipping,
            &amount,
            &currency.code(),
            &refund,
            &returned.restock_due,
            &new.reason,
            &new.now,
        ],
    )
    .await?;
    write_items(tx, returned).await?;
    let statement = tx.prepare_cached(COUNT).await?;
    tx.execute(&statement, &[&id]).await?;
    tell(tx, new, returned).await?;
    if returned.restock_due {
        write_restocked(tx, new.order_id, new.id, new.now).await?;
    }
    Ok(())
}

async fn write_items(tx: &Transaction<'_>, returned: &Return) -> Result<(), DbError> {
    let lines = &returned.lines;
    let variants: Vec<Uuid> = lines.iter().map(|line| line.line.variant_id.as_uuid()).collect();
    let quantities: Vec<i32> = lines
        .iter()
        .map(|line| i32::try_from(line.line.quantity))
        .collect::<Result<_, _>>()
        .map_err(DbError::broken)?;
    let restocks: Vec<bool> = lines.iter().map(|line| line.line.restock).collect();
    let amounts: Vec<_> = lines.iter().map(|line| line.amount.amount()).collect();
    let (id, order) = (returned.id.as_uuid(), returned.order_id.as_uuid());
    let statement = tx.prepare_cached(INSERT_ITEMS).await?;
    tx.execute(&statement, &[&id, &order, &variants, &quantities, &restocks, &amounts]).await?;
    Ok(())
}

async fn tell(tx: &Transaction<'_>, new: &NewReturn, returned: &Return) -> Result<(), DbError> {
    let items: Vec<_> = returned
        .lines
        .iter()
        .map(|ReturnedLine { line, .. }| {
            json!({"variantId": line.variant_id, "quantity": line.quantity, "restocked": line.restock})
        })
        .collect();
    let amount = returned.refund.as_ref().map_or(Money::zero(returned.amount.currency()), |refund| refund.amount);
    let mut payload = json!({
        "orderId": new.order_id, "returnId": new.id, "items": items,
        "amount": Amount::from(amount), "currency": amount.currency().code(),
    });
    if let Some(refund) = &returned.refund {
        payload["refundId"] = json!(refund.id);
    }
    let aggregate_id = new.order_id.to_string();
    write_event(tx, &NewEvent { id: new.event, aggregate_id, event: "OrderReturned", payload }, new.now).await
}
