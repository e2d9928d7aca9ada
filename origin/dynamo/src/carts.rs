//! The carts, which the edge writes and the checkout reads.

mod add;

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use commerce_aws::{
    AttributeValue, AwsClient, AwsEnvironment, AwsError, DynamoDb, Item,
    cart_table::{self as table, StoredCart},
    dynamodb::{GetItem, UpdateItem, item, list, map, number, text},
};
use commerce_domain::{Cart, CartId, OrderId};
use futures_util::future::{Either, select};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{AddOutcome, CartAddition, CartStore, TakenLine},
};

use crate::error::store_error;

/// A cart that changes while pieces are taken out is looked at again; this often.
const MAX_ROUNDS: u32 = 6;
/// How long an order's answer waits for its pieces to leave the cart.
const TAKE_OUT_LIMIT: Duration = Duration::from_secs(1);

/// The carts in one table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DynamoCarts<E> {
    inner: Arc<Inner<E>>,
}

#[derive(Debug)]
struct Inner<E> {
    db: DynamoDb<E>,
    table: String,
}

/// A cart as it was read, the orders that took their pieces out of it, and its currency.
struct ReadCart {
    cart: StoredCart,
    taken_by: Vec<String>,
    currency: Option<String>,
}

impl<E: AwsEnvironment> DynamoCarts<E> {
    /// The carts in `table`, reached by `client`.
    pub fn new(client: AwsClient<E>, table: impl Into<String>) -> Self {
        Self { inner: Arc::new(Inner { db: DynamoDb::new(client), table: table.into() }) }
    }

    fn env(&self) -> &E {
        self.inner.db.client().env()
    }

    async fn read(&self, owner: &str) -> Result<Option<ReadCart>, StoreError> {
        let request = GetItem {
            table_name: self.inner.table.clone(),
            key: key(owner),
            consistent_read: true,
            ..GetItem::default()
        };
        let Some(found) = self.inner.db.get_item(&request).await.map_err(store_error)? else { return Ok(None) };
        let (taken_by, currency) = (taken_by(&found), currency(&found));
        let cart = StoredCart::from_item(found).map_err(StoreError::broken)?;
        Ok((!cart.is_expired(self.env().now())).then_some(ReadCart { cart, taken_by, currency }))
    }

    async fn take_out_in_rounds(
        &self,
        owner: &str,
        cart: &str,
        order: &str,
        lines: &[TakenLine],
    ) -> Result<Option<u64>, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let Some(before) = self.read(owner).await?.filter(|before| before.cart.cart_id == cart) else {
                return Ok(None);
            };
            if before.taken_by.iter().any(|taken| taken == order) {
                return Ok(Some(before.cart.version));
            }
            let (update, after) = self.removal(&before, order, lines);
            match self.inner.db.update_item(&update).await {
                Ok(_) => return Ok(after),
                Err(AwsError::ConditionalCheckFailed { .. }) => {}
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(StoreError::unavailable("the cart keeps changing"))
    }

    /// The update that takes the pieces out, and fails on any other state of the cart than the one that was read; and the
    /// version that it leads to, if this life of the cart goes on.
    fn removal(&self, before: &ReadCart, order: &str, lines: &[TakenLine]) -> (UpdateItem, Option<u64>) {
        let cart = &before.cart;
        let left = left(&cart.quantities, lines);
        let goes_on = left.values().any(|quantity| *quantity > 0) || left.len() < cart.quantities.len();
        let mut update = Update::of(cart, self.env().now());
        if goes_on {
            update.keep(before, order, &left);
        } else {
            update.begin_anew(CartId::generate(self.env(), self.env()));
        }
        (update.into_request(&self.inner.table, &cart.user_id), goes_on.then_some(cart.version + 1))
    }
}

impl<E: AwsEnvironment> CartStore for DynamoCarts<E> {
    async fn read_cart(&self, owner: &str) -> Result<Option<Cart>, StoreError> {
        let read = self.read(owner).await?;
        read.map(|read| read.cart.into_cart()).transpose().map_err(StoreError::broken)
    }

    async fn take_out(
        &self,
        owner: &str,
        cart: CartId,
        order: OrderId,
        lines: &[TakenLine],
    ) -> Result<Option<u64>, StoreError> {
        let (cart, order) = (cart.to_string(), order.to_string());
        let taken = pin!(self.take_out_in_rounds(owner, &cart, &order, lines));
        let late = pin!(self.env().sleep(TAKE_OUT_LIMIT));
        match select(taken, late).await {
            Either::Left((taken, _)) => taken,
            Either::Right(_) => Err(StoreError::unavailable("the cart takes too long")),
        }
    }

    async fn add_lines(&self, owner: &str, addition: &CartAddition) -> Result<AddOutcome, StoreError> {
        self.add_in_rounds(owner, addition).await
    }
}

