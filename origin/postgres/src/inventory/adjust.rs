//! Changes of stock by hand: noted, then ended together with the ledger's entry and the answer.

use commerce_api::inventory::ThresholdChange;
use commerce_domain::{AdjustmentId, VariantId};
use deadpool_postgres::Transaction;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use origin_core::{
    StoreError,
    idempotency::Hash,
    inventory::{
        Adjustment, AdjustmentEnd, AdjustmentKind, AdjustmentState, KeepAdjustments, NewAdjustment, Refusal,
        RequestEnd, StockChange, StockLevel,
    },
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::entry::{lock, write_entry};
use crate::{
    Database, DbError, Isolation,
    idempotency::{finish_key, forget_key},
};

const COLUMNS: &str = "id, variant_id, kind, quantity, sets_threshold, threshold, version, state, refusal";
// An owner that has lost its claim finds no such fence, or waits for whoever takes it over.
const OWNED: &str = "select from idempotency_keys
    where principal = $1 and route = $2 and key_hash = $3 and state = 'IN_FLIGHT' and fence = $4 for update";
const INSERT: &str = "insert into stock_adjustments
    (id, variant_id, kind, quantity, sets_threshold, threshold, version, state, request, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'OPEN', $8, $9, $9)";
const END: &str =
    "update stock_adjustments set state = $2, refusal = $3, updated_at = $4 where id = $1 and state = 'OPEN'";
const ANSWERED: &str = "update stock_adjustments set request = null where id = $1";
const THRESHOLD: &str =
    "update variants set low_stock_threshold = $2::integer, low_stock = coalesce($3::bigint < $2::integer, false),
        low_stock_version = coalesce($4::bigint, low_stock_version) where id = $1";
const THRESHOLDS: &str =
    "select id, low_stock_threshold from variants where id = any($1) and low_stock_threshold is not null";

impl KeepAdjustments for Database {
    async fn find_adjustment(&self, request: Hash) -> Result<Option<Adjustment>, StoreError> {
        let sql = format!("select {COLUMNS} from stock_adjustments where request = $1");
        let rows = self.list(&sql, &[&request.as_slice()]).await?;
        Ok(rows.first().map(adjustment).transpose()?)
    }

    async fn begin_adjustment(&self, new: &NewAdjustment<'_>) -> Result<bool, StoreError> {
        let begun = self.run_tx("begin_adjustment", Isolation::ReadCommitted, new, |tx, new| begin(tx, new).boxed());
        Ok(begun.await?)
    }

    async fn end_adjustment(&self, end: &AdjustmentEnd<'_>) -> Result<(), StoreError> {
        let ended = self.run_tx("end_adjustment", Isolation::ReadCommitted, end, |tx, end| write_end(tx, end).boxed());
        Ok(ended.await?)
    }

    async fn list_open_adjustments(
        &self,
        before: Timestamp,
        after: Option<AdjustmentId>,
        limit: u32,
    ) -> Result<Vec<Adjustment>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from stock_adjustments
            where state = 'OPEN' and updated_at <= $1 and ($2::uuid is null or id > $2) order by id limit $3"
        );
        let rows = self.list(&sql, &[&before, &after.map(AdjustmentId::as_uuid), &i64::from(limit)]).await?;
        Ok(rows.iter().map(adjustment).collect::<Result<_, _>>()?)
    }

    async fn load_thresholds(&self, variants: &[VariantId]) -> Result<Vec<(VariantId, u32)>, StoreError> {
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.as_uuid()).collect();
        let rows = self.list(THRESHOLDS, &[&ids]).await?;
        let threshold = |row: &Row| {
            let variant = VariantId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?;
            Ok((variant, u32::try_from(row.try_get::<_, i32>(1)?).map_err(DbError::broken)?))
        };
        Ok(rows.iter().map(threshold).collect::<Result<_, DbError>>()?)
    }
}

