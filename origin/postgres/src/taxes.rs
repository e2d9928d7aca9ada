//! The column `taxes` of checkouts and orders: what is taxed at each rate. Numbers are decimal text, amounts in the row's currency.

use commerce_domain::{Currency, Money, TaxRate, pricing::TaxTotal};
use serde::{Deserialize, Serialize};

use crate::DbError;

#[derive(Serialize, Deserialize)]
struct StoredTax {
    name: String,
    rate: String,
    base: String,
    amount: String,
}

/// The column of these taxes.
pub(crate) fn stored(taxes: &[TaxTotal]) -> Result<serde_json::Value, DbError> {
    let stored = taxes.iter().map(|tax| StoredTax {
        name: tax.name.clone(),
        rate: tax.rate.to_string(),
        base: tax.base.amount().to_string(),
        amount: tax.amount.amount().to_string(),
    });
    serde_json::to_value(stored.collect::<Vec<_>>()).map_err(DbError::broken)
}

/// The taxes in the column; none where they were not kept.
pub(crate) fn read(column: Option<serde_json::Value>, currency: Currency) -> Result<Vec<TaxTotal>, DbError> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let stored: Vec<StoredTax> = serde_json::from_value(column).map_err(DbError::broken)?;
    let money = |text: &str| -> Result<Money, DbError> {
        Money::new(text.parse().map_err(DbError::broken)?, currency).map_err(DbError::broken)
    };
    let tax = |stored: StoredTax| {
        let rate = TaxRate::new(stored.rate.parse().map_err(DbError::broken)?).map_err(DbError::broken)?;
        Ok(TaxTotal { name: stored.name, rate, base: money(&stored.base)?, amount: money(&stored.amount)? })
    };
    stored.into_iter().map(tax).collect()
}
