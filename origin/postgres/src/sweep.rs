//! What was left behind, in the order of ids or in one that is different each time, so that a sweep walks through all of it.

use commerce_domain::{AttemptId, CheckoutId, CustomerId, OrderId, VariantId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    idempotency::ClaimKey,
    inventory::{HeldLine, SoldGoods},
    orders::StockDue,
    payments::{Attempt, HoldStep},
    sweep::{FullCart, LapsedCheckout, SweepStore, Turn},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use crate::{
    Database, DbError,
    checkout::{COLUMNS, read_checkout},
    orders::{ATTEMPT, RETURN, attempt},
    payments::hold_step,
};

const LAPSED: &str = "select c.id, k.principal, k.key_hash, k.synthetic, k.request_hash, u.sub
    from idempotency_keys k join checkouts c on c.id = k.checkout_id join customers u on u.id = c.customer_id
    where k.state = 'IN_FLIGHT' and k.checkout_id is not null and k.route = $1 and k.lease_until <= $2 and ($3::uuid is null or c.id > $3)
    order by c.id limit $4";
const OVERDUE: &str = "select o.id from orders o
    where o.status = 'PENDING' and (o.reserved_until <= $1 or o.closing is not null)";
const ANNOUNCED: &str =
    "exists (select from payments p where p.order_id = o.id and p.state <> 'CANCELED' and p.intent_id is not null)";
// Of an order that was called off all comes back, of a refunded one what has not left.
const UNRELEASED: &str = "select o.id, o.hold_step, array_agg(i.variant_id order by i.variant_id),
        array_agg(case when i.withdrawn > 0 then i.withdrawn else i.quantity end order by i.variant_id)
    from orders o join order_items i on i.order_id = o.id
    where o.hold_step is not null and (i.withdrawn > 0 or o.status in ('CANCELLED', 'FAILED')) and ($1::uuid is null or o.id > $1) group by o.id order by o.id limit $2";
const HOLD_STEPS: &str = "select id, order_id, hold_step from payment_attempts
    where hold_step is not null and updated_at <= $1 and ($2::uuid is null or id > $2) order by id limit $3";

impl SweepStore for Database {
    async fn list_lapsed_checkouts(
        &self,
        route: &'static str,
        now: Timestamp,
        after: Option<CheckoutId>,
        limit: u32,
    ) -> Result<Vec<LapsedCheckout>, StoreError> {
        let after = after.map(CheckoutId::as_uuid);
        let rows = self.list(LAPSED, &[&route, &now, &after, &i64::from(limit)]).await?;
        Ok(rows.iter().map(|row| lapsed(row, route)).collect::<Result<_, _>>()?)
    }

    async fn list_overdue_orders(
        &self,
        now: Timestamp,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        let after = after.map(OrderId::as_uuid);
        let sql = format!("{OVERDUE} and not {ANNOUNCED} and ($2::uuid is null or o.id > $2) order by o.id limit $3");
        order_ids(&self.list(&sql, &[&now, &after, &i64::from(limit)]).await?)
    }

    async fn list_overdue_announced(
        &self,
        now: Timestamp,
        turn: Turn,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        let sql = format!("{OVERDUE} and {ANNOUNCED} and {}", mixed("o.id"));
        let after = after.map(OrderId::as_uuid);
        order_ids(&self.list(&sql, &[&now, &after, &i64::from(limit), &turn.seed()]).await?)
    }

    async fn list_overdue_orders_of(
        &self,
        variants: &[VariantId],
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.as_uuid()).collect();
        let sql = format!(
            "select o.id from orders o where o.status = 'PENDING' and o.reserved_until <= $1
                and exists (select from order_items i where i.order_id = o.id and i.variant_id = any($2))
            order by {ANNOUNCED}, o.closing is not null, o.reserved_until limit $3"
        );
        order_ids(&self.list(&sql, &[&now, &ids, &i64::from(limit)]).await?)
    }

    async fn list_unreleased_orders(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<(OrderId, StockDue)>, StoreError> {
        let rows = self.list(UNRELEASED, &[&after.map(OrderId::as_uuid), &i64::from(limit)]).await?;
        Ok(rows.iter().map(stock_due).collect::<Result<_, _>>()?)
    }

    async fn list_hold_steps(
        &self,
        before: Timestamp,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<HoldStep>, StoreError> {
        let after = after.map(AttemptId::as_uuid);
        let rows = self.list(HOLD_STEPS, &[&before, &after, &i64::from(limit)]).await?;
        Ok(rows.iter().map(step).collect::<Result<_, _>>()?)
    }

    async fn list_quiet_attempts(
        &self,
        before: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!(
            "{ATTEMPT} where a.state in ('CREATED', 'REQUIRES_ACTION', 'UNKNOWN') and a.updated_at <= $1
                and p.intent_id is not null and o.closing is null and {}",
            mixed("a.id")
        );
        let after = after.map(AttemptId::as_uuid);
        let rows = self.list(&sql, &[&before, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(attempt).collect::<Result<_, _>>()?)
    }

    async fn list_late_charges(
        &self,
        now: Timestamp,
        turn: Turn,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let sql = format!(
            "{ATTEMPT} where a.look_again_at <= $1 and p.state = 'CANCELED' and p.intent_id is not null and {}",
            mixed("a.id")
        );
        let after = after.map(AttemptId::as_uuid);
        let rows = self.list(&sql, &[&now, &after, &i64::from(limit), &turn.seed()]).await?;
        Ok(rows.iter().map(attempt).collect::<Result<_, _>>()?)
    }

    async fn list_full_carts(
        &self,
        before: Timestamp,
        after: Option<CheckoutId>,
        limit: u32,
    ) -> Result<Vec<FullCart>, StoreError> {
        let sql = format!(
            "select {COLUMNS}, u.sub as owner from checkouts c join customers u on u.id = c.customer_id
            where c.state = 'PLACED' and c.cart_taken_at is null and c.updated_at <= $1 and ($2::uuid is null or c.id > $2)
            order by c.id limit $3"
        );
        let rows = self.list(&sql, &[&before, &after.map(CheckoutId::as_uuid), &i64::from(limit)]).await?;
        let cart = |row: &Row| Ok(FullCart { checkout: read_checkout(row)?, owner: row.try_get("owner")? });
        Ok(rows.iter().map(cart).collect::<Result<_, DbError>>()?)
    }
}

/// What comes behind the id `$2` in the order in which the seed `$4` mixes ids, at most `$3` of it.
pub(crate) fn mixed(id: &str) -> String {
    let place = |id: &str| format!("hashtextextended({id}::text, $4)");
    let (here, after) = (place(id), place("$2::uuid"));
    format!("($2::uuid is null or {here} > {after}) order by {here} limit $3")
}

impl Database {
    pub(crate) async fn list(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, DbError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }
}

fn order_ids(rows: &[Row]) -> Result<Vec<OrderId>, StoreError> {
    let id = |row: &Row| OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken);
    Ok(rows.iter().map(id).collect::<Result<_, DbError>>()?)
}

fn stock_due(row: &Row) -> Result<(OrderId, StockDue), DbError> {
    let order = OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
    let step: &str = row.try_get(1)?;
    if step == "release" {
        return Ok((order, StockDue::Release));
    }
    let (variants, quantities): (Vec<Uuid>, Vec<i32>) = (row.try_get(2)?, row.try_get(3)?);
    let line = |(variant, quantity): (Uuid, i32)| {
        let variant_id = VariantId::from_uuid(variant).map_err(DbError::broken)?;
        Ok(HeldLine { variant_id, quantity: u32::try_from(quantity).map_err(DbError::broken)? })
    };
    let lines = variants.into_iter().zip(quantities).map(line).collect::<Result<_, DbError>>()?;
    Ok((order, StockDue::Return(SoldGoods { lines, left: step == RETURN })))
}

fn lapsed(row: &Row, route: &'static str) -> Result<LapsedCheckout, DbError> {
    Ok(LapsedCheckout {
        id: CheckoutId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        key: ClaimKey {
            principal: CustomerId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
            route,
            key_hash: row.try_get::<_, &[u8]>(2)?.try_into().map_err(DbError::broken)?,
            synthetic: row.try_get(3)?,
            request_hash: row.try_get::<_, &[u8]>(4)?.try_into().map_err(DbError::broken)?,
        },
        owner: row.try_get(5)?,
    })
}

fn step(row: &Row) -> Result<HoldStep, DbError> {
    Ok(HoldStep {
        attempt_id: AttemptId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        hold: hold_step(row.try_get(2)?)?,
    })
}
