//! What becomes of a shipment: shipment, order, event and receipt, in one transaction.

use commerce_domain::{
    EventId, OrderId,
    state::{OrderEvent, OrderStatus, ShipmentState},
};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::shipping::{Label, NewShipment, Shipment, ShipmentNews, ShipmentSettlement};
use serde_json::json;
use uuid::Uuid;

use super::{SHIPMENT, receipts::write_receipt, shipment};
use crate::{
    Database, DbError, Isolation,
    orders::withdraw,
    outbox::{NewEvent, write_event},
};

const ORDER: &str = "select status from orders where id = $1 for update";
const LEAVE: &str =
    "update shipments set state = 'SHIPPED', carrier = coalesce($2, carrier), tracker_id = $3, tracking_number = $4,
        tracking_url = $5, estimated_delivery = $6, shipped_at = $7, tracked_at = $7, updated_at = $7 where id = $1";
const REFUSE: &str = "update shipments set state = 'CANCELLED', failure_code = $2, updated_at = $3 where id = $1";
const ARRIVE: &str = "update shipments set state = 'DELIVERED', delivered_at = $2, tracked_at = $2, updated_at = $2,
        estimated_delivery = coalesce($3, estimated_delivery) where id = $1";
const TRACK: &str =
    "update shipments set tracked_at = $2, estimated_delivery = coalesce($3, estimated_delivery) where id = $1";
/// Whether every piece of the order that was not withdrawn is in a shipment in one of these states.
const ALL_ARE: &str =
    "select not exists (select from order_items i where i.order_id = $1 and i.quantity - i.withdrawn > coalesce(
        (select sum(l.quantity) from shipment_items l join shipments s on s.id = l.shipment_id
            where l.order_id = i.order_id and l.variant_id = i.variant_id and s.state = any($2)), 0))";
// What the order shows is that of the latest shipment that has left.
const MOVE_ORDER: &str = "update orders o set status = $2, version = version + 1, updated_at = $3,
        tracking_number = latest.tracking_number, estimated_delivery = latest.estimated_delivery
    from (select max(tracking_number) as tracking_number, max(estimated_delivery) as estimated_delivery from (
        select tracking_number, estimated_delivery from shipments
        where order_id = $1 and state in ('SHIPPED', 'DELIVERED') order by shipped_at desc, id desc limit 1) as one) as latest
    where o.id = $1";

/// A shipment in one of these states has left.
pub(crate) const LEFT: &[ShipmentState] = &[ShipmentState::Shipped, ShipmentState::Delivered];
/// And in this one it has arrived.
pub(crate) const ARRIVED: &[ShipmentState] = &[ShipmentState::Delivered];

impl Database {
    pub(super) async fn write_shipment_settlement(
        &self,
        settlement: ShipmentSettlement<'_>,
    ) -> Result<Shipment, DbError> {
        self.run_tx("settle_shipment", Isolation::ReadCommitted, &settlement, |tx, settlement| {
            settle(tx, *settlement).boxed()
        })
        .await
    }
}

async fn settle(tx: &Transaction<'_>, settlement: ShipmentSettlement<'_>) -> Result<Shipment, DbError> {
    let status = order_status(tx, settlement.shipment.order_id.as_uuid()).await?;
    let id = settlement.shipment.id.as_uuid();
    let found = read(tx, id).await?;
    if let Some(receipt) = settlement.receipt {
        write_receipt(tx, receipt).await?;
    }
    let moved = settlement.news.event().and_then(|event| found.state.on(event).ok());
    let news = News { shipment: &found, event: settlement.event, status, now: settlement.now };
    match (settlement.news, moved) {
        (ShipmentNews::Labelled(label), Some(_)) => news.leave(tx, label.into()).await?,
        (ShipmentNews::Refused(refusal), Some(_)) => {
            let statement = tx.prepare_cached(REFUSE).await?;
            tx.execute(&statement, &[&id, &refusal.code, &settlement.now]).await?;
            news.write_order(tx, status).await?;
        }
        (ShipmentNews::Arrived, Some(_)) => news.arrive(tx, None).await?,
        (ShipmentNews::Tracked(tracker), Some(_)) => news.arrive(tx, tracker.estimated_delivery).await?,
        (ShipmentNews::Tracked(tracker), None) => news.track(tx, tracker.estimated_delivery).await?,
        (ShipmentNews::Silence, _) => news.track(tx, None).await?,
        (_, None) => {}
    }
    // Whether the rest of a refunded order leaves may have waited for this.
    if status == OrderStatus::Refunded {
        withdraw(tx, settlement.shipment.order_id, settlement.now).await?;
    }
    read(tx, id).await
}

/// Lets a shipment leave that was just written down. The caller has locked its order, which is PROCESSING.
pub(super) async fn leave_with_own_label(
    tx: &Transaction<'_>,
    new: &NewShipment,
    tracking_number: &str,
) -> Result<(), DbError> {
    let written = read(tx, new.id.as_uuid()).await?;
    let news = News { shipment: &written, event: new.event, status: OrderStatus::Processing, now: new.now };
    news.leave(tx, Left { tracking_number, ..Left::default() }).await
}

