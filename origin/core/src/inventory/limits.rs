//! How many pieces may be sold beyond the stock: the database says it, the counter enforces it, and both say the same in the
//! end.

use std::future::Future;

use commerce_domain::VariantId;

use crate::StoreError;

/// Those who change the same limits at once are waited for this often.
const MAX_ROUNDS: u32 = 5;

/// How many pieces of a variant may be sold beyond its stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackorderLimit {
    /// The variant.
    pub variant_id: VariantId,
    /// How many.
    pub limit: u32,
}

/// What became of a limit on its way to the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitOutcome {
    /// The counter has it, by this call or an earlier one.
    Set,
    /// The counter keeps its own: more is sold beyond the stock than the new one allows.
    Kept {
        /// The counter's limit.
        limit: u32,
        /// So many pieces are sold beyond the stock.
        sold_beyond: i64,
    },
    /// The variant has no counter.
    NoCounter,
}

/// Changes the limits of counters.
pub trait SetLimits: Send + Sync {
    /// Gives counters other limits, and what can be sold with them, each if no more is sold already. What became of each, in
    /// order. Each variant stands once. Idempotent.
    ///
    /// # Errors
    /// [`StoreError`]; some of the limits may have changed.
    fn set_limits(
        &self,
        limits: &[BackorderLimit],
    ) -> impl Future<Output = Result<Vec<LimitOutcome>, StoreError>> + Send;
}

/// Keeps the limits beside the variants.
pub trait KeepLimits: Send + Sync {
    /// The limits of these variants, in the order of the variants' ids.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load_limits(
        &self,
        variants: &[VariantId],
    ) -> impl Future<Output = Result<Vec<BackorderLimit>, StoreError>> + Send;

    /// Writes limits.
    ///
    /// # Errors
    /// [`StoreError`].
    fn save_limits(&self, limits: &[BackorderLimit]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Makes counters and database say the same of these variants. Whoever has changed a limit ends with this, so that of several
/// at once the last one finds what the others have left: counters follow the database, and the database follows a counter that
/// cannot.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_limits<D: KeepLimits, S: SetLimits>(
    database: &D,
    stock: &S,
    variants: &[VariantId],
) -> Result<(), StoreError> {
    if variants.is_empty() {
        return Ok(());
    }
    for _ in 0..MAX_ROUNDS {
        let said = database.load_limits(variants).await?;
        let kept = kept(&said, &stock.set_limits(&said).await?);
        if !kept.is_empty() {
            database.save_limits(&kept).await?;
        } else if database.load_limits(variants).await? == said {
            return Ok(());
        }
    }
    Err(StoreError::unavailable("others kept changing the backorder limits"))
}

/// The limits that counters have kept.
fn kept(wanted: &[BackorderLimit], outcomes: &[LimitOutcome]) -> Vec<BackorderLimit> {
    let kept = wanted.iter().zip(outcomes).filter_map(|(wanted, outcome)| match outcome {
        LimitOutcome::Kept { limit, .. } => Some(BackorderLimit { limit: *limit, ..*wanted }),
        LimitOutcome::Set | LimitOutcome::NoCounter => None,
    });
    kept.collect()
}
