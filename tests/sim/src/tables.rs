//! DynamoDB as it is, without the origin's adapters: what the edge does to carts, and what is really there.

use std::collections::{BTreeMap, HashMap};

use commerce_aws::{
    AttributeValue, DynamoDb, Item,
    cart_table::{self as table, LIFE_SECONDS, StoredCart, StoredLine},
    dynamodb::{GetItem, PutItem, Query, UpdateItem, item, map, number, text},
};
use commerce_domain::{CartId, Clock as _, OrderId, VariantId, state::HoldState};
use origin_core::{StoreError, inventory::Hold};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE, PAYMENTS_TABLE};

use crate::stores::SimEnvironment;

/// The tables. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) dynamo: DynamoDb<SimEnvironment>,
}

/// The counters of a variant, `sellable` as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    pub(crate) backorder_limit: i64,
    pub(crate) sellable: i64,
}

/// A hold as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredHold {
    pub(crate) state: HoldState,
    pub(crate) lines: BTreeMap<String, i64>,
}

impl StoredHold {
    /// Whether it sets stock aside.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, HoldState::Held | HoldState::Committing)
    }
}

impl Tables {
    pub(crate) async fn get(&self, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
        let get = GetItem { table_name: table.to_owned(), key, consistent_read: true, ..GetItem::default() };
        self.dynamo.get_item(&get).await.map_err(StoreError::broken)
    }

    pub(crate) async fn put(&self, table: &str, item: Item) -> Result<(), StoreError> {
        let put = PutItem { table_name: table.to_owned(), item, ..PutItem::default() };
        self.dynamo.put_item(&put).await.map(drop).map_err(StoreError::broken)
    }

    pub(crate) async fn update(&self, update: UpdateItem) -> Result<(), StoreError> {
        self.dynamo.update_item(&update).await.map(drop).map_err(StoreError::broken)
    }

    pub(crate) async fn counters(&self, variant: VariantId) -> Result<Counters, StoreError> {
        self.find_counters(variant).await?.ok_or_else(|| StoreError::broken("a variant without counters"))
    }

    pub(crate) async fn find_counters(&self, variant: VariantId) -> Result<Option<Counters>, StoreError> {
        let stored = self.get(INVENTORY_TABLE, stock_key(variant)).await?;
        Ok(stored.map(|stored| Counters {
            on_hand: whole(&stored, "onHand"),
            reserved: whole(&stored, "reserved"),
            backorder_limit: whole(&stored, "backorderLimit"),
            sellable: whole(&stored, "sellable"),
        }))
    }

    /// The entries of a payment's history: the event by its place.
    pub(crate) async fn payment_history(&self, payment: &str) -> Result<BTreeMap<u64, String>, StoreError> {
        let query = Query {
            table_name: PAYMENTS_TABLE.to_owned(),
            key_condition_expression: "paymentId = :payment".to_owned(),
            expression_attribute_values: [(":payment".to_owned(), text(payment))].into(),
            consistent_read: true,
            ..Query::default()
        };
        let found = self.dynamo.query(&query).await.map_err(StoreError::broken)?;
        let entry = |entry: &Item| {
            let Some(AttributeValue::S(event)) = entry.get("eventId") else {
                return Err(StoreError::broken("an entry without an event"));
            };
            Ok((u64::try_from(whole(entry, "sequence")).map_err(StoreError::broken)?, event.clone()))
        };
        found.items.iter().map(entry).collect()
    }

    pub(crate) async fn hold(&self, order: OrderId) -> Result<Option<StoredHold>, StoreError> {
        let Some(stored) = self.get(INVENTORY_TABLE, hold_key(order)).await? else { return Ok(None) };
        let Some(AttributeValue::S(state)) = stored.get("state") else {
            return Err(StoreError::broken("a hold without a state"));
        };
        let lines = match stored.get("lines") {
            Some(AttributeValue::M(lines)) => {
                lines.keys().map(|variant| (variant.clone(), whole(lines, variant))).collect()
            }
            _ => BTreeMap::new(),
        };
        Ok(Some(StoredHold { state: state.parse().map_err(StoreError::broken)?, lines }))
    }

    pub(crate) async fn cart(&self, owner: &str) -> Result<Option<StoredCart>, StoreError> {
        let found = self.get(CARTS_TABLE, cart_key(owner)).await?;
        found.map(|found| StoredCart::from_item(found).map_err(StoreError::broken)).transpose()
    }

    /// Adds pieces to a cart as the edge does, and returns the cart after it.
    pub(crate) async fn add_to_cart(
        &self,
        owner: &str,
        variant: VariantId,
        line: &StoredLine,
        pieces: i64,
    ) -> Result<StoredCart, StoreError> {
        let env = self.dynamo.client().env();
        let now = env.now();
        if self.cart(owner).await?.is_none() {
            let variant = variant.to_string();
            let cart = StoredCart {
                user_id: owner.to_owned(),
                cart_id: CartId::generate(env, env).to_string(),
                version: 1,
                quantities: [(variant.clone(), pieces)].into(),
                lines: [(variant.clone(), line.clone())].into(),
                added_at: [(variant, now.as_millisecond())].into(),
                keys: BTreeMap::new(),
                updated_at: now.as_millisecond(),
                ttl: now.as_second() + LIFE_SECONDS,
            };
            self.put(CARTS_TABLE, cart.to_item().map_err(StoreError::broken)?).await?;
            return Ok(cart);
        }
        let update = UpdateItem {
            table_name: CARTS_TABLE.to_owned(),
            key: cart_key(owner),
            update_expression: "SET quantities.#v = if_not_exists(quantities.#v, :zero) + :pieces, #lines.#v = :line,
                addedAt.#v = if_not_exists(addedAt.#v, :now), updatedAt = :now ADD version :one"
                .to_owned(),
            expression_attribute_names: [
                ("#lines".to_owned(), table::LINES.to_owned()),
                ("#v".to_owned(), variant.to_string()),
            ]
            .into(),
            expression_attribute_values: [
                (":zero".to_owned(), number(0)),
                (":one".to_owned(), number(1)),
                (":pieces".to_owned(), number(pieces)),
                (":now".to_owned(), number(now.as_millisecond())),
                (":line".to_owned(), line.to_attribute().map_err(StoreError::broken)?),
            ]
            .into(),
            ..UpdateItem::default()
        };
        self.update(update).await?;
        self.cart(owner).await?.ok_or_else(|| StoreError::broken("a cart has gone"))
    }
}

/// A hold in force.
pub(crate) fn held_item(hold: &Hold) -> Item {
    let lines = hold.lines.iter().map(|line| (line.variant_id.to_string(), number(line.quantity)));
    item([
        ("pk", text(format!("reservation#{}", hold.order_id))),
        ("state", text(HoldState::Held.as_str())),
        ("lines", map(lines)),
        ("createdAt", number(hold.created_at.as_millisecond())),
        ("expiresAt", number(hold.expires_at.as_millisecond())),
    ])
}

pub(crate) fn stock_key(variant: VariantId) -> Item {
    item([("pk", text(format!("stock#{variant}")))])
}

pub(crate) fn hold_key(order: OrderId) -> Item {
    item([("pk", text(format!("reservation#{order}")))])
}

pub(crate) fn cart_key(owner: &str) -> Item {
    item([("userId", text(owner))])
}

fn whole(of: &HashMap<String, AttributeValue>, name: &str) -> i64 {
    match of.get(name) {
        Some(AttributeValue::N(text)) => text.parse().unwrap_or(i64::MIN),
        _ => i64::MIN,
    }
}