/// What stays of the lines that were ordered and are in the cart: below one where nothing does.
fn left(quantities: &BTreeMap<String, i64>, lines: &[TakenLine]) -> BTreeMap<String, i64> {
    let of_line = |line: &TakenLine| {
        let variant = line.variant_id.to_string();
        quantities.get(&variant).map(|quantity| (variant, quantity - i64::from(line.quantity)))
    };
    lines.iter().filter_map(of_line).collect()
}

/// The orders in the item's [`table::TAKEN_BY`].
fn taken_by(found: &Item) -> Vec<String> {
    let Some(AttributeValue::L(orders)) = found.get(table::TAKEN_BY) else { return Vec::new() };
    let order = |value: &AttributeValue| match value {
        AttributeValue::S(order) => Some(order.clone()),
        _ => None,
    };
    orders.iter().filter_map(order).collect()
}

/// The item's [`table::CURRENCY`].
fn currency(found: &Item) -> Option<String> {
    match found.get(table::CURRENCY) {
        Some(AttributeValue::S(code)) => Some(code.clone()),
        _ => None,
    }
}

/// An update of a cart as it was read. The placeholders are short: 99 lines must fit into 4 KB of expression.
struct Update {
    set: Vec<String>,
    remove: Vec<String>,
    add: &'static str,
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
}

impl Update {
    /// What every update does: the cart is as it was read, and lives on from now.
    fn of(cart: &StoredCart, now: Timestamp) -> Self {
        let mut update = Self {
            set: vec!["#updated = :updated".to_owned(), "#ttl = :ttl".to_owned()],
            remove: Vec::new(),
            add: "",
            names: BTreeMap::new(),
            values: BTreeMap::new(),
        };
        update.name("#cart", table::CART_ID);
        update.name("#version", table::VERSION);
        update.name("#updated", table::UPDATED_AT);
        update.name("#ttl", table::TTL);
        update.value(":cart", text(&cart.cart_id));
        update.value(":version", number(cart.version));
        update.value(":one", number(1));
        update.value(":updated", number(now.as_millisecond()));
        update.value(":ttl", number(now.as_second() + table::LIFE_SECONDS));
        update
    }

    /// Takes away from the lines, and remembers the order that did.
    fn keep(&mut self, before: &ReadCart, order: &str, left: &BTreeMap<String, i64>) {
        self.name("#taken", table::TAKEN_BY);
        let forgotten = (before.taken_by.len() + 1).saturating_sub(table::MAX_TAKEN_BY);
        let orders = before.taken_by.iter().skip(forgotten).map(String::as_str).chain([order]);
        self.value(":taken", list(orders.map(text)));
        self.set.push("#taken = :taken".to_owned());
        self.add = " ADD #version :one";
        for (index, (variant, quantity)) in left.iter().enumerate() {
            self.name("#q", table::QUANTITIES);
            self.name(&format!("#v{index}"), variant);
            if *quantity > 0 {
                self.value(&format!(":q{index}"), number(quantity));
                self.set.push(format!("#q.#v{index} = :q{index}"));
            } else {
                self.name("#l", table::LINES);
                self.name("#a", table::ADDED_AT);
                self.remove.extend(["#q", "#l", "#a"].map(|parent| format!("{parent}.#v{index}")));
            }
        }
    }

    /// Ends this life of the cart. The keys of requests stay, so that they are not answered anew in the next one.
    fn begin_anew(&mut self, next: CartId) {
        let nothing = map::<String>([]);
        for (placeholder, name) in [("#q", table::QUANTITIES), ("#l", table::LINES), ("#a", table::ADDED_AT)] {
            self.name(placeholder, name);
            self.set.push(format!("{placeholder} = :nothing"));
        }
        self.value(":nothing", nothing);
        self.value(":next", text(next.to_string()));
        self.set.extend(["#cart = :next".to_owned(), "#version = :one".to_owned()]);
        self.name("#currency", table::CURRENCY);
        self.name("#taken", table::TAKEN_BY);
        self.remove.extend(["#currency", "#taken"].map(str::to_owned));
    }

    fn name(&mut self, placeholder: &str, name: &str) {
        self.names.insert(placeholder.to_owned(), name.to_owned());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }

    fn into_request(self, table_name: &str, owner: &str) -> UpdateItem {
        let remove = if self.remove.is_empty() { String::new() } else { format!(" REMOVE {}", self.remove.join(",")) };
        UpdateItem {
            table_name: table_name.to_owned(),
            key: key(owner),
            update_expression: format!("SET {}{remove}{}", self.set.join(","), self.add),
            condition_expression: Some("#cart = :cart AND #version = :version".to_owned()),
            expression_attribute_names: self.names,
            expression_attribute_values: self.values,
            // A second effect fails: the first one has changed the version, or the cart's id.
            repeatable: true,
            ..UpdateItem::default()
        }
    }
}

fn key(owner: &str) -> Item {
    item([(table::OWNER, text(owner))])
}
