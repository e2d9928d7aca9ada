//! What the database says of stock: the ledger's sums, and who may hold pieces.

use commerce_domain::{EventId, OrderId, ProductId, VariantId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    inventory::{AuditLedger, Expected, Finding, HeldLine, Hold, LedgerCorrection, LedgerSum, Standing, StockClaim},
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Database, DbError};

// A step that a hold has yet to do changes what is on hand, but for those that only give back. Whoever writes entries whose
// counters follow later is to be found here.
pub(super) const MOVING: &str =
    "(exists (select 1 from stock_adjustments a where a.variant_id = v.id and a.state = 'OPEN') or exists (
        select 1 from orders o join order_items i on i.order_id = o.id
        where i.variant_id = v.id and o.hold_step is not null and o.hold_step <> 'release') or exists (
        select 1 from payment_attempts a join order_items i on i.order_id = a.order_id
        where i.variant_id = v.id and a.hold_step is not null and a.hold_step <> 'give_back') or exists (
        select 1 from returns r join return_items i on i.return_id = r.id
        where i.variant_id = v.id and i.restock and r.restock_due))";

pub(super) const SUM: &str =
    "(select coalesce(sum(l.quantity), 0)::bigint from stock_ledger l where l.variant_id = v.id) as sum,
    (select coalesce(max(l.id), 0) from stock_ledger l where l.variant_id = v.id) as last_entry";

// Orders that wait for money, and those of which a hold has yet to do something; then checkouts on their way. Goods that are to be
// returned have left, and their hold may be cleared away.
const CLAIMS: &str = "select i.order_id, i.variant_id, i.quantity, case
            when o.status = 'PENDING' and o.closing is null then 'due'
            when o.status = 'PENDING' or o.hold_step = 'let_go' or exists (
                select 1 from payment_attempts a where a.order_id = o.id and a.hold_step = 'consume') then 'ending'
            else 'any' end
    from orders o join order_items i on i.order_id = o.id
    where i.variant_id = any($1) and o.id in (
        select id from orders where status = 'PENDING' union select id from orders where hold_step is not null
        union select order_id from payment_attempts where hold_step is not null)
    union all
    select c.order_id, v.id, (line ->> 'quantity')::int, 'any'
    from checkouts c cross join jsonb_array_elements(c.lines) line
        join unnest($1::uuid[], $2::text[]) as v(id, name) on v.name = line ->> 'variant_id'
    where c.state = 'OPEN'
    order by 1, 2 limit $3";

const STANDING: &str = "select c.order_id, c.state = 'OPEN' or coalesce(o.status = 'PENDING' or o.hold_step is not null, false)
        or exists (select 1 from payment_attempts a where a.order_id = c.order_id and a.hold_step is not null)
    from checkouts c left join orders o on o.id = c.order_id
    where c.order_id = any($1) and c.state <> 'FAILED' and coalesce(o.status, 'PENDING') not in ('CANCELLED', 'FAILED')
    union all
    select o.id, true from orders o where o.id = any($1) and o.status in ('CANCELLED', 'FAILED') and o.hold_step is not null";

const DUE_HOLD: &str = "select o.created_at, o.reserved_until, i.variant_id, i.quantity
    from orders o join order_items i on i.order_id = o.id
    where o.id = $1 and o.status = 'PENDING' and o.closing is null order by i.variant_id";

impl AuditLedger for Database {
    async fn list_ledger(&self, after: Option<VariantId>, limit: u32) -> Result<Vec<LedgerSum>, StoreError> {
        let after = after.map(VariantId::as_uuid);
        let sql = ledger_sql("select * from variants where $1::uuid is null or id > $1 order by id limit $2");
        let rows = self.list(&sql, &[&after, &i64::from(limit)]).await?;
        Ok(rows.iter().map(ledger_sum).collect::<Result<_, _>>()?)
    }

