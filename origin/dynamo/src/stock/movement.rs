//! Movements of goods, each remembered by an item of its own beside the counters.

use std::collections::BTreeMap;

use commerce_aws::{
    AwsEnvironment, AwsError, CancellationReason, Item,
    dynamodb::{PutItem, TransactWrite, TransactWriteItems, UpdateItem, item, map, number, text},
};
use commerce_domain::VariantId;
use origin_core::{
    StoreError,
    inventory::{CallOffOutcome, MoveOutcome, MoveStock, MovedLine, ReadStock as _, StockLevel, StockMovement, TooFew},
};
use serde::Deserialize;

use super::{
    DynamoStock,
    items::{stock_key, stock_level},
};
use crate::{error::store_error, tables::PK};

/// How long a movement is remembered: whoever made it and does not know has asked again by then.
const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// Limits that change while goods leave are read again; this often.
const MAX_ROUNDS: u32 = 4;
const MOVED: &str = "MOVED";
const CALLED_OFF: &str = "CALLED_OFF";

/// A movement that was made, or never will be.
#[derive(Debug, Deserialize)]
struct StoredMovement {
    state: String,
    lines: BTreeMap<String, i64>,
}

impl<E: AwsEnvironment> MoveStock for DynamoStock<E> {
    async fn move_stock(&self, movement: &StockMovement) -> Result<MoveOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let limits = self.limits_of_leaving(movement).await?;
            let request = TransactWriteItems {
                transact_items: std::iter::once(TransactWrite::Put(self.put_movement(movement, MOVED)))
                    .chain(movement.lines.iter().map(|line| self.move_line(line, movement.version, &limits)))
                    .collect(),
                client_request_token: None,
            };
            let reasons = match self.db().transact_write_items_repeatably(&request).await {
                Ok(()) => return Ok(MoveOutcome::Moved),
                // Also where the first attempt was made and its answer lost: the movement is there.
                Err(AwsError::TransactionCancelled { reasons }) => reasons,
                Err(error) => return Err(store_error(error)),
            };
            if let Some(outcome) = outcome_of(movement, reasons)? {
                return Ok(outcome);
            }
        }
        Err(StoreError::unavailable("others kept changing the counters"))
    }

    async fn call_off(&self, reference: &str) -> Result<CallOffOutcome, StoreError> {
        let movement = StockMovement { reference: reference.to_owned(), lines: Vec::new(), version: None };
        let put = PutItem { repeatable: true, ..self.put_movement(&movement, CALLED_OFF) };
        match self.db().put_item(&put).await {
            Ok(_) => Ok(CallOffOutcome::CalledOff),
            Err(AwsError::ConditionalCheckFailed { item }) => {
                let moved = existing(item)?.state == MOVED;
                Ok(if moved { CallOffOutcome::Moved } else { CallOffOutcome::CalledOff })
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

impl<E: AwsEnvironment> DynamoStock<E> {
    /// How many may be sold beyond the stock of what is to leave. A condition cannot subtract it from what can be sold, so it
    /// is read before, and must still be the same.
    async fn limits_of_leaving(&self, movement: &StockMovement) -> Result<BTreeMap<VariantId, i64>, StoreError> {
        let leaving = movement.lines.iter().filter(|line| line.quantity < 0);
        let leaving: Vec<VariantId> = leaving.map(|line| line.variant_id).collect();
        let levels = self.read_stock(&leaving).await?;
        Ok(levels.into_iter().map(|level| (level.variant_id, level.backorder_limit)).collect())
    }

    fn put_movement(&self, movement: &StockMovement, state: &str) -> PutItem {
        let lines = movement.lines.iter().map(|line| (line.variant_id.to_string(), number(line.quantity)));
        let now = self.db().client().env().now();
        PutItem {
            table_name: self.table(),
            item: item([
                (PK, text(format!("movement#{}", movement.reference))),
                ("state", text(state)),
                ("lines", map(lines)),
                ("at", number(now.as_millisecond())),
                ("ttl", number(now.as_second() + KEPT_SECONDS)),
            ]),
            condition_expression: Some("attribute_not_exists(pk)".to_owned()),
            return_old_on_failure: true,
            ..PutItem::default()
        }
    }

    fn move_line(&self, line: &MovedLine, version: Option<u64>, limits: &BTreeMap<VariantId, i64>) -> TransactWrite {
        let mut update = UpdateItem {
            table_name: self.table(),
            key: stock_key(line.variant_id),
            update_expression: "SET onHand = onHand + :q, sellable = sellable + :q, #version = #version + :one"
                .to_owned(),
            condition_expression: Some("attribute_exists(pk)".to_owned()),
            expression_attribute_names: [("#version".to_owned(), "version".to_owned())].into(),
            expression_attribute_values: [(":q".to_owned(), number(line.quantity)), (":one".to_owned(), number(1))]
                .into(),
            return_old_on_failure: true,
            ..UpdateItem::default()
        };
        if line.quantity < 0 {
            let limit = limits.get(&line.variant_id).copied().unwrap_or(0);
            require(&mut update, "backorderLimit = :limit AND sellable >= :least");
            update.expression_attribute_values.insert(":limit".to_owned(), number(limit));
            update.expression_attribute_values.insert(":least".to_owned(), number(limit - line.quantity));
        }
        if let Some(version) = version {
            require(&mut update, "#version = :version");
            update.expression_attribute_values.insert(":version".to_owned(), number(version));
        }
        TransactWrite::Update(update)
    }
}

fn require(update: &mut UpdateItem, condition: &str) {
    if let Some(conditions) = &mut update.condition_expression {
        conditions.push_str(" AND ");
        conditions.push_str(condition);
    }
}

fn existing(stored: Option<Item>) -> Result<StoredMovement, StoreError> {
    let stored = stored.ok_or_else(|| StoreError::broken("a movement exists and was not shown"))?;
    serde_dynamo::from_item(stored).map_err(StoreError::broken)
}

/// What a cancelled transaction says: the first reason is the movement's, the others are the lines'. None where the counters
/// have changed since their limits were read.
fn outcome_of(movement: &StockMovement, reasons: Vec<CancellationReason>) -> Result<Option<MoveOutcome>, StoreError> {
    let mut reasons = reasons.into_iter();
    if let Some(first) = reasons.next()
        && first.is_failed_condition()
    {
        return made_before(movement, &existing(first.item)?).map(Some);
    }
    let (mut too_few, mut without, mut other_version) = (Vec::new(), Vec::new(), false);
    for (line, reason) in movement.lines.iter().zip(reasons).filter(|(_, reason)| reason.is_failed_condition()) {
        let Some(level) = reason.item.map(stock_level).transpose()? else {
            without.push(line.variant_id);
            continue;
        };
        other_version |= movement.version.is_some_and(|version| version != level.version);
        too_few.extend(is_short(line, &level));
    }
    Ok(if !without.is_empty() {
        Some(MoveOutcome::NoCounters(without))
    } else if other_version {
        Some(MoveOutcome::OtherVersion)
    } else if !too_few.is_empty() {
        Some(MoveOutcome::TooFew(too_few))
    } else {
        None
    })
}

fn is_short(line: &MovedLine, level: &StockLevel) -> Option<TooFew> {
    let short = line.quantity < 0 && level.available() + line.quantity < 0;
    short.then(|| TooFew { variant_id: line.variant_id, available: level.available() })
}

/// What it means that the movement is there already.
fn made_before(movement: &StockMovement, stored: &StoredMovement) -> Result<MoveOutcome, StoreError> {
    if stored.state == CALLED_OFF {
        return Ok(MoveOutcome::CalledOff);
    }
    let wanted: BTreeMap<String, i64> =
        movement.lines.iter().map(|line| (line.variant_id.to_string(), line.quantity)).collect();
    if stored.lines == wanted {
        Ok(MoveOutcome::Moved)
    } else {
        Err(StoreError::broken("the movement moved other lines"))
    }
}
