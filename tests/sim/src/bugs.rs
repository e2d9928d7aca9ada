//! Bugs to be found: wrong versions of what adapters do, each the way it is commonly done wrong. No product code holds any.

use std::fmt;

use commerce_aws::{
    cart_table as table,
    dynamodb::{UpdateItem, map, number, text},
};
use commerce_domain::{CartId, Clock as _, EventId, OrderId, state::HoldState};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::Owned,
    idempotency::ClaimKey,
    inventory::{HeldLine, Hold, ReserveOutcome, SettleHold as _, Shortage},
    payments::{Provider, Settlement, Verdict, WebhookReceipt, WebhookStore as _},
    refunds::{BeginRefund, NewRefund, RefundStore as _},
};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE};
use test_support::SeededEntropy;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    fate::Step,
    stores::{SimCarts, SimDatabase, SimGateway, SimStock},
    tables::{cart_key, held_item, stock_key},
    world::World,
};

/// Something that is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Stock is looked at, and held without a condition.
    CheckThenWrite,
    /// Each call of the provider has a key of its own, so that it acts upon each.
    NewKeyPerRetry,
    /// An order's stock is released before its payment is called off.
    ReleaseBeforeCancel,
    /// A checkout is given up without a mark that a late hold would meet.
    NoTombstone,
    /// An answer is kept whoever owns the request by now.
    FenceNotChecked,
    /// Who finds a payment paid already tells of it again.
    LoserEmits,
    /// The order is told of before it is committed.
    EventBeforeCommit,
    /// That a webhook is handled is noted first, and what it brings about is written in another transaction.
    DedupeRowOutside,
    /// What was put into the cart since the order leaves it too.
    CartClearedWhole,
    /// A new life of a cart has the id and the versions of the last one.
    VersionReused,
    /// The sweep releases what is overdue, though a payment is under way.
    CommittingSwept,
    /// What is left of a payment is read, and the refund written without a look.
    RefundCapUnlocked,
}

impl Bug {
    /// Every bug.
    pub const ALL: [Self; 12] = [
        Self::CheckThenWrite,
        Self::NewKeyPerRetry,
        Self::ReleaseBeforeCancel,
        Self::NoTombstone,
        Self::FenceNotChecked,
        Self::LoserEmits,
        Self::EventBeforeCommit,
        Self::DedupeRowOutside,
        Self::CartClearedWhole,
        Self::VersionReused,
        Self::CommittingSwept,
        Self::RefundCapUnlocked,
    ];

