//! A mutation as DynamoDB reads it: one update expression, with every rule in its condition. None is blindly repeatable: what
//! others did to the cart meanwhile would be undone.

use std::collections::BTreeMap;

use commerce_aws::{
    cart_table::{self as table, StoredCart, StoredKey, StoredLine},
    dynamodb::{PutItem, ReturnValues, UpdateItem, item, map, number, text},
};
use commerce_domain::{
    CartId, CartLine, Quantity, VariantId,
    cart::{self, MAX_LINES},
};
use jiff::Timestamp;
use serde_dynamo::AttributeValue;

use crate::cart::{condition::IfMatch, idempotency::RequestKey};

/// What is to be done to a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Adds to the line, or begins it.
    Add { line: CartLine, quantity: Quantity },
    /// Sets a line that is there.
    Set { line: CartLine, quantity: Quantity },
    /// Takes a line out.
    Remove { variant_id: VariantId },
}

/// A change, whose cart it is made to, and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mutation {
    pub(super) owner: String,
    pub(super) change: Change,
    pub(super) if_match: Option<IfMatch>,
    pub(super) key: Option<RequestKey>,
    pub(super) now: Timestamp,
}

impl Change {
    pub(super) fn variant_id(&self) -> VariantId {
        match self {
            Self::Add { line, .. } | Self::Set { line, .. } => line.variant_id,
            Self::Remove { variant_id } => *variant_id,
        }
    }

    /// How many pieces the line may have before the change, so that it is within its limits after it. Below zero where no
    /// line can take so many.
    pub(super) fn room(&self) -> i64 {
        match self {
            Self::Add { line, quantity } => most_pieces(line) - i64::from(quantity.get()),
            Self::Set { line, quantity } if i64::from(quantity.get()) > most_pieces(line) => -1,
            Self::Set { .. } | Self::Remove { .. } => i64::MAX,
        }
    }
}

/// How many pieces of what the line sells fit into one line.
fn most_pieces(line: &CartLine) -> i64 {
    i64::from(cart::most_pieces(line.unit_price))
}

/// Collects an update: assignments, conditions, and the names and values that they use. DynamoDB refuses unused ones.
#[derive(Default)]
struct Builder {
    set: Vec<String>,
    remove: Vec<&'static str>,
    conditions: Vec<String>,
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
}

impl Builder {
    fn name(&mut self, placeholder: &str, name: impl Into<String>) {
        self.names.insert(placeholder.to_owned(), name.into());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }

    fn set(&mut self, assignment: &str) {
        self.set.push(assignment.to_owned());
    }

    fn require(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    fn into_update(self, table_name: &str, owner: &str) -> UpdateItem {
        let remove = if self.remove.is_empty() { String::new() } else { format!(" REMOVE {}", self.remove.join(", ")) };
        UpdateItem {
            table_name: table_name.to_owned(),
            key: item([(table::OWNER, text(owner))]),
            update_expression: format!("SET {}{remove} ADD #version :one", self.set.join(", ")),
            condition_expression: Some(self.conditions.join(" AND ")),
            expression_attribute_names: self.names,
            expression_attribute_values: self.values,
            return_values: Some(ReturnValues::AllNew),
            return_old_on_failure: true,
            repeatable: false,
        }
    }
}

impl Mutation {
    /// The update. It fails on a cart that does not exist, whatever the change.
    pub(super) fn update(&self, table_name: &str) -> Result<UpdateItem, table::CorruptCart> {
        let mut update = self.common();
        match &self.change {
            Change::Add { line, quantity } => self.add(&mut update, line, *quantity)?,
            Change::Set { line, quantity } => {
                update.require("attribute_exists(#quantities.#variant)");
                update.value(":quantity", number(quantity.get()));
                update.set("#quantities.#variant = :quantity");
                set_snapshot(&mut update, line)?;
            }
            Change::Remove { .. } => {
                update.require("attribute_exists(#quantities.#variant)");
                update.name("#lines", table::LINES);
                update.name("#added", table::ADDED_AT);
                update.remove = vec!["#quantities.#variant", "#lines.#variant", "#added.#variant"];
            }
        }
        if let Some(if_match) = &self.if_match {
            require_state(&mut update, if_match);
        }
        Ok(update.into_update(table_name, &self.owner))
    }

