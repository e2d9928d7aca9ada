//! Why a change was not made, as the shopper is told.

use commerce_api::{Problem, ProblemCode};
use commerce_aws::{
    AwsError,
    cart_table::{self as table, CorruptCart, StoredCart},
};
use commerce_domain::cart::MAX_LINES;
use serde_dynamo::{AttributeValue, Item};

use crate::cart::{
    expression::{Change, Mutation},
    store::Attempt,
};

pub(super) const RETRY_AFTER_SECONDS: u32 = 1;

/// Which of the conditions did not hold, read off the item as it was. A key that was used comes first: a request that was
/// made already must not be refused for what it did itself. Then the line, the state, the limits.
pub(super) fn unmet(mutation: &Mutation, old: Option<Item>) -> Result<Attempt, Problem> {
    let Some(old) = old else { return Ok(Attempt::NoCart) };
    let currency = match old.get(table::CURRENCY) {
        Some(AttributeValue::S(code)) => Some(code.clone()),
        _ => None,
    };
    let cart = StoredCart::from_item(old).map_err(corrupt)?;
    if cart.is_expired(mutation.now) {
        return Ok(Attempt::NoCart);
    }
    if let Some(key) = &mutation.key
        && let Some(used) = cart.earlier_use(&key.key_hash, mutation.now)
    {
        let same = used.request_hash == key.request_hash;
        return if same { Ok(Attempt::MadeBefore(cart)) } else { Err(key_reused()) };
    }
    let quantity = cart.quantities.get(&mutation.change.variant_id().to_string()).copied();
    let is_addition = matches!(mutation.change, Change::Add { .. });
    Err(if quantity.is_none() && !is_addition {
        Problem::not_found("Cart item")
    } else if mutation.if_match.as_ref().is_some_and(|if_match| !if_match.holds(&cart)) {
        changed_meanwhile()
    } else if quantity.is_none() && cart.quantities.len() >= MAX_LINES {
        Problem::new(ProblemCode::CartFull, format!("A cart holds {MAX_LINES} different items"))
    } else if quantity.is_some_and(|pieces| pieces > mutation.change.room()) {
        line_full()
    } else if let Change::Add { line, .. } = &mutation.change
        && currency.as_deref() != Some(line.unit_price.currency().code())
    {
        Problem::new(ProblemCode::Conflict, "Everything in a cart must be priced in one currency")
    } else {
        Problem::internal("DynamoDB refused a cart that meets every condition")
    })
}

pub(super) fn key_reused() -> Problem {
    Problem::new(ProblemCode::IdempotencyKeyReused, "The Idempotency-Key was used for another request")
}

pub(super) fn changed_meanwhile() -> Problem {
    Problem::new(ProblemCode::PreconditionFailed, "The cart has changed since it was read")
}

pub(super) fn line_full() -> Problem {
    Problem::new(ProblemCode::CartFull, "The line would hold more than a cart takes of one item")
}

pub(super) fn corrupt(error: CorruptCart) -> Problem {
    Problem::internal(error)
}

/// Whether a change was made is not known. With a key it may be sent again, and is made once; without one it must not be.
pub(super) fn unknown(has_key: bool, error: &AwsError) -> Problem {
    if has_key {
        return Problem::unavailable(RETRY_AFTER_SECONDS, format!("carts: {error}"));
    }
    let detail = "It is not known whether the change was made: the cart may have changed. Read it before trying again";
    Problem::new(ProblemCode::OutcomeUnknown, detail).with_cause(format!("carts: {error}"))
}

/// Nothing was changed: load, an outage at a read, or a fault of ours.
pub(super) fn failed(error: &AwsError) -> Problem {
    if error.is_contention() || error.outcome_is_unknown() {
        Problem::unavailable(RETRY_AFTER_SECONDS, format!("carts: {error}"))
    } else {
        Problem::internal(format!("carts: {error}"))
    }
}
