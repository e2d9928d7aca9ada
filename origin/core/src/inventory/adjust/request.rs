//! `PUT /inventory/{id}`.

use commerce_api::{Route, inventory::ThresholdChange};
use commerce_auth::Principal;
use commerce_domain::{AdjustmentId, Clock as _};
use sha2::{Digest as _, Sha256};

use super::{
    Adjustment, AdjustmentEnd, AdjustmentState, Followed, KeepAdjustments as _, NewAdjustment, Refusal, RequestEnd,
    StockChange, follow,
};
use crate::{
    Backend, StoreError,
    catalog::ExpectedVersion,
    customers::known_customer,
    error::from_interrupted,
    hooks::{HookPoint, Hooks as _, Stopped},
    idempotency::{
        Answer, ClaimEnd, ClaimRefused, Claimed, Hash, HeldClaim, IdempotencyKey, KeyedRequest, RequestStore as _,
        StoredAnswer, claim, leave,
    },
    inventory::{FindStockError, StockLevel, StockSubject, find_stock},
};

/// A request to change how much of a variant is there.
#[derive(Debug, Clone)]
pub struct AdjustStock<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The key that the client gave to the request.
    pub key: Option<IdempotencyKey>,
    /// What the request is compared by.
    pub request_hash: Hash,
    /// Which variant.
    pub subject: StockSubject,
    /// The change.
    pub change: StockChange,
    /// The versions of the counters that the client has seen.
    pub expected: &'a ExpectedVersion,
}

/// What a request to change stock comes to, as an answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdjustOutcome {
    /// The change was made.
    Adjusted {
        /// The counters after it.
        level: StockLevel,
        /// The variant's threshold after it.
        threshold: Option<u32>,
    },
    /// Nothing has changed: fewer pieces are free than were to leave.
    TooFew {
        /// So many are free.
        available: i64,
    },
}

