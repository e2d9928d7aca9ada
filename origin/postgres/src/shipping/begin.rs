//! Writing a shipment down. The order's row is the lock: what is open is read, and spoken for, by one at a time.

use std::collections::HashMap;

use commerce_domain::{OrderId, VariantId, state::OrderStatus};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use origin_core::shipping::{BeginShipment, NewShipment, OwnLabel, Pieces, Shipment};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{SHIPMENT, pieces, settle, shipment};
use crate::{Database, DbError, Isolation};

// An attempt with a step left tells that the hold has not followed the payment.
const ORDER: &str =
    "select status, exists (select from payment_attempts where order_id = o.id and hold_step is not null)
    from orders o where id = $1 for update of o";
/// What was ordered, has not been withdrawn, and is in no shipment.
const OPEN: &str =
    "select i.variant_id, i.quantity - i.withdrawn - coalesce((select sum(l.quantity) from shipment_items l
            join shipments s on s.id = l.shipment_id
            where l.order_id = i.order_id and l.variant_id = i.variant_id and s.state <> 'CANCELLED'), 0)
    from order_items i where i.order_id = $1 order by i.variant_id";
const TOUCH: &str = "update orders set version = version + 1, updated_at = $2 where id = $1";
const INSERT: &str = "insert into shipments (id, order_id, cause, state, carrier, created_at, updated_at)
    values ($1, $2, $3, 'PENDING', $4, $5, $5)";
const INSERT_ITEMS: &str = "insert into shipment_items (shipment_id, order_id, variant_id, quantity)
    select $1, $2, variant_id, quantity from unnest($3::uuid[], $4::integer[]) as line (variant_id, quantity)";

impl Database {
    pub(super) async fn write_shipment(&self, new: &NewShipment) -> Result<BeginShipment, DbError> {
        self.run_tx("begin_shipment", Isolation::ReadCommitted, new, |tx, new| begin(tx, new).boxed()).await
    }
}

async fn begin(tx: &Transaction<'_>, new: &NewShipment) -> Result<BeginShipment, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    let Some(row) = tx.query_opt(&statement, &[&new.order_id.as_uuid()]).await? else {
        return Ok(BeginShipment::NoOrder);
    };
    if let Some(found) = of_cause(tx, new).await? {
        return Ok(BeginShipment::Begun(Box::new(found)));
    }
    let status: OrderStatus = row.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)?;
    if status != OrderStatus::Processing {
        return Ok(BeginShipment::Settled(status));
    }
    if row.try_get(1)? {
        return Ok(BeginShipment::StockDue);
    }
    let open = open(tx, new.order_id).await?;
    let lines = new.lines.clone().unwrap_or_else(|| open.clone());
    if lines.is_empty() || !fits(&lines, &open) {
        return Ok(BeginShipment::NotOpen(open));
    }
    insert(tx, new, &lines).await?;
    if let Some(OwnLabel { tracking_number }) = &new.own_label {
        settle::leave_with_own_label(tx, new, tracking_number).await?;
    }
    let written = of_cause(tx, new).await?;
    let written = written.ok_or_else(|| DbError::broken("a shipment that was written is not there"))?;
    Ok(BeginShipment::Begun(Box::new(Shipment { fresh: true, ..written })))
}

/// The shipment of this cause.
async fn of_cause(tx: &Transaction<'_>, new: &NewShipment) -> Result<Option<Shipment>, DbError> {
    let statement = tx.prepare_cached(&format!("{SHIPMENT} where s.order_id = $1 and s.cause = $2")).await?;
    tx.query_opt(&statement, &[&new.order_id.as_uuid(), &new.cause]).await?.as_ref().map(shipment).transpose()
}

/// What of the order is in no shipment, without the lines of which nothing is left.
async fn open(tx: &Transaction<'_>, order: OrderId) -> Result<Vec<Pieces>, DbError> {
    let statement = tx.prepare_cached(OPEN).await?;
    let rows = tx.query(&statement, &[&order.as_uuid()]).await?;
    let line = |row: &Row| pieces(row.try_get(0)?, row.try_get(1)?);
    let lines: Vec<Pieces> = rows.iter().map(line).collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line.quantity > 0).collect())
}

fn fits(lines: &[Pieces], open: &[Pieces]) -> bool {
    let open: HashMap<VariantId, u32> = open.iter().map(|line| (line.variant_id, line.quantity)).collect();
    lines.iter().all(|line| open.get(&line.variant_id).is_some_and(|open| line.quantity <= *open))
}

async fn insert(tx: &Transaction<'_>, new: &NewShipment, lines: &[Pieces]) -> Result<(), DbError> {
    let (id, order) = (new.id.as_uuid(), new.order_id.as_uuid());
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(&statement, &[&id, &order, &new.cause, &new.carrier, &new.now]).await?;
    let variants: Vec<Uuid> = lines.iter().map(|line| line.variant_id.as_uuid()).collect();
    let quantities: Vec<i32> =
        lines.iter().map(|line| i32::try_from(line.quantity)).collect::<Result<_, _>>().map_err(DbError::broken)?;
    let statement = tx.prepare_cached(INSERT_ITEMS).await?;
    tx.execute(&statement, &[&id, &order, &variants, &quantities]).await?;
    let statement = tx.prepare_cached(TOUCH).await?;
    tx.execute(&statement, &[&order, &new.now]).await?;
    Ok(())
}
