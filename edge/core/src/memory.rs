//! What an instance remembers between requests: plain data, bounded, and nothing that cannot be fetched again.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use commerce_auth::VerifiedTokens;

use crate::{
    auth::KeyMemory,
    catalog::{AbsentProducts, HotEntries},
    claim::Claims,
    config::EdgeConfig,
};

/// At most this many verified tokens are remembered.
const TOKENS: usize = 1_024;

/// What one instance of the edge remembers. An adapter keeps one in a static.
pub struct InstanceMemory {
    pub(crate) config: OnceLock<EdgeConfig>,
    keys: Mutex<KeyMemory>,
    tokens: Mutex<VerifiedTokens>,
    claims: Mutex<Claims>,
    absent: Mutex<AbsentProducts>,
    hot: Mutex<HotEntries>,
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
            absent: Mutex::new(AbsentProducts::new()),
            hot: Mutex::new(HotEntries::new()),
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

    pub(crate) fn absent(&self) -> MutexGuard<'_, AbsentProducts> {
        lock(&self.absent)
    }

    pub(crate) fn hot(&self) -> MutexGuard<'_, HotEntries> {
        lock(&self.hot)
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