    /// What every update does: the cart is there and alive, and lives on.
    fn common(&self) -> Builder {
        let mut update = Builder::default();
        update.name("#version", table::VERSION);
        update.value(":one", number(1));
        update.name("#quantities", table::QUANTITIES);
        update.name("#variant", self.change.variant_id().to_string());
        update.name("#cart", table::CART_ID);
        update.require("attribute_exists(#cart)");
        update.name("#ttl", table::TTL);
        update.value(":now", number(self.now.as_second()));
        update.require("#ttl > :now");
        update.value(":ttl", number(self.now.as_second() + table::LIFE_SECONDS));
        update.set("#ttl = :ttl");
        update.name("#updated", table::UPDATED_AT);
        update.value(":millis", number(self.now.as_millisecond()));
        update.set("#updated = :millis");
        update
    }

    fn add(&self, update: &mut Builder, line: &CartLine, quantity: Quantity) -> Result<(), table::CorruptCart> {
        update.value(":zero", number(0));
        update.value(":quantity", number(quantity.get()));
        update.set("#quantities.#variant = if_not_exists(#quantities.#variant, :zero) + :quantity");
        set_snapshot(update, line)?;
        update.name("#added", table::ADDED_AT);
        update.set("#added.#variant = if_not_exists(#added.#variant, :millis)");
        update.value(":most", number(MAX_LINES));
        update.require("(attribute_exists(#quantities.#variant) OR size(#quantities) < :most)");
        update.value(":room", number(self.change.room()));
        update.require("(attribute_not_exists(#quantities.#variant) OR #quantities.#variant <= :room)");
        // A cart is added up in one currency.
        update.name("#currency", table::CURRENCY);
        update.value(":currency", text(line.unit_price.currency().code()));
        update.set("#currency = :currency");
        update.require("(#currency = :currency OR size(#quantities) = :zero)");
        if let Some(key) = &self.key {
            update.name("#keys", table::KEYS);
            update.name("#key", &key.key_hash);
            update.name("#at", "at");
            let stored = [("h", text(&key.request_hash)), ("at", number(self.now.as_second()))];
            update.value(":key", map(stored));
            update.set("#keys.#key = :key");
            update.value(":lapsed", number(self.now.as_second() - table::KEY_KEPT_SECONDS));
            update.require("(attribute_not_exists(#keys.#key) OR #keys.#key.#at <= :lapsed)");
        }
        Ok(())
    }

    /// The cart that an addition begins where there was none, or only an expired one. None for other changes.
    pub(super) fn first_cart(&self, table_name: &str, id: CartId) -> Result<Option<PutItem>, table::CorruptCart> {
        let Change::Add { line, quantity } = &self.change else { return Ok(None) };
        let variant_id = line.variant_id.to_string();
        let used = |key: &RequestKey| {
            let stored = StoredKey { request_hash: key.request_hash.clone(), at: self.now.as_second(), rest: None };
            (key.key_hash.clone(), stored)
        };
        let cart = StoredCart {
            user_id: self.owner.clone(),
            cart_id: id.to_string(),
            version: 1,
            quantities: [(variant_id.clone(), i64::from(quantity.get()))].into(),
            lines: [(variant_id.clone(), StoredLine::of(line))].into(),
            added_at: [(variant_id, self.now.as_millisecond())].into(),
            keys: self.key.iter().map(used).collect(),
            updated_at: self.now.as_millisecond(),
            ttl: self.now.as_second() + table::LIFE_SECONDS,
        };
        cart.first_put(table_name, line.unit_price.currency(), self.now).map(Some)
    }
}

fn set_snapshot(update: &mut Builder, line: &CartLine) -> Result<(), table::CorruptCart> {
    update.name("#lines", table::LINES);
    update.value(":line", StoredLine::of(line).to_attribute()?);
    update.set("#lines.#variant = :line");
    Ok(())
}

/// The cart is in one of the states. No state: a condition that never holds.
fn require_state(update: &mut Builder, if_match: &IfMatch) {
    let (conditions, values) = state_conditions(if_match);
    update.values.extend(values);
    update.require(conditions);
}

/// The condition of an `If-Match` over `#cart` and `#version`, and its values.
pub(super) fn state_conditions(if_match: &IfMatch) -> (String, BTreeMap<String, AttributeValue>) {
    let IfMatch::States(states) = if_match else {
        return ("attribute_exists(#cart)".to_owned(), BTreeMap::new());
    };
    if states.is_empty() {
        return ("attribute_not_exists(#cart)".to_owned(), BTreeMap::new());
    }
    let mut values = BTreeMap::new();
    let mut alternatives = vec![];
    for (index, (id, version)) in states.iter().enumerate() {
        values.insert(format!(":cart{index}"), text(id.to_string()));
        values.insert(format!(":version{index}"), number(version));
        alternatives.push(format!("#cart = :cart{index} AND #version = :version{index}"));
    }
    // AND binds tighter than OR, and DynamoDB refuses parentheses that change nothing.
    (format!("({})", alternatives.join(" OR ")), values)
}
