//! Adding lines to a cart, all by one write.

use commerce_aws::{
    AwsEnvironment, AwsError,
    cart_table::{self as table, StoredCart, StoredKey, StoredLine},
    dynamodb::{ReturnValues, map, number, text},
};
use commerce_domain::{CartId, CartLine, VariantId};
use jiff::Timestamp;
use origin_core::{
    StoreError,
    checkout::{AddOutcome, CartAddition, LeftOut, LeftOutReason, Room},
};

use super::{DynamoCarts, MAX_ROUNDS, ReadCart, Update};
use crate::error::store_error;

/// What an addition comes to on a cart as it was read.
struct Fitted<'a> {
    added: Vec<(&'a CartLine, u32)>,
    left_out: Vec<LeftOut>,
}

impl<E: AwsEnvironment> DynamoCarts<E> {
    /// A cart that others change meanwhile is looked at again. A write whose answer was lost is found by its key.
    pub(super) async fn add_in_rounds(&self, owner: &str, addition: &CartAddition) -> Result<AddOutcome, StoreError> {
        for _ in 0..MAX_ROUNDS {
            let outcome = match self.read(owner).await? {
                None => self.begin_with(owner, addition).await?,
                Some(before) => self.add_to(&before, addition).await?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
        }
        Err(StoreError::unavailable("the cart keeps changing"))
    }

    /// Begins a cart of these lines. None where somebody else's was quicker.
    async fn begin_with(&self, owner: &str, addition: &CartAddition) -> Result<Option<AddOutcome>, StoreError> {
        let Fitted { added, left_out } = fit(addition, None);
        let Some((first, _)) = added.first() else { return Ok(Some(AddOutcome::Added { cart: None, left_out })) };
        let (currency, now) = (first.unit_price.currency(), self.env().now());
        let keyed = |(line, _): &(&CartLine, u32)| line.variant_id.to_string();
        let cart = StoredCart {
            user_id: owner.to_owned(),
            cart_id: CartId::generate(self.env(), self.env()).to_string(),
            version: 1,
            quantities: added.iter().map(|line| (keyed(line), i64::from(line.1))).collect(),
            lines: added.iter().map(|line| (keyed(line), StoredLine::of(line.0))).collect(),
            added_at: added.iter().map(|line| (keyed(line), now.as_millisecond())).collect(),
            keys: [(addition.key.clone(), used(addition, &left_out, now.as_second()))].into(),
            updated_at: now.as_millisecond(),
            ttl: now.as_second() + table::LIFE_SECONDS,
        };
        let mut put = cart.first_put(&self.inner.table, currency, now).map_err(StoreError::broken)?;
        // A second effect fails: the first one has put a cart.
        put.repeatable = true;
        match self.inner.db.put_item(&put).await {
            Ok(_) => added_to(cart, left_out).map(Some),
            Err(AwsError::ConditionalCheckFailed { .. }) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Adds to a cart as it was read. None where it has changed since.
    async fn add_to(&self, before: &ReadCart, addition: &CartAddition) -> Result<Option<AddOutcome>, StoreError> {
        let (cart, now) = (&before.cart, self.env().now());
        if let Some(used) = cart.earlier_use(&addition.key, now) {
            let left_out = read_rest(used.rest.as_deref().unwrap_or_default(), addition)?;
            return added_to(cart.clone(), left_out).map(Some);
        }
        let Fitted { added, left_out } = fit(addition, Some(cart));
        let Some((first, _)) = added.first() else { return added_to(cart.clone(), left_out).map(Some) };
        let currency = first.unit_price.currency().code();
        if !cart.lines.is_empty() && before.currency.as_deref() != Some(currency) {
            return Ok(Some(AddOutcome::OtherCurrency));
        }
        let mut update = Update::of(cart, now);
        update.add_lines(cart, &added, now)?;
        update.remember(cart, &addition.key, &used(addition, &left_out, now.as_second()));
        update.name("#currency", table::CURRENCY);
        update.value(":currency", text(currency));
        update.set.push("#currency = :currency".to_owned());
        let mut request = update.into_request(&self.inner.table, &cart.user_id);
        request.return_values = Some(ReturnValues::AllNew);
        match self.inner.db.update_item(&request).await {
            Ok(Some(new)) => added_to(StoredCart::from_item(new).map_err(StoreError::broken)?, left_out).map(Some),
            Ok(None) => Err(StoreError::broken("DynamoDB returned no cart")),
            Err(AwsError::ConditionalCheckFailed { .. }) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }
}

impl Update {
    fn add_lines(&mut self, cart: &StoredCart, added: &[(&CartLine, u32)], now: Timestamp) -> Result<(), StoreError> {
        self.add = " ADD #version :one";
        self.name("#q", table::QUANTITIES);
        self.name("#l", table::LINES);
        for (index, (line, pieces)) in added.iter().enumerate() {
            let variant = line.variant_id.to_string();
            let there = cart.quantities.get(&variant).copied();
            self.name(&format!("#v{index}"), &variant);
            self.value(&format!(":q{index}"), number(there.unwrap_or(0) + i64::from(*pieces)));
            self.value(&format!(":l{index}"), StoredLine::of(line).to_attribute().map_err(StoreError::broken)?);
            self.set.push(format!("#q.#v{index}=:q{index},#l.#v{index}=:l{index}"));
            if there.is_none() {
                self.name("#a", table::ADDED_AT);
                self.value(":t", number(now.as_millisecond()));
                self.set.push(format!("#a.#v{index}=:t"));
            }
        }
        Ok(())
    }

    /// Remembers the key, and forgets the oldest where there are many.
    fn remember(&mut self, cart: &StoredCart, key: &str, used: &StoredKey) {
        self.name("#k", table::KEYS);
        self.name("#key", key);
        let rest = used.rest.iter().map(|rest| ("r", text(rest)));
        let stored = [("h", text(&used.request_hash)), ("at", number(used.at))].into_iter().chain(rest);
        self.value(":key", map(stored));
        self.set.push("#k.#key = :key".to_owned());
        for (index, surplus) in cart.surplus_keys(None).iter().enumerate() {
            self.name(&format!("#k{index}"), surplus);
            self.remove.push(format!("#k.#k{index}"));
        }
    }
}

fn fit<'a>(addition: &'a CartAddition, cart: Option<&StoredCart>) -> Fitted<'a> {
    let pieces = |variant: VariantId| {
        let there = cart?.quantities.get(&variant.to_string())?;
        Some(u32::try_from(*there).unwrap_or(0))
    };
    let room = Room { lines: cart.map_or(0, |cart| cart.quantities.len()), pieces };
    let (added, left_out) = room.fit(&addition.lines);
    Fitted { added, left_out }
}

fn added_to(cart: StoredCart, left_out: Vec<LeftOut>) -> Result<AddOutcome, StoreError> {
    let cart = cart.into_cart().map_err(StoreError::broken)?;
    Ok(AddOutcome::Added { cart: Some(cart), left_out })
}

fn used(addition: &CartAddition, left_out: &[LeftOut], at: i64) -> StoredKey {
    let rest = write_rest(left_out, addition);
    // The key is made of the whole request: nothing else can have used it.
    StoredKey { request_hash: String::new(), at, rest: (!rest.is_empty()).then_some(rest) }
}

/// What was left out, by the places of the lines, so that it stays short: `3:fewer_left:2,7:gone:0`.
fn write_rest(left_out: &[LeftOut], addition: &CartAddition) -> String {
    let place = |left: &LeftOut| addition.lines.iter().position(|line| line.variant_id == left.variant_id);
    let one = |left: &LeftOut| place(left).map(|place| format!("{place}:{}:{}", left.reason.as_str(), left.added));
    left_out.iter().filter_map(one).collect::<Vec<_>>().join(",")
}

fn read_rest(text: &str, addition: &CartAddition) -> Result<Vec<LeftOut>, StoreError> {
    let one = |text: &str| {
        let mut parts = text.split(':');
        let line = addition.lines.get(parts.next()?.parse::<usize>().ok()?)?;
        let word = parts.next()?;
        let reason = LeftOutReason::ALL.into_iter().find(|reason| reason.as_str() == word)?;
        Some(LeftOut { variant_id: line.variant_id, added: parts.next()?.parse().ok()?, reason })
    };
    let broken = || StoreError::broken("a cart remembers what nobody can read");
    text.split(',').filter(|text| !text.is_empty()).map(|text| one(text).ok_or_else(broken)).collect()
}
