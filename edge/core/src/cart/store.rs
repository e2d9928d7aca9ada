//! Carts in DynamoDB.

use std::time::Duration;

use commerce_api::{Problem, ProblemCode};
use commerce_aws::{
    AwsClient, AwsError,
    cart_table::{self as table, CorruptCart, StoredCart},
    dynamodb::{DeleteItem, DynamoDb, GetItem, UpdateItem, item, number, text},
};
use commerce_domain::{CartId, cart::MAX_LINES};
use serde_dynamo::{AttributeValue, Item};

use crate::{
    cart::{
        condition::IfMatch,
        expression::{Change, Mutation, state_conditions},
        idempotency,
    },
    config::{self, EdgeConfig},
    deadline::Deadline,
    health::not_configured,
    log,
    platform::Platform,
    request::Call,
};

/// How long one attempt may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How often a mutation is tried on a cart that others begin and end meanwhile.
const ROUNDS: usize = 3;
const RETRY_AFTER_SECONDS: u32 = 1;

/// The table of carts, for one request.
pub(super) struct CartStore<'a, P> {
    platform: &'a P,
    config: &'a EdgeConfig,
    request_id: &'a str,
    dynamodb: DynamoDb<Deadline<'a, P>>,
}

/// What became of a mutation.
pub(super) enum Outcome {
    /// It was made; the cart after it.
    Changed(StoredCart),
    /// It had been made before under the same key; the cart as it is now.
    Replayed(StoredCart),
}

impl Outcome {
    pub(super) fn into_stored(self) -> StoredCart {
        match self {
            Self::Changed(stored) | Self::Replayed(stored) => stored,
        }
    }
}

/// Why a condition did not hold.
enum Unmet {
    /// There is no cart, or only an expired one.
    NoCart,
    /// The request was made before.
    Replayed(StoredCart),
    Refused(Problem),
}

impl<'a, P: Platform> CartStore<'a, P> {
    /// The table, with the credentials of now.
    ///
    /// # Errors
    /// A 503 where a setting is missing.
    pub(super) async fn open(call: &Call<'a, P>) -> Result<Self, Problem> {
        let (platform, config) = (call.platform, call.config);
        let credentials = config::credentials(platform).await.map_err(|error| not_configured(&error))?;
        let endpoint = config.dynamodb_endpoint.as_deref().map(str::parse).transpose().map_err(Problem::internal)?;
        let environment = Deadline { platform, limit: LIMIT };
        let client = AwsClient::new(environment, credentials, &config.aws_region, endpoint);
        Ok(Self { platform, config, request_id: call.request_id, dynamodb: DynamoDb::new(client) })
    }

    /// The owner's cart, read consistently. None where there is none, or only an expired one.
    pub(super) async fn load(&self, owner: &str) -> Result<Option<StoredCart>, Problem> {
        let request = GetItem {
            table_name: self.config.carts_table.clone(),
            key: item([(table::OWNER, text(owner))]),
            consistent_read: true,
            ..GetItem::default()
        };
        let found = self.dynamodb.get_item(&request).await.map_err(|error| failed(&error))?;
        let stored = found.map(StoredCart::from_item).transpose().map_err(corrupt)?;
        Ok(stored.filter(|cart| !cart.is_expired(self.platform.now())))
    }

    /// Makes a mutation: one call where there is a cart, a second one where an addition has to begin it.
    pub(super) async fn apply(&self, mutation: &Mutation) -> Result<Outcome, Problem> {
        if mutation.change.room() < 0 {
            return Err(line_full());
        }
        for _ in 0..ROUNDS {
            let unmet = match self.update(mutation).await? {
                Ok(stored) => {
                    self.trim_keys(&stored);
                    return Ok(Outcome::Changed(stored));
                }
                Err(unmet) => unmet,
            };
            match unmet {
                Unmet::Replayed(stored) => return Ok(Outcome::Replayed(stored)),
                Unmet::Refused(problem) => return Err(problem),
                Unmet::NoCart => {
                    if let Some(stored) = self.begin(mutation).await? {
                        return Ok(Outcome::Changed(stored));
                    }
                }
            }
        }
        Err(Problem::unavailable(RETRY_AFTER_SECONDS, "the cart began and ended under the request"))
    }