    /// Whether a violation is what the bug brings about.
    pub fn is_shown_by(self, violation: &str) -> bool {
        let sign = match self {
            Self::CheckThenWrite => "sellable: -",
            Self::NewKeyPerRetry => "has several intents of",
            Self::ReleaseBeforeCancel | Self::CommittingSwept => "PaymentStranded 1 times",
            Self::NoTombstone => "is None, and its hold Some(Held)",
            Self::FenceNotChecked => "was answered with",
            Self::LoserEmits => "and its events are",
            Self::EventBeforeCommit => "was published, and never committed",
            Self::DedupeRowOutside => "is noted as handled, and had no effect",
            Self::CartClearedWhole => "into the cart, ordered",
            Self::VersionReused => "of a cart with",
            Self::RefundCapUnlocked => "RefundFailed",
        };
        violation.contains(sign)
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckThenWrite => "check-then-write",
            Self::NewKeyPerRetry => "new-key-per-retry",
            Self::ReleaseBeforeCancel => "release-before-cancel",
            Self::NoTombstone => "no-tombstone",
            Self::FenceNotChecked => "fence-not-checked",
            Self::LoserEmits => "loser-emits",
            Self::EventBeforeCommit => "event-before-commit",
            Self::DedupeRowOutside => "dedupe-row-outside",
            Self::CartClearedWhole => "cart-cleared-whole",
            Self::VersionReused => "version-reused",
            Self::CommittingSwept => "committing-swept",
            Self::RefundCapUnlocked => "refund-cap-unlocked",
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Two calls where there must be one: what the first one saw may be gone by the second.
pub(crate) async fn reserve_after_a_look(stock: &SimStock, hold: &Hold) -> Result<ReserveOutcome, StoreError> {
    let (tables, wanted) = (stock.tables.clone(), hold.clone());
    let look = move || async move {
        if let Some(there) = tables.hold(wanted.order_id).await? {
            let released = there.state == HoldState::Released;
            return Ok(Some(if released { ReserveOutcome::GivenUp } else { ReserveOutcome::Held }));
        }
        let mut short = Vec::new();
        for HeldLine { variant_id, quantity } in &wanted.lines {
            let sellable = tables.counters(*variant_id).await?.sellable;
            if sellable < i64::from(*quantity) {
                short.push(Shortage { variant_id: *variant_id, requested: *quantity, sellable });
            }
        }
        Ok((!short.is_empty()).then_some(ReserveOutcome::SoldOut(short)))
    };
    if let Some(outcome) = stock.world.call(Step::read("reserve"), look).await? {
        return Ok(outcome);
    }
    let (tables, hold) = (stock.tables.clone(), hold.clone());
    let write = move || async move {
        tables.put(INVENTORY_TABLE, held_item(&hold)).await?;
        for HeldLine { variant_id, quantity } in &hold.lines {
            let update = UpdateItem {
                table_name: INVENTORY_TABLE.to_owned(),
                key: stock_key(*variant_id),
                update_expression: "SET reserved = reserved + :q, sellable = sellable - :q".to_owned(),
                expression_attribute_values: [(":q".to_owned(), number(quantity))].into(),
                ..UpdateItem::default()
            };
            tables.update(update).await?;
        }
        Ok(ReserveOutcome::Held)
    };
    stock.world.call(Step::write("reserve"), write).await
}

/// Whether a checkout was given up by doing nothing at all.
pub(crate) async fn given_up_without_a_trace(stock: &SimStock, hold: &Hold) -> Result<bool, StoreError> {
    Ok(stock.bug == Some(Bug::NoTombstone) && stock.tables.hold(hold.order_id).await?.is_none())
}

/// The key of a call of the provider: one that it has never seen, for who makes up a new one each time.
pub(crate) fn key(world: &World, bug: Option<Bug>, key: String) -> String {
    if bug != Some(Bug::NewKeyPerRetry) {
        return key;
    }
    let number = world.draw(|rng| rng.below(u64::MAX));
    format!("{key}:{number:x}")
}

/// The stock goes first, and whether the payment can be called off is seen then.
pub(crate) async fn before_calling_off(gateway: &SimGateway, intent: &str) {
    if gateway.bug != Some(Bug::ReleaseBeforeCancel) {
        return;
    }
    let order = gateway.provider.book().intents.get(intent).map(|intent| intent.order);
    if let Some(order) = order {
        drop(gateway.stock.release(order).await);
    }
}

/// Tells of the order in a transaction of its own, unless that was told before.
pub(crate) async fn before_commit(
    database: &SimDatabase,
    owned: &Owned,
    event: EventId,
    now: Timestamp,
) -> Result<(), StoreError> {
    if database.bug != Some(Bug::EventBeforeCommit) {
        return Ok(());
    }
    let (this, order) = (database.clone(), owned.checkout.order_id);
    let write = move || async move {
        let told = run(&this, "select 1 from outbox where aggregate_id = $1", &[&order.to_string()]).await? > 0;
        if told { Ok(()) } else { tell(&this, event, order, "OrderCreated", now).await }
    };
    database.world.call(Step::write("commit_order"), write).await
}

/// The answer is kept whoever owns the request by now: what another one has answered meanwhile is forgotten.
pub(crate) async fn own_the_claim(database: &SimDatabase, key: &ClaimKey, fence: i64) -> Result<(), StoreError> {
    if database.bug != Some(Bug::FenceNotChecked) {
        return Ok(());
    }
    let mine = "update idempotency_keys set state = 'IN_FLIGHT', fence = $4, response_status = null,
        response_headers = null, response_body = null where principal = $1 and route = $2 and key_hash = $3";
    let values: [&(dyn ToSql + Sync); 4] = [&key.principal.as_uuid(), &key.route, &key.key_hash.as_slice(), &fence];
    run(database, mine, &values).await.map(drop)
}

/// The order was told of before: the commit, which tells of it as well, takes the place of that.
pub(crate) async fn told_by_commit(database: &SimDatabase, owned: &Owned) -> Result<(), StoreError> {
    if database.bug == Some(Bug::EventBeforeCommit) {
        let told = "delete from outbox where aggregate_id = $1 and not exists (select from orders where id = $2)";
        let order = owned.checkout.order_id;
        run(database, told, &[&order.to_string(), &order.as_uuid()]).await?;
    }
    Ok(())
}

/// Whether somebody else has told of the payment before.
pub(crate) async fn is_told(database: &SimDatabase, order: OrderId) -> Result<bool, StoreError> {
    let sql = "select 1 from outbox where aggregate_id = $1 and event = 'PaymentSucceeded'";
    Ok(database.bug == Some(Bug::LoserEmits) && run(database, sql, &[&order.to_string()]).await? > 0)
}

/// Tells of the payment whoever was first.
pub(crate) async fn tell_again(
    database: &SimDatabase,
    settlement: &Settlement<'_>,
    told: bool,
) -> Result<(), StoreError> {
    if told && matches!(settlement.verdict, Verdict::Succeeded { .. }) {
        let entropy = SeededEntropy::new(database.world.draw(|rng| rng.below(u64::MAX)));
        let id = EventId::generate(&database.world, &entropy);
        tell(database, id, settlement.attempt.order_id, "PaymentSucceeded", settlement.now).await?;
    }
    Ok(())
}

/// A sweep that goes by the clock alone: releases what is overdue, whatever its hold waits for.
pub(crate) async fn sweep_by_the_clock(database: &SimDatabase, stock: &SimStock) {
    if database.bug != Some(Bug::CommittingSwept) {
        return;
    }
    let this = database.clone();
    let list = move || async move {
        let client = this.real.client().await?;
        let sql = "select id from orders where status = 'PENDING' and reserved_until <= $1 order by id limit 100";
        let rows = client.query(sql, &[&this.world.now()]).await.map_err(StoreError::broken)?;
        let id = |row: &Row| OrderId::from_uuid(row.get(0)).map_err(StoreError::broken);
        rows.iter().map(id).collect::<Result<Vec<_>, _>>()
    };
    for order in database.world.call(Step::read("list_overdue_orders"), list).await.unwrap_or_default() {
        drop(stock.release(order).await);
    }
}

/// That an event is handled is noted before it is.
pub(crate) async fn noted_at_once(
    database: &SimDatabase,
    provider: Provider,
    event_id: &str,
) -> Result<(), StoreError> {
    if database.bug != Some(Bug::DedupeRowOutside) {
        return Ok(());
    }
    let (provider, received_at) = (provider.as_str(), database.world.now());
    let receipt = WebhookReceipt { provider, event_id, kind: "not read yet", received_at };
    database.real.note_webhook(&receipt).await
}

/// What becomes of the rest of the cart.
pub(crate) async fn after_taking_out(
    carts: &SimCarts,
    owner: &str,
    cart: CartId,
    taken: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let (id, version) = match carts.bug {
        Some(Bug::CartClearedWhole) if taken.is_some() => {
            (CartId::generate(&carts.world, carts.tables.dynamo.client().env()).to_string(), 1)
        }
        Some(Bug::VersionReused) if taken.is_none() && is_empty(carts, owner).await? => (cart.to_string(), 1),
        _ => return Ok(taken),
    };
    let update = UpdateItem {
        table_name: CARTS_TABLE.to_owned(),
        key: cart_key(owner),
        update_expression: "SET quantities = :nothing, #lines = :nothing, addedAt = :nothing, cartId = :id,
            #version = :version"
            .to_owned(),
        expression_attribute_names: [
            ("#lines".to_owned(), table::LINES.to_owned()),
            ("#version".to_owned(), table::VERSION.to_owned()),
        ]
        .into(),
        expression_attribute_values: [
            (":nothing".to_owned(), map::<String>([])),
            (":id".to_owned(), text(id)),
            (":version".to_owned(), number(version)),
        ]
        .into(),
        ..UpdateItem::default()
    };
    carts.tables.update(update).await.map(|()| None)
}

async fn is_empty(carts: &SimCarts, owner: &str) -> Result<bool, StoreError> {
    Ok(carts.tables.cart(owner).await?.is_some_and(|cart| cart.quantities.is_empty()))
}

async fn tell(
    database: &SimDatabase,
    id: EventId,
    order: OrderId,
    event: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "insert into outbox (id, aggregate_id, sequence, event, payload, created_at)
        select $4, $1, coalesce(max(sequence), 0) + 1, $2, coalesce(min(payload::text) filter (where event = $2), '{}')::jsonb, $3
        from outbox where aggregate_id = $1";
    run(database, sql, &[&order.to_string(), &event, &now, &id.as_uuid()]).await.map(drop)
}

const REFUND: &str = "insert into refunds (id, payment_id, order_id, cause, reason, amount, currency, state, created_at, updated_at)
    select $1, id, order_id, $3, $4, $5, currency, 'PENDING', $6, $6 from payments where id = $2 on conflict do nothing";

/// What is left is looked up in one call, and the refund written in another.
pub(crate) async fn refund_what_was_left(database: &SimDatabase, new: &NewRefund) -> Result<BeginRefund, StoreError> {
    let (real, payment) = (database.real.clone(), new.payment_id);
    let look = move || async move { real.find_refundable(payment).await };
    let found = database.world.call(Step::read("find_refundable"), look).await?;
    let Some(refundable) = found else { return Ok(BeginRefund::NoPayment) };
    let amount = new.amount.unwrap_or(refundable.left);
    if amount.minor() <= 0 || amount.minor() > refundable.left.minor() {
        return Ok(BeginRefund::NotLeft(refundable));
    }
    let (this, new) = (database.clone(), new.clone());
    let write = move || async move {
        let (id, payment) = (new.id.as_uuid(), new.payment_id.as_uuid());
        run(&this, REFUND, &[&id, &payment, &new.cause, &new.reason.as_str(), &amount.amount(), &new.now]).await?;
        this.real.begin_refund(&new).await
    };
    database.world.call(Step::write("begin_refund"), write).await
}

async fn run(database: &SimDatabase, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
    let client = database.real.client().await?;
    client.execute(sql, parameters).await.map_err(StoreError::broken)
}