/// Why a request to change stock has no answer to keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdjustStockError {
    /// The variant, or its counters, were not found.
    #[error(transparent)]
    Find(#[from] FindStockError),
    /// The counters have another version than the caller expects.
    #[error("the counters have another version")]
    VersionMismatch,
    /// The request's key could not be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimRefused),
    /// A store failed once the wish may have been noted, and no key says which it is: whoever repeats it may have it done twice.
    #[error("it is not known what becomes of the change: {0}")]
    OutcomeUnknown(StoreError),
    /// A store failed. The request can be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test stopped the process.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

from_interrupted!(AdjustStockError);

/// Changes how much of a variant is there. `render` makes the answer that is kept with the change.
///
/// # Errors
/// [`AdjustStockError`]. That too few pieces are free is an answer, not an error.
pub async fn adjust_stock<B, R>(backend: &B, request: &AdjustStock<'_>, render: R) -> Result<Answer, AdjustStockError>
where
    B: Backend,
    R: Fn(&AdjustOutcome) -> StoredAnswer + Send + Sync,
{
    let customer = known_customer(backend, request.principal).await?;
    let level = find_stock(backend.database(), backend.stock(), request.subject).await?;
    let keyed =
        KeyedRequest { customer, route: Route::AdjustInventory, key: request.key, request_hash: request.request_hash };
    let claim = match claim(backend, &keyed).await? {
        Claimed::Mine(claim) => claim,
        Claimed::Done(answer) => return Ok(answer),
    };
    let adjusting = Adjusting { backend, claim: claim.as_ref(), render: &render };
    match adjusting.adjust(request, &level).await {
        Ok(stored) => Ok(Answer { stored, replayed: false }),
        Err(AdjustStockError::Store(error)) if claim.is_none() => Err(AdjustStockError::OutcomeUnknown(error)),
        Err(error) => {
            if let AdjustStockError::Store(_) = &error {
                leave(backend, claim.as_ref(), ClaimEnd::Resumable).await;
            }
            Err(error)
        }
    }
}

/// A request that owns its claim, if it has a key.
struct Adjusting<'a, B, R> {
    backend: &'a B,
    claim: Option<&'a HeldClaim>,
    render: &'a R,
}

impl<B, R> Adjusting<'_, B, R>
where
    B: Backend,
    R: Fn(&AdjustOutcome) -> StoredAnswer + Send + Sync,
{
    async fn adjust(&self, request: &AdjustStock<'_>, level: &StockLevel) -> Result<StoredAnswer, AdjustStockError> {
        let noted = match self.claim {
            Some(claim) => self.backend.database().find_adjustment(name_of(claim)).await?,
            None => None,
        };
        let adjustment = match noted {
            Some(adjustment) => adjustment,
            None => self.begin(request, level).await?,
        };
        let followed = follow(self.backend, &adjustment).await?;
        self.end(&adjustment, &followed).await
    }

    /// Notes the wish, unless the caller has seen other counters.
    async fn begin(&self, request: &AdjustStock<'_>, level: &StockLevel) -> Result<Adjustment, AdjustStockError> {
        let version = match request.expected {
            ExpectedVersion::Any => None,
            ExpectedVersion::OneOf(versions) if versions.contains(&level.version) => Some(level.version),
            ExpectedVersion::OneOf(_) => {
                if let Some(HeldClaim { key, fence, .. }) = self.claim {
                    self.backend.database().forget_request(key, *fence).await?;
                }
                return Err(AdjustStockError::VersionMismatch);
            }
        };
        let (clock, change, variant_id) = (self.backend.clock(), request.change, level.variant_id);
        let id = AdjustmentId::generate(clock, self.backend.entropy());
        let request = self.claim.map(|claim| (&claim.key, claim.fence, name_of(claim)));
        let new = NewAdjustment { id, variant_id, change, version, request, now: clock.now() };
        if !self.backend.database().begin_adjustment(&new).await? {
            return Err(ClaimRefused::InProgress.into());
        }
        self.backend.hooks().reached(HookPoint::AfterAdjustment).await?;
        Ok(Adjustment { id, variant_id, change, version, state: AdjustmentState::Open })
    }

    /// Writes the end down with the answer, where it is one to keep.
    async fn end(&self, adjustment: &Adjustment, followed: &Followed) -> Result<StoredAnswer, AdjustStockError> {
        let outcome = self.outcome(adjustment, followed).await?;
        let answer = outcome.as_ref().map(self.render);
        let request = match (self.claim, &answer) {
            (None, _) => RequestEnd::Stays,
            (Some(HeldClaim { key, fence, .. }), Ok(answer)) => RequestEnd::Answered(key, *fence, answer),
            (Some(HeldClaim { key, fence, .. }), Err(_)) => RequestEnd::Forgotten(key, *fence),
        };
        let now = self.backend.clock().now();
        let end = AdjustmentEnd { adjustment, refusal: followed.refusal, level: followed.level.as_ref(), request, now };
        self.backend.database().end_adjustment(&end).await?;
        self.backend.hooks().reached(HookPoint::AfterLedger).await?;
        answer.map_err(Clone::clone)
    }

    /// What the request comes to; an error where that is nothing to keep.
    async fn outcome(
        &self,
        adjustment: &Adjustment,
        followed: &Followed,
    ) -> Result<Result<AdjustOutcome, AdjustStockError>, StoreError> {
        Ok(match (followed.refusal, followed.level) {
            (Some(Refusal::OtherVersion), _) => Err(AdjustStockError::VersionMismatch),
            (Some(Refusal::NoCounters), _) | (_, None) => Err(FindStockError::NotFound.into()),
            (Some(Refusal::TooFew), Some(level)) => Ok(AdjustOutcome::TooFew { available: level.available() }),
            (None, Some(level)) => {
                let threshold = self.threshold(adjustment).await?;
                Ok(AdjustOutcome::Adjusted { level, threshold })
            }
        })
    }

    async fn threshold(&self, adjustment: &Adjustment) -> Result<Option<u32>, StoreError> {
        match adjustment.change.threshold {
            ThresholdChange::Set(threshold) => Ok(threshold),
            ThresholdChange::Keep => {
                let thresholds = self.backend.database().load_thresholds(&[adjustment.variant_id]).await?;
                Ok(thresholds.first().map(|(_, threshold)| *threshold))
            }
        }
    }
}

/// Names a request among those that are not answered yet. One that uses the key again, after its day, is another one.
fn name_of(claim: &HeldClaim) -> Hash {
    let mut hash = Sha256::new();
    hash.update(claim.key.principal.as_uuid());
    hash.update(claim.key.key_hash);
    hash.update(claim.since.as_microsecond().to_be_bytes());
    hash.finalize().into()
}