    async fn update(&self, mutation: &Mutation) -> Result<Result<StoredCart, Unmet>, Problem> {
        let request = mutation.update(&self.config.carts_table).map_err(corrupt)?;
        match self.dynamodb.update_item(&request).await {
            Ok(Some(new)) => Ok(Ok(StoredCart::from_item(new).map_err(corrupt)?)),
            Ok(None) => Err(Problem::internal("DynamoDB returned no cart")),
            Err(AwsError::ConditionalCheckFailed { item }) => Ok(Err(unmet(mutation, item)?)),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Puts the first cart of an addition. None where somebody else's cart was quicker.
    async fn begin(&self, mutation: &Mutation) -> Result<Option<StoredCart>, Problem> {
        let id = CartId::generate(self.platform, self.platform);
        let request = mutation.first_cart(&self.config.carts_table, id).map_err(corrupt)?;
        let request = request.ok_or_else(|| Problem::not_found("Cart item"))?;
        if mutation.if_match.is_some() {
            return Err(changed_meanwhile());
        }
        let ours = StoredCart::from_item(request.item.clone()).map_err(corrupt)?;
        match self.dynamodb.put_item(&request).await {
            Ok(_) => Ok(Some(ours)),
            Err(AwsError::ConditionalCheckFailed { item }) => {
                // Our own cart, when the first attempt was applied and its answer lost.
                let there = item.map(StoredCart::from_item).transpose().map_err(corrupt)?;
                Ok(there.filter(|cart| cart.cart_id == ours.cart_id))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Ends the cart.
    pub(super) async fn delete(&self, owner: &str, if_match: Option<&IfMatch>) -> Result<(), Problem> {
        let mut request = DeleteItem {
            table_name: self.config.carts_table.clone(),
            key: item([(table::OWNER, text(owner))]),
            repeatable: if_match.is_none(),
            ..DeleteItem::default()
        };
        if let Some(if_match) = if_match {
            let (condition, values) = state_conditions(if_match);
            request.condition_expression = Some(format!("#ttl > :now AND {condition}"));
            request.expression_attribute_values = values;
            request.expression_attribute_values.insert(":now".to_owned(), number(self.platform.now().as_second()));
            for (placeholder, name) in [("#ttl", table::TTL), ("#cart", table::CART_ID), ("#version", table::VERSION)] {
                if condition.contains(placeholder) || placeholder == "#ttl" {
                    request.expression_attribute_names.insert(placeholder.to_owned(), name.to_owned());
                }
            }
        }
        match self.dynamodb.delete_item(&request).await {
            Ok(_) => Ok(()),
            Err(AwsError::ConditionalCheckFailed { .. }) => Err(changed_meanwhile()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Drops the oldest keys behind the answer, once there are many.
    fn trim_keys(&self, stored: &StoredCart) {
        let surplus = idempotency::surplus(stored);
        if surplus.is_empty() {
            return;
        }
        let request = trim(&self.config.carts_table, stored, &surplus);
        let (platform, request_id) = (self.platform.clone(), self.request_id.to_owned());
        self.platform.spawn(async move {
            let Ok(config) = config::load(&platform).await else { return };
            let Ok(credentials) = config::credentials(&platform).await else { return };
            let endpoint = config.dynamodb_endpoint.as_deref().and_then(|url| url.parse().ok());
            let environment = Deadline { platform: &platform, limit: LIMIT };
            let dynamodb = DynamoDb::new(AwsClient::new(environment, credentials, &config.aws_region, endpoint));
            // The next addition tries again.
            if let Err(error) = dynamodb.update_item(&request).await {
                log::warn(&platform, &request_id, "cart.keys_not_trimmed", error);
            }
        });
    }
}

/// Removes keys from this life of the cart. No change of the cart: its version stays.
fn trim(table_name: &str, stored: &StoredCart, surplus: &[String]) -> UpdateItem {
    let mut names = [("#cart".to_owned(), table::CART_ID.to_owned()), ("#keys".to_owned(), table::KEYS.to_owned())]
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>();
    let mut paths = Vec::with_capacity(surplus.len());
    for (index, key) in surplus.iter().enumerate() {
        names.insert(format!("#k{index}"), key.clone());
        paths.push(format!("#keys.#k{index}"));
    }
    UpdateItem {
        table_name: table_name.to_owned(),
        key: item([(table::OWNER, text(&stored.user_id))]),
        update_expression: format!("REMOVE {}", paths.join(", ")),
        condition_expression: Some("#cart = :cart".to_owned()),
        expression_attribute_names: names,
        expression_attribute_values: [(":cart".to_owned(), text(&stored.cart_id))].into(),
        repeatable: true,
        ..UpdateItem::default()
    }
}

/// Which of the conditions did not hold, read off the item as it was. A key that was used comes first: a request that was
/// made already must not be refused for what it did itself. Then the line, the state, the limits.
fn unmet(mutation: &Mutation, old: Option<Item>) -> Result<Unmet, Problem> {
    let Some(old) = old else { return Ok(Unmet::NoCart) };
    let currency = match old.get(table::CURRENCY) {
        Some(AttributeValue::S(code)) => Some(code.clone()),
        _ => None,
    };
    let cart = StoredCart::from_item(old).map_err(corrupt)?;
    if cart.is_expired(mutation.now) {
        return Ok(Unmet::NoCart);
    }
    if let Some(key) = &mutation.key
        && let Some(used) = idempotency::earlier_use(&cart, key, mutation.now)
    {
        let same = used.request_hash == key.request_hash;
        return Ok(if same { Unmet::Replayed(cart) } else { Unmet::Refused(key_reused()) });
    }
    let quantity = cart.quantities.get(&mutation.change.variant_id().to_string()).copied();
    let is_addition = matches!(mutation.change, Change::Add { .. });
    let problem = if quantity.is_none() && !is_addition {
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
        return Err(Problem::internal("DynamoDB refused a cart that meets every condition"));
    };
    Ok(Unmet::Refused(problem))
}

fn key_reused() -> Problem {
    Problem::new(ProblemCode::IdempotencyKeyReused, "The Idempotency-Key was used for another request")
}

fn changed_meanwhile() -> Problem {
    Problem::new(ProblemCode::PreconditionFailed, "The cart has changed since it was read")
}

fn line_full() -> Problem {
    Problem::new(ProblemCode::CartFull, "The line would hold more than a cart takes of one item")
}

fn corrupt(error: CorruptCart) -> Problem {
    Problem::internal(error)
}

/// DynamoDB did not do it: load, an outage, or a fault of ours.
fn failed(error: &AwsError) -> Problem {
    if error.is_contention() || error.outcome_is_unknown() {
        Problem::unavailable(RETRY_AFTER_SECONDS, format!("carts: {error}"))
    } else {
        Problem::internal(format!("carts: {error}"))
    }
}
