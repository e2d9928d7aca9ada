//! Whether a run has left behind what it should have: one order for each request, and held stock that adds up.

use std::collections::{BTreeMap, BTreeSet};

use commerce_aws::{
    AttributeValue, Item,
    dynamodb::{GetItem, item, text},
};
use commerce_domain::{OrderId, VariantId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use origin_core::inventory::ReadStock as _;
use origin_dynamo::INVENTORY_TABLE;

use crate::{carts::ISSUER, failure::Failure, shop::Shop};

/// Variants whose counters are read at once.
const CHUNK: usize = 100;
/// Holds that are read at once.
const AT_ONCE: usize = 16;

/// Pieces by variant.
type Lines = BTreeMap<String, i32>;

// Of one run's customers, by the beginning of their subjects.
const ORDERED: &str = "select o.id, i.variant_id, i.quantity from customers c
    join orders o on o.user_id = c.id join order_items i on i.order_id = o.id
    where c.issuer = $1 and c.sub like $2 and o.status = 'PENDING'";

const REQUESTS: &str = "select count(*) filter (where k.state = 'DONE'), count(*) filter (where k.state <> 'DONE'),
        count(distinct k.checkout_id)
    from customers c join idempotency_keys k on k.principal = c.id where c.issuer = $1 and c.sub like $2";

// Of all runs: here nothing is ever paid, and nothing ends.
const OF_VARIANTS: &str = "select variant_id, sum(quantity)::bigint from order_items group by variant_id";

/// What does not add up, in words; nothing where all is well.
pub(crate) async fn verify(shop: &Shop, run: u32, answered: &[String]) -> Result<Vec<String>, Failure> {
    let client = shop.database.client().await?;
    let owners = format!("run{run}-%");
    let mut ordered: BTreeMap<String, Lines> = BTreeMap::new();
    for line in client.query(ORDERED, &[&ISSUER, &owners]).await? {
        let order = OrderId::from_uuid(line.try_get(0)?)?.to_string();
        let variant = VariantId::from_uuid(line.try_get(1)?)?.to_string();
        ordered.entry(order).or_default().insert(variant, line.try_get(2)?);
    }
    let requests = client.query_one(REQUESTS, &[&ISSUER, &owners]).await?;
    let of_answers: BTreeSet<&String> = answered.iter().collect();
    let held = holds(shop, &of_answers).await?;
    let as_ordered = held.iter().filter(|(order, lines)| ordered.get(*order) == Some(*lines)).count();
    let expected = i64::try_from(answered.len())?;
    let counted = [
        ("different orders among the answers", i64::try_from(of_answers.len())?, expected),
        ("orders in the database", i64::try_from(ordered.len())?, expected),
        ("requests with their answer", requests.try_get(0)?, expected),
        ("requests without one", requests.try_get(1)?, 0),
        ("checkouts of requests", requests.try_get(2)?, expected),
        ("holds of what was ordered", i64::try_from(as_ordered)?, expected),
        ("variants whose reserved pieces are not those of orders", miscounted(shop).await?, 0),
    ];
    let wrong = counted.into_iter().filter(|(_, found, expected)| found != expected);
    Ok(wrong.map(|(what, found, expected)| format!("{what}: {found} instead of {expected}")).collect())
}

/// The holds of these orders that are in force.
async fn holds(shop: &Shop, orders: &BTreeSet<&String>) -> Result<BTreeMap<String, Lines>, Failure> {
    let reads = orders.iter().map(|order| async move {
        let request = GetItem {
            table_name: INVENTORY_TABLE.to_owned(),
            key: item([("pk", text(format!("reservation#{order}")))]),
            ..GetItem::default()
        };
        let found = shop.dynamo.get_item(&request).await?;
        Ok::<_, Failure>(found.and_then(|hold| held_lines(&hold)).map(|lines| ((*order).clone(), lines)))
    });
    stream::iter(reads).buffer_unordered(AT_ONCE).try_filter_map(async |hold| Ok(hold)).try_collect().await
}

fn held_lines(found: &Item) -> Option<Lines> {
    let AttributeValue::M(lines) = found.get("lines")? else { return None };
    let held = found.get("state").is_some_and(|state| matches!(state, AttributeValue::S(state) if state == "HELD"));
    let line = |(variant, quantity): (&String, &AttributeValue)| match quantity {
        AttributeValue::N(quantity) => Some((variant.clone(), quantity.parse().ok()?)),
        _ => None,
    };
    if held { lines.iter().map(line).collect() } else { None }
}

/// Variants of whose pieces more or fewer are reserved than all orders have.
async fn miscounted(shop: &Shop) -> Result<i64, Failure> {
    let mut ordered = BTreeMap::new();
    for row in shop.database.client().await?.query(OF_VARIANTS, &[]).await? {
        ordered.insert(VariantId::from_uuid(row.try_get(0)?)?, row.try_get::<_, i64>(1)?);
    }
    let mut wrong = 0;
    for chunk in shop.items.chunks(CHUNK) {
        let variants: Vec<VariantId> = chunk.iter().map(|item| item.variant).collect();
        for level in shop.stock.read_stock(&variants).await? {
            wrong += i64::from(ordered.get(&level.variant_id).copied().unwrap_or(0) != level.reserved);
        }
    }
    Ok(wrong)
}
