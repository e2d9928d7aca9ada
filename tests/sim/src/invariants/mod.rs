//! What must hold, whatever went wrong.

mod carts;
mod events;
mod money;
mod orders;
mod papers;
pub(crate) mod receipts;
mod stock;

use std::collections::BTreeMap;

use commerce_domain::{CartId, OrderId, VariantId, state::OrderStatus};
use tokio_postgres::{Row, types::ToSql};

pub(crate) use self::stock::check_stock;
use crate::{
    lab::{Lab, LabError},
    shop::Shop,
    shopper::Shopper,
};

/// A checkout of the run's, and what it became.
pub(crate) struct Found {
    pub(crate) owner: String,
    pub(crate) order_id: OrderId,
    pub(crate) cart: (String, u64),
    /// `OPEN`, `PLACED`, `FAILED`, `CANCELLED`.
    pub(crate) checkout: String,
    /// None where it became no order.
    pub(crate) order: Option<OrderStatus>,
    /// Whether it is noted that its pieces have left the cart.
    pub(crate) is_taken: bool,
    /// Variant to pieces.
    pub(crate) lines: BTreeMap<String, i64>,
    /// Sequence and name of each event.
    pub(crate) events: Vec<(i64, String)>,
}

impl Found {
    pub(crate) fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|(_, name)| name == event).count()
    }
}

/// Looks at everything, once all is quiet.
pub(crate) async fn check(lab: &Lab, shop: &Shop, shoppers: &[Shopper]) -> Result<(), LabError> {
    check_stock(lab, shop).await?;
    let found = find(lab, shop).await?;
    for checkout in &found {
        orders::check(shop, checkout);
        money::check(lab, shop, checkout).await?;
        stock::check_hold(shop, checkout).await?;
        papers::check(lab, shop, checkout).await?;
    }
    papers::check_series(lab, shop).await?;
    money::check_strangers(shop, &found);
    stock::check_ledger(lab, shop).await?;
    carts::check(shop, shoppers, &found).await?;
    let mut subjects: Vec<String> = found.iter().map(|checkout| checkout.order_id.to_string()).collect();
    subjects.push(shop.unfinished.product.to_string());
    events::check(lab, shop, &subjects).await?;
    tally(shop, &found);
    Ok(())
}

fn tally(shop: &Shop, found: &[Found]) {
    let mut state = shop.world.state();
    for status in found.iter().filter_map(|checkout| checkout.order) {
        state.tally.orders[0] += 1;
        match status {
            OrderStatus::Processing => state.tally.orders[1] += 1,
            OrderStatus::Failed | OrderStatus::Cancelled => state.tally.orders[2] += 1,
            _ => {}
        }
    }
    state.tally.stranded += found.iter().map(|checkout| checkout.count("PaymentStranded") as u64).sum::<u64>();
}

const CHECKOUTS: &str =
    "select u.sub, c.order_id, c.cart_id, c.cart_version, c.state, o.status, c.cart_taken_at is not null
    from checkouts c join customers u on u.id = c.customer_id left join orders o on o.id = c.order_id
    where u.sub = any($1) order by c.id";
const LINES: &str = "select variant_id, quantity::bigint from order_items where order_id = $1";
const EVENTS: &str = "select sequence, event from outbox where aggregate_id = $1 order by sequence";

/// Every checkout of this run's customers.
async fn find(lab: &Lab, shop: &Shop) -> Result<Vec<Found>, LabError> {
    let mut found = Vec::new();
    for row in rows(lab, CHECKOUTS, &[&shop.customers]).await? {
        let order_id = OrderId::from_uuid(row.get(1)).map_err(broken)?;
        let cart = CartId::from_uuid(row.get(2)).map_err(broken)?;
        let status: Option<&str> = row.get(5);
        let lines = rows(lab, LINES, &[&order_id.as_uuid()]).await?;
        let line = |row: &Row| {
            let variant = VariantId::from_uuid(row.get(0)).map_err(broken)?;
            Ok((variant.to_string(), row.get(1)))
        };
        let events = rows(lab, EVENTS, &[&order_id.to_string()]).await?;
        found.push(Found {
            owner: row.get(0),
            order_id,
            cart: (cart.to_string(), u64::try_from(row.get::<_, i64>(3)).map_err(broken)?),
            checkout: row.get(4),
            order: status.map(str::parse).transpose().map_err(broken)?,
            is_taken: row.get(6),
            lines: lines.iter().map(line).collect::<Result<_, LabError>>()?,
            events: events.iter().map(|row| (row.get(0), row.get(1))).collect(),
        });
    }
    Ok(found)
}

pub(crate) async fn rows(lab: &Lab, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, LabError> {
    let client = lab.database().client().await?;
    let statement = client.prepare_cached(sql).await.map_err(broken)?;
    client.query(&statement, parameters).await.map_err(broken)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn broken(error: impl ToString) -> LabError {
    LabError::Store(error.to_string())
}
