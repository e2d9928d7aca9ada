//! Orders as their customers read them.

use std::collections::HashMap;

use commerce_api::{cursor::OrderSlice, order::Address};
use commerce_domain::{Currency, CustomerId, Money, OrderId, ProductId, TaxRate, VariantId};
use deadpool_postgres::Object;
use origin_core::{
    StoreError,
    checkout::OrderLine,
    orders::{Order, OrderFilter, OrderPage, ReadOrders},
    shipping::Shipment,
};
use rust_decimal::Decimal;
use tokio_postgres::Row;
use uuid::Uuid;

use super::list::Listing;
use crate::{Database, DbError, shipping::shipments_of, taxes};

pub(super) const COLUMNS: &str = "id, status, currency::text, subtotal, tax, shipping, total, shipping_address, tracking_number,
        estimated_delivery, created_at, updated_at, tax_included, taxes, shipping_tax, payment_status,
        (select coalesce(-sum(amount), 0) from ledger_entries l where order_id = o.id and kind in ('refund', 'refund_failed')
            and not exists (select from payments p where p.id = l.payment_id and p.state = 'CANCELED')),
        version, order_number";

const ITEMS: &str =
    "select order_id, product_id, variant_id, name, sku, options, quantity, price, subtotal, tax, tax_rate, tax_name
    from order_items where order_id = any($1) order by order_id, position";

impl ReadOrders for Database {
    async fn find_order(&self, customer: Option<CustomerId>, order: OrderId) -> Result<Option<Order>, StoreError> {
        let client = self.client().await?;
        let found = async {
            let sql = format!("select {COLUMNS} from orders o where ($1::uuid is null or user_id = $1) and id = $2");
            let statement = client.prepare_cached(&sql).await?;
            let row = client.query_opt(&statement, &[&customer.map(CustomerId::as_uuid), &order.as_uuid()]).await?;
            with_items(&client, row.as_slice()).await
        };
        Ok(found.await?.pop())
    }

    async fn list_orders(&self, filter: OrderFilter, slice: OrderSlice) -> Result<OrderPage, StoreError> {
        let client = self.client().await?;
        Ok(Listing::of(&client, filter).read(slice).await?)
    }
}

/// The orders in these rows with their lines, in the rows' order.
pub(super) async fn with_items(client: &Object, rows: &[Row]) -> Result<Vec<Order>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let statement = client.prepare_cached(ITEMS).await?;
    let mut items: HashMap<Uuid, Vec<Row>> = HashMap::with_capacity(ids.len());
    for item in client.query(&statement, &[&ids]).await? {
        items.entry(item.try_get(0)?).or_default().push(item);
    }
    let mut shipments = shipments_of(client, &ids).await?;
    let items_of = |id: &Uuid| items.get(id).map_or(&[][..], Vec::as_slice);
    rows.iter().zip(&ids).map(|(row, id)| order(row, items_of(id), shipments.remove(id).unwrap_or_default())).collect()
}

fn order(row: &Row, items: &[Row], shipments: Vec<Shipment>) -> Result<Order, DbError> {
    let currency: Currency = row.try_get::<_, &str>(2)?.parse().map_err(DbError::broken)?;
    let address: Address = serde_json::from_value(row.try_get(7)?).map_err(DbError::broken)?;
    Ok(Order {
        id: OrderId::from_uuid(row.try_get(0)?).map_err(DbError::broken)?,
        status: row.try_get::<_, &str>(1)?.parse().map_err(DbError::broken)?,
        lines: items.iter().map(|item| line(item, currency)).collect::<Result<_, _>>()?,
        currency,
        subtotal: money(row, 3, currency)?,
        tax: money(row, 4, currency)?,
        shipping: money(row, 5, currency)?,
        total: money(row, 6, currency)?,
        shipping_address: address,
        shipments,
        tracking_number: row.try_get(8)?,
        estimated_delivery: row.try_get(9)?,
        created_at: row.try_get(10)?,
        updated_at: row.try_get(11)?,
        tax_included: row.try_get(12)?,
        taxes: taxes::read(row.try_get(13)?, currency)?,
        shipping_tax: money(row, 14, currency)?,
        payment_status: row.try_get(15)?,
        refunded: money(row, 16, currency)?,
        version: u64::try_from(row.try_get::<_, i64>(17)?).map_err(DbError::broken)?,
        number: row.try_get::<_, &str>(18)?.parse().map_err(DbError::broken)?,
    })
}

/// A line in columns 1 to 11, as [`ITEMS`] has them.
pub(crate) fn line(row: &Row, currency: Currency) -> Result<OrderLine, DbError> {
    Ok(OrderLine {
        product_id: ProductId::from_uuid(row.try_get(1)?).map_err(DbError::broken)?,
        variant_id: VariantId::from_uuid(row.try_get(2)?).map_err(DbError::broken)?,
        name: row.try_get(3)?,
        sku: row.try_get(4)?,
        options: serde_json::from_value(row.try_get(5)?).map_err(DbError::broken)?,
        quantity: u32::try_from(row.try_get::<_, i32>(6)?).map_err(DbError::broken)?,
        unit_price: money(row, 7, currency)?,
        subtotal: money(row, 8, currency)?,
        tax: money(row, 9, currency)?,
        tax_rate: row.try_get::<_, Option<Decimal>>(10)?.map(TaxRate::new).transpose().map_err(DbError::broken)?,
        tax_name: row.try_get(11)?,
    })
}

/// An amount column in the row's currency.
pub(crate) fn money(row: &Row, column: usize, currency: Currency) -> Result<Money, DbError> {
    Money::new(row.try_get::<_, Decimal>(column)?, currency).map_err(DbError::broken)
}
