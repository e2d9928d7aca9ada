//! Carts in DynamoDB.
//!
//! A change whose answer is lost may have been made, and others may have changed the cart since. It is sent again only under an
//! Idempotency-Key, which the cart remembers; without one the shopper is told that it is not known.

use std::time::Duration;

use commerce_api::Problem;
use commerce_aws::{
    AwsClient, AwsError,
    cart_table::{self as table, StoredCart},
    dynamodb::{DeleteItem, DynamoDb, GetItem, item, number, text},
};
use commerce_domain::CartId;
use jiff::Timestamp;

use crate::{
    cart::{
        condition::IfMatch,
        expression::{Mutation, state_conditions},
        idempotency::RequestKey,
        refusal::{RETRY_AFTER_SECONDS, changed_meanwhile, corrupt, failed, key_reused, line_full, unknown, unmet},
        trim,
    },
    config::{self, ConfigError, EdgeConfig},
    deadline::Deadline,
    health::not_configured,
    platform::Platform,
    request::Call,
};

/// How long one attempt may take. One that may be repeated has less, by the client's retry policy.
const LIMIT: Duration = Duration::from_secs(3);
/// How often a mutation is tried on a cart that others begin and end meanwhile, or whose answers are lost.
const ROUNDS: usize = 3;
/// No attempt after a lost answer begins later than this after the request, in milliseconds; and the pause before it.
const REPEAT_WITHIN_MILLIS: i64 = 2_000;
const REPEAT_PAUSE: Duration = Duration::from_millis(50);

/// The table of carts, for one request.
pub(super) struct CartStore<'a, P> {
    platform: &'a P,
    config: &'a EdgeConfig,
    request_id: &'a str,
    now: Timestamp,
    dynamodb: DynamoDb<Deadline<'a, P>>,
}

/// What became of a mutation.
pub(super) enum Outcome {
    /// It was made; the cart after it.
    Changed(StoredCart),
    /// An earlier request with the same key had made it; the cart as it is now.
    Replayed(StoredCart),
}

impl Outcome {
    pub(super) fn into_stored(self) -> StoredCart {
        match self {
            Self::Changed(stored) | Self::Replayed(stored) => stored,
        }
    }
}

/// What came of one attempt.
pub(super) enum Attempt {
    Made(StoredCart),
    /// There is no cart, or only an expired one.
    NoCart,
    /// The cart remembers the key and the same request.
    MadeBefore(StoredCart),
    /// It may have been made, or not.
    Unknown(AwsError),
}

/// The table's client, with the credentials of now.
pub(super) async fn connect<'a, P: Platform>(
    platform: &'a P,
    config: &EdgeConfig,
) -> Result<DynamoDb<Deadline<'a, P>>, ConfigError> {
    let credentials = config::credentials(platform).await?;
    let endpoint = config.dynamodb_endpoint.as_deref().map(str::parse).transpose();
    let endpoint = endpoint.map_err(|_| ConfigError::Invalid("dynamodb_endpoint"))?;
    let environment = Deadline { platform, limit: LIMIT };
    Ok(DynamoDb::new(AwsClient::new(environment, credentials, &config.aws_region, endpoint)))
}

impl<'a, P: Platform> CartStore<'a, P> {
    /// The table.
    ///
    /// # Errors
    /// A 503 where a setting is missing.
    pub(super) async fn open(call: &Call<'a, P>) -> Result<Self, Problem> {
        let (platform, config, request_id, now) = (call.platform, call.config, call.request_id, call.now);
        let dynamodb = connect(platform, config).await.map_err(|error| not_configured(&error))?;
        Ok(Self { platform, config, request_id, now, dynamodb })
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
        Ok(stored.filter(|cart| !cart.is_expired(self.now)))
    }