    async fn load_ledger(&self, variants: &[VariantId]) -> Result<Vec<LedgerSum>, StoreError> {
        let rows = self.list(&ledger_sql("select * from variants where id = any($1)"), &[&uuids(variants)]).await?;
        Ok(rows.iter().map(ledger_sum).collect::<Result<_, _>>()?)
    }

    async fn list_claims(&self, variants: &[VariantId], limit: u32) -> Result<Vec<StockClaim>, StoreError> {
        let names: Vec<String> = variants.iter().map(ToString::to_string).collect();
        let rows = self.list(CLAIMS, &[&uuids(variants), &names, &i64::from(limit)]).await?;
        let claim = |row: &Row| {
            Ok(StockClaim {
                order_id: OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
                variant_id: VariantId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
                quantity: u32::try_from(row.try_get::<_, i32>(2)?).map_err(DbError::broken)?,
                expected: expected(row.try_get(3)?)?,
            })
        };
        Ok(rows.iter().map(claim).collect::<Result<_, DbError>>()?)
    }

    async fn find_standing(&self, orders: &[OrderId]) -> Result<Vec<(OrderId, Standing)>, StoreError> {
        let ids: Vec<Uuid> = orders.iter().map(|order| order.as_uuid()).collect();
        let rows = self.list(STANDING, &[&ids]).await?;
        let standing = |row: &Row| {
            let standing = if row.try_get(1)? { Standing::MayHold } else { Standing::Paid };
            Ok((OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?, standing))
        };
        Ok(rows.iter().map(standing).collect::<Result<_, DbError>>()?)
    }

    async fn find_due_hold(&self, order: OrderId) -> Result<Option<Hold>, StoreError> {
        let rows = self.list(DUE_HOLD, &[&order.as_uuid()]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let line = |row: &Row| {
            Ok(HeldLine {
                variant_id: VariantId::from_uuid(row.try_get(2)?).map_err(DbError::broken)?,
                quantity: u32::try_from(row.try_get::<_, i32>(3)?).map_err(DbError::broken)?,
            })
        };
        Ok(Some(Hold {
            order_id: order,
            lines: rows.iter().map(line).collect::<Result<_, DbError>>()?,
            created_at: first.try_get(0).map_err(DbError::from)?,
            expires_at: first.try_get(1).map_err(DbError::from)?,
        }))
    }

    async fn correct_ledger(&self, correction: &LedgerCorrection<'_>) -> Result<bool, StoreError> {
        Ok(self.write_correction(correction).await?)
    }

    async fn tell_finding(&self, finding: &Finding, event: EventId, now: Timestamp) -> Result<(), StoreError> {
        Ok(self.write_finding(finding, event, now).await?)
    }
}

/// The sums of the variants that `variants` selects.
pub(super) fn ledger_sql(variants: &str) -> String {
    format!(
        "select v.id, v.product_id, v.backorder_limit, {MOVING} as moving, p.updated_at, {SUM}
        from ({variants}) v join products p on p.id = v.product_id order by v.id"
    )
}

pub(super) fn ledger_sum(row: &Row) -> Result<LedgerSum, DbError> {
    Ok(LedgerSum {
        variant_id: VariantId::from_uuid(row.try_get("id")?).map_err(DbError::broken)?,
        product_id: ProductId::from_uuid(row.try_get("product_id")?).map_err(DbError::broken)?,
        sum: row.try_get("sum")?,
        last_entry: row.try_get("last_entry")?,
        backorder_limit: u32::try_from(row.try_get::<_, i64>("backorder_limit")?).map_err(DbError::broken)?,
        moving: row.try_get("moving")?,
        changed_at: row.try_get("updated_at")?,
    })
}

fn expected(hold: &str) -> Result<Expected, DbError> {
    match hold {
        "any" => Ok(Expected::Any),
        "due" => Ok(Expected::Due),
        "ending" => Ok(Expected::Ending),
        _ => Err(DbError::broken("unknown expectation of a hold")),
    }
}

fn uuids(variants: &[VariantId]) -> Vec<Uuid> {
    variants.iter().map(|variant| variant.as_uuid()).collect()
}