async fn order_status(tx: &Transaction<'_>, order: Uuid) -> Result<OrderStatus, DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    tx.query_one(&statement, &[&order]).await?.try_get::<_, &str>(0)?.parse().map_err(DbError::broken)
}

/// Whether every piece of the order that was not withdrawn is in a shipment in one of these states. The caller has locked the order.
pub(crate) async fn all_are(tx: &Transaction<'_>, order: OrderId, states: &[ShipmentState]) -> Result<bool, DbError> {
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let statement = tx.prepare_cached(ALL_ARE).await?;
    Ok(tx.query_one(&statement, &[&order.as_uuid(), &states]).await?.try_get(0)?)
}

async fn read(tx: &Transaction<'_>, id: Uuid) -> Result<Shipment, DbError> {
    let statement = tx.prepare_cached(&format!("{SHIPMENT} where s.id = $1")).await?;
    shipment(&tx.query_one(&statement, &[&id]).await?)
}

/// With which label a shipment leaves.
#[derive(Default)]
struct Left<'a> {
    tracker_id: Option<&'a str>,
    carrier: Option<&'a str>,
    tracking_number: &'a str,
    tracking_url: Option<&'a str>,
    estimated_delivery: Option<Timestamp>,
}

impl<'a> From<&'a Label> for Left<'a> {
    fn from(label: &'a Label) -> Self {
        Self {
            tracker_id: Some(&label.tracker_id),
            carrier: label.carrier.as_deref(),
            tracking_number: &label.tracking_number,
            tracking_url: label.tracking_url.as_deref(),
            estimated_delivery: label.estimated_delivery,
        }
    }
}

/// A shipment that something has happened to, under the lock of its order.
struct News<'a> {
    shipment: &'a Shipment,
    event: EventId,
    /// Where the order stands.
    status: OrderStatus,
    now: Timestamp,
}

impl News<'_> {
    async fn leave(&self, tx: &Transaction<'_>, left: Left<'_>) -> Result<(), DbError> {
        let Left { tracker_id, carrier, tracking_number, tracking_url, estimated_delivery } = left;
        let statement = tx.prepare_cached(LEAVE).await?;
        let id = self.shipment.id.as_uuid();
        tx.execute(
            &statement,
            &[&id, &carrier, &tracker_id, &tracking_number, &tracking_url, &estimated_delivery, &self.now],
        )
        .await?;
        let complete = self.follow(tx, OrderEvent::Ship, LEFT).await?;
        self.tell(tx, "OrderShipped", complete).await
    }

    async fn arrive(&self, tx: &Transaction<'_>, estimated_delivery: Option<Timestamp>) -> Result<(), DbError> {
        let statement = tx.prepare_cached(ARRIVE).await?;
        tx.execute(&statement, &[&self.shipment.id.as_uuid(), &self.now, &estimated_delivery]).await?;
        let complete = self.follow(tx, OrderEvent::Deliver, ARRIVED).await?;
        self.tell(tx, "OrderDelivered", complete).await
    }

    /// Nothing has moved; the day of the arrival may have. What has not left, or is over, is not tracked.
    async fn track(&self, tx: &Transaction<'_>, expected: Option<Timestamp>) -> Result<(), DbError> {
        if self.shipment.state != ShipmentState::Shipped {
            return Ok(());
        }
        let statement = tx.prepare_cached(TRACK).await?;
        tx.execute(&statement, &[&self.shipment.id.as_uuid(), &self.now, &expected]).await?;
        if expected.is_some() && expected != self.shipment.estimated_delivery {
            self.write_order(tx, self.status).await?;
        }
        Ok(())
    }

    /// Moves the order, if all of its pieces are that far. Whether they are. An order whose money has all gone back stays so.
    async fn follow(&self, tx: &Transaction<'_>, event: OrderEvent, states: &[ShipmentState]) -> Result<bool, DbError> {
        let complete = all_are(tx, self.shipment.order_id, states).await?;
        let moved = if complete { self.status.on(event).unwrap_or(self.status) } else { self.status };
        self.write_order(tx, moved).await?;
        Ok(complete)
    }

    async fn write_order(&self, tx: &Transaction<'_>, status: OrderStatus) -> Result<(), DbError> {
        let statement = tx.prepare_cached(MOVE_ORDER).await?;
        tx.execute(&statement, &[&self.shipment.order_id.as_uuid(), &status.as_str(), &self.now]).await?;
        Ok(())
    }

    async fn tell(&self, tx: &Transaction<'_>, event: &'static str, complete: bool) -> Result<(), DbError> {
        let Shipment { id, order_id, lines, .. } = self.shipment;
        let items: Vec<_> =
            lines.iter().map(|line| json!({"variantId": line.variant_id, "quantity": line.quantity})).collect();
        let payload = json!({"orderId": order_id, "shipmentId": id, "items": items, "complete": complete});
        let aggregate_id = order_id.to_string();
        write_event(tx, &NewEvent { id: self.event, aggregate_id, event, payload }, self.now).await
    }
}