    /// Makes a mutation: one call where there is a cart, a second one where an addition has to begin it.
    pub(super) async fn apply(&self, mutation: &Mutation) -> Result<Outcome, Problem> {
        if mutation.change.room() < 0 {
            return self.replay_or(&mutation.owner, mutation.key.as_ref(), line_full()).await;
        }
        let mut lost: Option<AwsError> = None;
        for _ in 0..ROUNDS {
            match (self.update(mutation).await?, &lost) {
                (Attempt::Made(stored), _) => {
                    trim::keys_behind(self.platform, self.config, self.request_id, &stored, mutation.key.as_ref());
                    return Ok(Outcome::Changed(stored));
                }
                // The first attempt of this very request had made it.
                (Attempt::MadeBefore(stored), Some(_)) => return Ok(Outcome::Changed(stored)),
                (Attempt::MadeBefore(stored), None) => return Ok(Outcome::Replayed(stored)),
                // It was made, and the cart ended since, or it was not: a new cart might undo that end.
                (Attempt::NoCart, Some(error)) => return Err(unknown(mutation.key.is_some(), error)),
                (Attempt::NoCart, None) => {
                    if let Some(stored) = self.begin(mutation).await? {
                        return Ok(Outcome::Changed(stored));
                    }
                }
                (Attempt::Unknown(error), _) => {
                    let elapsed = self.platform.now().as_millisecond() - self.now.as_millisecond();
                    if mutation.key.is_none() || elapsed > REPEAT_WITHIN_MILLIS {
                        return Err(unknown(mutation.key.is_some(), &error));
                    }
                    self.platform.sleep(REPEAT_PAUSE).await;
                    lost = Some(error);
                }
            }
        }
        Err(match lost {
            Some(error) => unknown(mutation.key.is_some(), &error),
            None => Problem::unavailable(RETRY_AFTER_SECONDS, "the cart began and ended under the request"),
        })
    }

    /// The answer to a request that cannot be made any more: what an earlier one with its key has left, or else `refusal`.
    pub(super) async fn replay_or(
        &self,
        owner: &str,
        key: Option<&RequestKey>,
        refusal: Problem,
    ) -> Result<Outcome, Problem> {
        let Some(key) = key else { return Err(refusal) };
        let Ok(Some(cart)) = self.load(owner).await else { return Err(refusal) };
        match cart.earlier_use(&key.key_hash, self.now) {
            Some(used) if used.request_hash == key.request_hash => Ok(Outcome::Replayed(cart)),
            Some(_) => Err(key_reused()),
            None => Err(refusal),
        }
    }

    async fn update(&self, mutation: &Mutation) -> Result<Attempt, Problem> {
        let request = mutation.update(&self.config.carts_table).map_err(corrupt)?;
        match self.dynamodb.update_item(&request).await {
            Ok(Some(new)) => Ok(Attempt::Made(StoredCart::from_item(new).map_err(corrupt)?)),
            Ok(None) => Err(Problem::internal("DynamoDB returned no cart")),
            Err(AwsError::ConditionalCheckFailed { item }) => unmet(mutation, item),
            Err(error) if error.outcome_is_unknown() => Ok(Attempt::Unknown(error)),
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
            Err(AwsError::ConditionalCheckFailed { .. }) => Ok(None),
            Err(error) if error.outcome_is_unknown() => {
                // The id is of this attempt alone, so a cart that has it shows that the put was made.
                let there = self.load(&mutation.owner).await.ok().flatten();
                let ours = there.filter(|cart| cart.cart_id == ours.cart_id);
                ours.map(Some).ok_or_else(|| unknown(mutation.key.is_some(), &error))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Ends the cart.
    pub(super) async fn delete(&self, owner: &str, if_match: Option<&IfMatch>) -> Result<(), Problem> {
        let mut request = DeleteItem {
            table_name: self.config.carts_table.clone(),
            key: item([(table::OWNER, text(owner))]),
            ..DeleteItem::default()
        };
        if let Some(if_match) = if_match {
            let (condition, values) = state_conditions(if_match);
            request.condition_expression = Some(format!("#ttl > :now AND {condition}"));
            request.expression_attribute_values = values;
            request.expression_attribute_values.insert(":now".to_owned(), number(self.now.as_second()));
            for (placeholder, name) in [("#ttl", table::TTL), ("#cart", table::CART_ID), ("#version", table::VERSION)] {
                if condition.contains(placeholder) || placeholder == "#ttl" {
                    request.expression_attribute_names.insert(placeholder.to_owned(), name.to_owned());
                }
            }
        }
        match self.dynamodb.delete_item(&request).await {
            Ok(_) => Ok(()),
            Err(AwsError::ConditionalCheckFailed { .. }) => Err(changed_meanwhile()),
            Err(error) if error.outcome_is_unknown() => Err(unknown(false, &error)),
            Err(error) => Err(failed(&error)),
        }
    }
}