async fn begin(tx: &Transaction<'_>, new: &NewAdjustment<'_>) -> Result<bool, DbError> {
    if let Some((key, fence, _)) = new.request {
        let statement = tx.prepare_cached(OWNED).await?;
        let key_hash = key.key_hash.as_slice();
        if tx.query_opt(&statement, &[&key.principal.as_uuid(), &key.route, &key_hash, &fence]).await?.is_none() {
            return Ok(false);
        }
    }
    let change = new.change;
    let threshold = threshold(change)?;
    let version = new.version.map(i64::try_from).transpose().map_err(DbError::broken)?;
    let request = new.request.as_ref().map(|(_, _, request)| request.as_slice());
    let statement = tx.prepare_cached(INSERT).await?;
    tx.execute(
        &statement,
        &[
            &new.id.as_uuid(),
            &new.variant_id.as_uuid(),
            &change.kind.as_str(),
            &change.quantity,
            &(change.threshold != ThresholdChange::Keep),
            &threshold,
            &version,
            &request,
            &new.now,
        ],
    )
    .await?;
    Ok(true)
}

async fn write_end(tx: &Transaction<'_>, end: &AdjustmentEnd<'_>) -> Result<(), DbError> {
    let adjustment = end.adjustment;
    let (id, variant, change) = (adjustment.id.as_uuid(), adjustment.variant_id, adjustment.change);
    let state = if end.refusal.is_some() { "REFUSED" } else { "DONE" };
    lock(tx, variant).await?;
    let statement = tx.prepare_cached(END).await?;
    let ended = tx.execute(&statement, &[&id, &state, &end.refusal.map(Refusal::as_str), &end.now]).await? == 1;
    if ended && end.refusal.is_none() {
        if let Some(quantity) = change.quantity {
            let reference = adjustment.id.to_string();
            write_entry(tx, variant, change.kind.as_str(), quantity, &reference, end.now).await?;
        }
        if change.threshold != ThresholdChange::Keep {
            let available = end.level.map(StockLevel::available);
            let version = end.level.map(|level| i64::try_from(level.version)).transpose().map_err(DbError::broken)?;
            let statement = tx.prepare_cached(THRESHOLD).await?;
            tx.execute(&statement, &[&variant.as_uuid(), &threshold(change)?, &available, &version]).await?;
        }
    }
    let answered = match end.request {
        RequestEnd::Stays => false,
        RequestEnd::Answered(key, fence, answer) => finish_key(tx, key, fence, answer, end.now).await?,
        RequestEnd::Forgotten(key, fence) => forget_key(tx, key, fence).await?,
    };
    if answered {
        let statement = tx.prepare_cached(ANSWERED).await?;
        tx.execute(&statement, &[&id]).await?;
    }
    Ok(())
}

fn threshold(change: StockChange) -> Result<Option<i32>, DbError> {
    let ThresholdChange::Set(threshold) = change.threshold else { return Ok(None) };
    threshold.map(i32::try_from).transpose().map_err(DbError::broken)
}

fn adjustment(row: &Row) -> Result<Adjustment, DbError> {
    let kinds = [AdjustmentKind::Receipt, AdjustmentKind::Correction];
    let kind: &str = row.try_get(2)?;
    let kind = kinds.into_iter().find(|known| known.as_str() == kind);
    let threshold: Option<i32> = row.try_get(5)?;
    let threshold = threshold.map(u32::try_from).transpose().map_err(DbError::broken)?;
    let version: Option<i64> = row.try_get(6)?;
    Ok(Adjustment {
        id: AdjustmentId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        variant_id: VariantId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        change: StockChange {
            quantity: row.try_get(3)?,
            kind: kind.ok_or_else(|| DbError::broken("unknown kind of adjustment"))?,
            threshold: if row.try_get(4)? { ThresholdChange::Set(threshold) } else { ThresholdChange::Keep },
        },
        version: version.map(u64::try_from).transpose().map_err(DbError::broken)?,
        state: state(row.try_get(7)?, row.try_get(8)?)?,
    })
}

fn state(state: &str, refusal: Option<&str>) -> Result<AdjustmentState, DbError> {
    match state {
        "OPEN" => Ok(AdjustmentState::Open),
        "DONE" => Ok(AdjustmentState::Done),
        _ => {
            let refusal = Refusal::ALL.into_iter().find(|known| Some(known.as_str()) == refusal);
            refusal.map(AdjustmentState::Refused).ok_or_else(|| DbError::broken("refused for an unknown reason"))
        }
    }
}
