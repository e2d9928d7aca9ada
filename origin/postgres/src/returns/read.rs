//! Returns as they stand.

use std::collections::BTreeMap;

use commerce_domain::{Currency, OrderId, ReturnId, VariantId};
use deadpool_postgres::GenericClient;
use origin_core::{
    inventory::MovedLine,
    refunds::Refund,
    returns::{RestockDue, Return, ReturnLine, ReturnedLine},
};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{DbError, orders::money, refunds::refunds_by_id};

/// The columns that [`one`] reads.
const RETURN: &str =
    "select id, order_id, currency::text, shipping, amount, refund_id, restock_due, reason, created_at from returns";
const ITEMS: &str = "select return_id, variant_id, quantity, restock, amount from return_items
    where return_id = any($1) order by return_id, variant_id";
/// The columns that [`due`] reads.
pub(super) const DUE: &str =
    "select r.id, array_agg(i.variant_id order by i.variant_id), array_agg(i.quantity order by i.variant_id)
    from returns r join return_items i on i.return_id = r.id
    where r.restock_due and i.restock and ($1::uuid is null or r.id > $1) group by r.id order by r.id limit $2";

/// The returns of an order, oldest first.
pub(super) async fn of_order(client: &impl GenericClient, order: OrderId) -> Result<Vec<Return>, DbError> {
    let statement = client.prepare_cached(&format!("{RETURN} where order_id = $1 order by created_at, id")).await?;
    let rows = client.query(&statement, &[&order.as_uuid()]).await?;
    whole(client, &rows).await
}

/// The return of a request.
pub(super) async fn of_request(client: &impl GenericClient, request: &[u8]) -> Result<Option<Return>, DbError> {
    let statement = client.prepare_cached(&format!("{RETURN} where request = $1")).await?;
    let row = client.query_opt(&statement, &[&request]).await?;
    Ok(whole(client, row.as_slice()).await?.pop())
}

async fn whole(client: &impl GenericClient, rows: &[Row]) -> Result<Vec<Return>, DbError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let statement = client.prepare_cached(ITEMS).await?;
    let mut items: BTreeMap<Uuid, Vec<Row>> = BTreeMap::new();
    for item in client.query(&statement, &[&ids]).await? {
        items.entry(item.try_get(0)?).or_default().push(item);
    }
    let refunds: Vec<Option<Uuid>> = rows.iter().map(|row| row.try_get(5)).collect::<Result<_, _>>()?;
    let refund_ids: Vec<Uuid> = refunds.iter().flatten().copied().collect();
    let refunds = refunds_by_id(client, &refund_ids).await?;
    let of_row = |(row, id): (&Row, &Uuid)| one(row, items.get(id).map_or(&[], Vec::as_slice), &refunds);
    rows.iter().zip(&ids).map(of_row).collect()
}

fn one(row: &Row, items: &[Row], refunds: &[Refund]) -> Result<Return, DbError> {
    let currency: Currency = row.try_get::<_, &str>(2)?.parse().map_err(DbError::broken)?;
    let refund_id: Option<Uuid> = row.try_get(5)?;
    let refund = refund_id.map(|id| {
        let found = refunds.iter().find(|refund| refund.id.as_uuid() == id);
        found.cloned().ok_or_else(|| DbError::broken("a return without its refund"))
    });
    let shipping: Option<Decimal> = row.try_get(3)?;
    Ok(Return {
        id: ReturnId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        lines: items.iter().map(|item| line(item, currency)).collect::<Result<_, _>>()?,
        shipping: shipping.map(|_| money(row, 3, currency)).transpose()?,
        amount: money(row, 4, currency)?,
        refund: refund.transpose()?,
        restock_due: row.try_get(6)?,
        reason: row.try_get(7)?,
        created_at: row.try_get(8)?,
    })
}

fn line(row: &Row, currency: Currency) -> Result<ReturnedLine, DbError> {
    Ok(ReturnedLine {
        line: ReturnLine {
            variant_id: VariantId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
            quantity: u32::try_from(row.try_get::<_, i32>(2)?).map_err(DbError::broken)?,
            restock: row.try_get(3)?,
        },
        amount: money(row, 4, currency)?,
    })
}

/// The pieces in the columns of [`DUE`].
pub(super) fn due(row: &Row) -> Result<RestockDue, DbError> {
    let (variants, quantities): (Vec<Uuid>, Vec<i32>) = (row.try_get(1)?, row.try_get(2)?);
    let line = |(variant, quantity): (Uuid, i32)| {
        let variant_id = VariantId::from_uuid(variant).map_err(DbError::broken)?;
        Ok(MovedLine { variant_id, quantity: i64::from(quantity) })
    };
    Ok(RestockDue {
        id: ReturnId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        lines: variants.into_iter().zip(quantities).map(line).collect::<Result<_, DbError>>()?,
    })
}
