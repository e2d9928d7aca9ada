//! Shipments.

mod begin;
mod receipts;
mod settle;

use std::collections::HashMap;

use commerce_domain::{OrderId, ShipmentId, VariantId};
use deadpool_postgres::{Object, Transaction};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    payments::WebhookReceipt,
    shipping::{BeginShipment, NewShipment, Pieces, Shipment, ShipmentSettlement, ShippingStore},
    sweep::Turn,
};
use tokio_postgres::Row;
use uuid::Uuid;

pub(crate) use self::settle::{ARRIVED, LEFT, all_are};
use crate::{Database, DbError, sweep::mixed};

/// The columns that [`shipment`] reads.
const SHIPMENT: &str = "select s.id, s.order_id, s.state, s.carrier, s.tracker_id, s.tracking_number, s.tracking_url,
        s.estimated_delivery, s.failure_code, s.created_at, s.shipped_at, s.delivered_at,
        (select array_agg(i.variant_id order by i.variant_id) from shipment_items i where i.shipment_id = s.id),
        (select array_agg(i.quantity order by i.variant_id) from shipment_items i where i.shipment_id = s.id), s.called_off_at
    from shipments s";
// Quiet from then on: the sweep looks for the label once nobody can be asking for one.
const CALL_OFF: &str = "update shipments set called_off_at = $2, updated_at = $2
    where id = $1 and state = 'PENDING' and called_off_at is null";
const LIVE: &str = "select exists (select from shipments where order_id = $1 and state <> 'CANCELLED')";

impl ShippingStore for Database {
    async fn begin_shipment(&self, shipment: &NewShipment) -> Result<BeginShipment, StoreError> {
        Ok(self.write_shipment(shipment).await?)
    }

    async fn call_shipment_off(&self, id: ShipmentId, now: Timestamp) -> Result<Option<Shipment>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(CALL_OFF).await.map_err(DbError::from)?;
        client.execute(&statement, &[&id.as_uuid(), &now]).await.map_err(DbError::from)?;
        self.find_shipment(id).await
    }

    async fn settle_shipment(&self, settlement: ShipmentSettlement<'_>) -> Result<Shipment, StoreError> {
        Ok(self.write_shipment_settlement(settlement).await?)
    }

    async fn find_shipment(&self, id: ShipmentId) -> Result<Option<Shipment>, StoreError> {
        let rows = self.list(&format!("{SHIPMENT} where s.id = $1"), &[&id.as_uuid()]).await?;
        Ok(rows.first().map(shipment).transpose()?)
    }

    async fn is_carrier_event_handled(&self, event_id: &str) -> Result<bool, StoreError> {
        Ok(self.is_carrier_receipt_there(event_id).await?)
    }

    async fn note_carrier_event(&self, receipt: &WebhookReceipt<'_>) -> Result<(), StoreError> {
        Ok(self.insert_carrier_receipt(receipt).await?)
    }

    async fn list_pending_shipments(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<ShipmentId>,
        limit: u32,
    ) -> Result<Vec<Shipment>, StoreError> {
        let sql = format!("{SHIPMENT} where s.state = 'PENDING' and s.updated_at <= $1 and {}", mixed("s.id"));
        let after = after.map(ShipmentId::as_uuid);
        let rows = self.list(&sql, &[&before, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(shipment).collect::<Result<_, _>>()?)
    }

    async fn list_unread_trackers(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<ShipmentId>,
        limit: u32,
    ) -> Result<Vec<Shipment>, StoreError> {
        let sql = format!(
            "{SHIPMENT} where s.state = 'SHIPPED' and s.tracker_id is not null and s.tracked_at <= $1
                and {}",
            mixed("s.id")
        );
        let after = after.map(ShipmentId::as_uuid);
        let rows = self.list(&sql, &[&before, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(shipment).collect::<Result<_, _>>()?)
    }
}

/// The shipments of these orders, oldest first.
pub(crate) async fn shipments_of(client: &Object, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<Shipment>>, DbError> {
    let sql = format!("{SHIPMENT} where s.order_id = any($1) order by s.created_at, s.id");
    let statement = client.prepare_cached(&sql).await?;
    let mut found: HashMap<Uuid, Vec<Shipment>> = HashMap::new();
    for row in client.query(&statement, &[&orders]).await? {
        let shipment = shipment(&row)?;
        found.entry(shipment.order_id.as_uuid()).or_default().push(shipment);
    }
    Ok(found)
}

/// Whether something of the order has left, or is about to. The caller has locked the order.
pub(crate) async fn is_leaving(tx: &Transaction<'_>, order: OrderId) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(LIVE).await?;
    Ok(tx.query_one(&statement, &[&order.as_uuid()]).await?.try_get(0)?)
}

/// The shipment in the columns of [`SHIPMENT`].
fn shipment(row: &Row) -> Result<Shipment, DbError> {
    let (variants, quantities): (Option<Vec<Uuid>>, Option<Vec<i32>>) = (row.try_get(12)?, row.try_get(13)?);
    let lines = variants.unwrap_or_default().into_iter().zip(quantities.unwrap_or_default());
    Ok(Shipment {
        id: ShipmentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        state: row.try_get::<_, &str>(2)?.parse().map_err(DbError::broken)?,
        lines: lines.map(|(variant, quantity)| pieces(variant, quantity.into())).collect::<Result<_, _>>()?,
        carrier: row.try_get(3)?,
        tracker_id: row.try_get(4)?,
        tracking_number: row.try_get(5)?,
        tracking_url: row.try_get(6)?,
        estimated_delivery: row.try_get(7)?,
        failure: row.try_get(8)?,
        called_off_at: row.try_get(14)?,
        created_at: row.try_get(9)?,
        shipped_at: row.try_get(10)?,
        delivered_at: row.try_get(11)?,
        fresh: false,
    })
}

fn pieces(variant: Uuid, quantity: i64) -> Result<Pieces, DbError> {
    Ok(Pieces {
        variant_id: VariantId::from_uuid(variant).map_err(DbError::broken)?,
        quantity: u32::try_from(quantity).map_err(DbError::broken)?,
    })
}
