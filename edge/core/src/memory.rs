//! What an instance remembers between requests: plain data, bounded, and nothing that cannot be fetched again.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use commerce_api::Problem;
use commerce_auth::VerifiedTokens;

use crate::{
    auth::KeyMemory,
    catalog::{Entry, HotEntries, Moment},
    claim::Claims,
    config::EdgeConfig,
    published::{MadeAnswers, Published},
};

/// At most this many verified tokens are remembered.
const TOKENS: usize = 1_024;

/// What one instance of the edge remembers. An adapter keeps one in a static.
pub struct InstanceMemory {
    pub(crate) config: OnceLock<EdgeConfig>,
    keys: Mutex<KeyMemory>,
    tokens: Mutex<VerifiedTokens>,
    claims: Mutex<Claims>,
    absent: Mutex<Moment<()>>,
    empty_pages: Mutex<Moment<Entry>>,
    hot: Mutex<HotEntries>,
    published: Mutex<Published>,
    made: Mutex<MadeAnswers>,
    readiness: Mutex<Option<(i64, Result<(), Problem>)>>,
}

impl InstanceMemory {
    /// An empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            config: OnceLock::new(),
            keys: Mutex::new(KeyMemory::new()),
            tokens: Mutex::new(VerifiedTokens::new(TOKENS)),
            claims: Mutex::new(Claims::new()),
            absent: Mutex::new(Moment::new()),
            empty_pages: Mutex::new(Moment::new()),
            hot: Mutex::new(HotEntries::new()),
            published: Mutex::new(Published::new()),
            made: Mutex::new(MadeAnswers::new()),
            readiness: Mutex::new(None),
        }
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, KeyMemory> {
        lock(&self.keys)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, VerifiedTokens> {
        lock(&self.tokens)
    }

    pub(crate) fn claims(&self) -> MutexGuard<'_, Claims> {
        lock(&self.claims)
    }

    /// Keys of products that the origin does not know.
    pub(crate) fn absent(&self) -> MutexGuard<'_, Moment<()>> {
        lock(&self.absent)
    }

    /// Pages of lists without a product.
    pub(crate) fn empty_pages(&self) -> MutexGuard<'_, Moment<Entry>> {
        lock(&self.empty_pages)
    }

    pub(crate) fn hot(&self) -> MutexGuard<'_, HotEntries> {
        lock(&self.hot)
    }

    /// Answers of what is published.
    pub(crate) fn made(&self) -> MutexGuard<'_, MadeAnswers> {
        lock(&self.made)
    }

    pub(crate) fn published(&self) -> MutexGuard<'_, Published> {
        lock(&self.published)
    }

    /// The millisecond in which the origin was last asked whether it accepts our signature, and what came of it.
    pub(crate) fn readiness(&self) -> MutexGuard<'_, Option<(i64, Result<(), Problem>)>> {
        lock(&self.readiness)
    }
}

impl Default for InstanceMemory {
    fn default() -> Self {
        Self::new()
    }
}

/// Each holder leaves the data sound at every step, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
