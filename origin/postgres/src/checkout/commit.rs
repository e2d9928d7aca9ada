//! The last commit of a checkout: the order, or the end.

use commerce_domain::{CheckoutId, EventId, OrderId, TaxRate};
use deadpool_postgres::Transaction;
use futures_util::{FutureExt as _, future::join5};
use jiff::Timestamp;
use origin_core::{
    checkout::{Checkout, OrderLine, Owned, SoldOut},
    idempotency::StoredAnswer,
    inventory::Shortage,
};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{
    Database, DbError, Isolation,
    idempotency::{finish_key, forget_key},
    outbox::{NewEvent, write_event, write_in_order},
};

const ORDER: &str = "insert into orders (id, checkout_id, user_id, status, currency, subtotal, tax, shipping, total, payment_method,
        shipping_address, reserved_until, created_at, updated_at, tax_included, taxes, shipping_tax, order_number)
    select order_id, id, customer_id, 'PENDING', currency, subtotal, tax, shipping, total, payment_method, shipping_address,
        hold_until, created_at, $2, tax_included, taxes, shipping_tax, order_number from checkouts where id = $1";

const ITEMS: &str =
    "insert into order_items (order_id, position, product_id, variant_id, name, sku, options, quantity, price,
        subtotal, tax, tax_rate, tax_name, created_at)
    select $1, position, product_id, variant_id, name, sku, options, quantity, price, subtotal, tax, tax_rate, tax_name, $2
    from unnest($3::int4[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[], $9::int4[], $10::numeric[],
        $11::numeric[], $12::numeric[], $13::numeric[], $14::text[])
        as line (position, product_id, variant_id, name, sku, options, quantity, price, subtotal, tax, tax_rate, tax_name)";

const END: &str = "update checkouts set state = $2, updated_at = $3 where id = $1 and state = 'OPEN'";

const WHY: &str = "update checkouts set failure_code = $2 where id = $1";

// Does not wait for the disk: where a crash of the database forgets it, the pieces are taken out again, which changes nothing.
const CART_TAKEN: &str = "with lazily as (select set_config('synchronous_commit', 'off', true))
    update checkouts set cart_taken_at = $2, cart_taken_version = $3 from lazily where id = $1 and cart_taken_at is null";

impl Database {
    /// Whether the order was written: not if the claim has another owner by now.
    pub(super) async fn write_order(
        &self,
        owned: &Owned,
        events: [EventId; 2],
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let args = (owned, events, answer, now);
        let written = self
            .run_tx("commit_order", Isolation::ReadCommitted, &args, |tx, (owned, events, answer, now)| {
                insert_order(tx, owned, *events, answer, *now).boxed()
            })
            .await;
        if_still_ours(written)
    }

    /// Whether the checkout was ended: not if the claim has another owner by now.
    pub(super) async fn write_failure(
        &self,
        owned: &Owned,
        sold_out: Option<&SoldOut>,
        answer: &StoredAnswer,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let args = (owned, sold_out, answer, now);
        let written = self
            .run_tx("fail_checkout", Isolation::ReadCommitted, &args, |tx, (owned, sold_out, answer, now)| {
                end_in_failure(tx, owned, *sold_out, answer, *now).boxed()
            })
            .await;
        if_still_ours(written)
    }

    pub(super) async fn write_cart_taken(
        &self,
        checkout: CheckoutId,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let version = version.map(i64::try_from).transpose().map_err(DbError::broken)?;
        let client = self.client().await?;
        let statement = client.prepare_cached(CART_TAKEN).await?;
        client.execute(&statement, &[&checkout.as_uuid(), &now, &version]).await?;
        Ok(())
    }
}

fn if_still_ours(written: Result<(), DbError>) -> Result<bool, DbError> {
    match written {
        Ok(()) => Ok(true),
        Err(DbError::CalledOff) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn insert_order(
    tx: &Transaction<'_>,
    owned: &Owned,
    events: [EventId; 2],
    answer: &StoredAnswer,
    now: Timestamp,
) -> Result<(), DbError> {
    let checkout = &owned.checkout;
    let held = checkout.lines.iter().map(|line| json!({"variantId": line.variant_id, "quantity": line.quantity}));
    let held: Vec<serde_json::Value> = held.collect();
    let [created, reserved] = events;
    let happened = vec![
        (created, "OrderCreated", json!({"orderId": checkout.order_id, "customerId": checkout.customer_id})),
        (reserved, "InventoryReserved", json!({"orderId": checkout.order_id, "lines": held})),
    ];
    // Sent together, and run one after the other. Whose claim it is decides: what the others did then, or failed at, is rolled back.
    let (ours, ended, ordered, items, told) = join5(
        finish_key(tx, &owned.key, owned.fence, answer, now),
        end(tx, checkout, "PLACED", now),
        insert_order_row(tx, checkout.id, now),
        insert_items(tx, checkout),
        write_in_order(tx, checkout.order_id.to_string(), happened, now),
    )
    .await;
    if !ours? {
        return Err(DbError::CalledOff);
    }
    if !ended? {
        return Err(DbError::broken("a claimed checkout that is not open"));
    }
    ordered.and(items).and(told)
}

async fn insert_order_row(tx: &Transaction<'_>, checkout: CheckoutId, now: Timestamp) -> Result<(), DbError> {
    let statement = tx.prepare_cached(ORDER).await?;
    tx.execute(&statement, &[&checkout.as_uuid(), &now]).await?;
    Ok(())
}

async fn insert_items(tx: &Transaction<'_>, checkout: &Checkout) -> Result<(), DbError> {
    let statement = tx.prepare_cached(ITEMS).await?;
    let lines = &checkout.lines;
    let position: Vec<i32> = (0_i32..).take(lines.len()).collect();
    let quantity = column(lines, |line| i32::try_from(line.quantity).unwrap_or(i32::MAX));
    let options: Vec<serde_json::Value> = column(lines, |line| json!(line.options));
    tx.execute(
        &statement,
        &[
            &checkout.order_id.as_uuid(),
            &checkout.created_at,
            &position,
            &column(lines, |line| line.product_id.as_uuid()),
            &column(lines, |line| line.variant_id.as_uuid()),
            &column(lines, |line| line.name.as_str()),
            &column(lines, |line| line.sku.as_deref()),
            &options,
            &quantity,
            &column::<Decimal>(lines, |line| line.unit_price.amount()),
            &column::<Decimal>(lines, |line| line.subtotal.amount()),
            &column::<Decimal>(lines, |line| line.tax.amount()),
            &column::<Option<Decimal>>(lines, |line| line.tax_rate.map(TaxRate::value)),
            &column(lines, |line| line.tax_name.as_deref()),
        ],
    )
    .await?;
    Ok(())
}

fn column<'a, T>(lines: &'a [OrderLine], value: impl Fn(&'a OrderLine) -> T) -> Vec<T> {
    lines.iter().map(value).collect()
}

/// A failed checkout frees its cart. A key that the client chose keeps the answer; one that was made of the cart does not.
async fn end_in_failure(
    tx: &Transaction<'_>,
    owned: &Owned,
    sold_out: Option<&SoldOut>,
    answer: &StoredAnswer,
    now: Timestamp,
) -> Result<(), DbError> {
    let ours = if owned.key.synthetic {
        forget_key(tx, &owned.key, owned.fence).await?
    } else {
        finish_key(tx, &owned.key, owned.fence, answer, now).await?
    };
    if !ours || !end(tx, &owned.checkout, "FAILED", now).await? {
        return Err(DbError::CalledOff);
    }
    let statement = tx.prepare_cached(WHY).await?;
    tx.execute(&statement, &[&owned.checkout.id.as_uuid(), &problem_code(answer)]).await?;
    if let Some(sold_out) = sold_out {
        write_event(tx, &reservation_failed(owned.checkout.order_id, sold_out), now).await?;
    }
    Ok(())
}

fn reservation_failed(order: OrderId, sold_out: &SoldOut) -> NewEvent {
    let shortage = |short: &Shortage| json!({"variantId": short.variant_id, "requested": short.requested, "sellable": short.sellable});
    let shortages: Vec<serde_json::Value> = sold_out.shortages.iter().map(shortage).collect();
    NewEvent {
        id: sold_out.event,
        aggregate_id: order.to_string(),
        event: "InventoryReservationFailed",
        payload: json!({"orderId": order, "shortages": shortages}),
    }
}

/// The code of a problem body.
fn problem_code(answer: &StoredAnswer) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    body["error"]["code"].as_str().map(str::to_owned)
}

async fn end(tx: &Transaction<'_>, checkout: &Checkout, state: &str, now: Timestamp) -> Result<bool, DbError> {
    let statement = tx.prepare_cached(END).await?;
    Ok(tx.execute(&statement, &[&checkout.id.as_uuid(), &state, &now]).await? == 1)
}
