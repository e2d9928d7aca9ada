//! A checkout as a row.

use commerce_api::order::Address;
use commerce_domain::{CartId, CheckoutId, Currency, CustomerId, Money, OrderId, TaxRate};
use origin_core::checkout::{Checkout, OrderLine};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::{DbError, taxes};

/// The columns that [`checkout`] reads, of `checkouts c`.
pub(crate) const COLUMNS: &str = "c.id, c.order_id, c.customer_id, c.cart_id, c.cart_version, c.request_hash, c.lines,
    c.currency::text, c.subtotal, c.tax, c.shipping, c.total, c.shipping_address, c.payment_method, c.hold_until, c.created_at,
    c.tax_included, c.taxes, c.shipping_tax, c.order_number";

/// A priced line in the column `lines`. Amounts are decimal text in the checkout's currency.
#[derive(Serialize, Deserialize)]
struct StoredLine {
    variant_id: String,
    product_id: String,
    name: String,
    sku: Option<String>,
    options: Vec<(String, String)>,
    quantity: u32,
    price: String,
    subtotal: String,
    tax: String,
    tax_rate: Option<String>,
    tax_name: Option<String>,
}

/// The lines as they are stored.
pub(super) fn stored_lines(checkout: &Checkout) -> Result<serde_json::Value, DbError> {
    let line = |line: &OrderLine| StoredLine {
        variant_id: line.variant_id.to_string(),
        product_id: line.product_id.to_string(),
        name: line.name.clone(),
        sku: line.sku.clone(),
        options: line.options.clone(),
        quantity: line.quantity,
        price: line.unit_price.amount().to_string(),
        subtotal: line.subtotal.amount().to_string(),
        tax: line.tax.amount().to_string(),
        tax_rate: line.tax_rate.map(|rate| rate.to_string()),
        tax_name: line.tax_name.clone(),
    };
    let lines: Vec<StoredLine> = checkout.lines.iter().map(line).collect();
    serde_json::to_value(lines).map_err(DbError::broken)
}

/// The checkout in [`COLUMNS`].
pub(crate) fn checkout(row: &Row) -> Result<Checkout, DbError> {
    let currency: Currency = row.try_get::<_, &str>(7)?.parse().map_err(DbError::broken)?;
    let money = |column: usize| -> Result<Money, DbError> {
        Money::new(row.try_get::<_, Decimal>(column)?, currency).map_err(DbError::broken)
    };
    let lines: Vec<StoredLine> = serde_json::from_value(row.try_get(6)?).map_err(DbError::broken)?;
    let address: Address = serde_json::from_value(row.try_get(12)?).map_err(DbError::broken)?;
    Ok(Checkout {
        id: CheckoutId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        order_id: OrderId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        customer_id: CustomerId::from_uuid(row.try_get(2)?).map_err(DbError::broken)?,
        cart_id: CartId::from_uuid(row.try_get(3)?).map_err(DbError::broken)?,
        cart_version: u64::try_from(row.try_get::<_, i64>(4)?).map_err(DbError::broken)?,
        request_hash: row.try_get::<_, &[u8]>(5)?.try_into().map_err(DbError::broken)?,
        lines: lines.into_iter().map(|line| order_line(line, currency)).collect::<Result<_, _>>()?,
        currency,
        subtotal: money(8)?,
        tax: money(9)?,
        shipping: money(10)?,
        total: money(11)?,
        shipping_address: address,
        payment_method: row.try_get(13)?,
        hold_until: row.try_get(14)?,
        created_at: row.try_get(15)?,
        tax_included: row.try_get(16)?,
        taxes: taxes::read(row.try_get(17)?, currency)?,
        shipping_tax: money(18)?,
        order_number: row.try_get::<_, &str>(19)?.parse().map_err(DbError::broken)?,
    })
}

fn order_line(stored: StoredLine, currency: Currency) -> Result<OrderLine, DbError> {
    let money = |text: &str| -> Result<Money, DbError> {
        Money::new(text.parse().map_err(DbError::broken)?, currency).map_err(DbError::broken)
    };
    let rate = |text: String| -> Result<TaxRate, DbError> {
        TaxRate::new(text.parse().map_err(DbError::broken)?).map_err(DbError::broken)
    };
    Ok(OrderLine {
        variant_id: stored.variant_id.parse().map_err(DbError::broken)?,
        product_id: stored.product_id.parse().map_err(DbError::broken)?,
        quantity: stored.quantity,
        unit_price: money(&stored.price)?,
        subtotal: money(&stored.subtotal)?,
        tax: money(&stored.tax)?,
        tax_rate: stored.tax_rate.map(rate).transpose()?,
        tax_name: stored.tax_name,
        name: stored.name,
        sku: stored.sku,
        options: stored.options,
    })
}
