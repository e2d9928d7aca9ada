//! The key-value stores behind `spin:key-value`, in memory.
//!
//! Invariants: a store exists from the start or not at all; keys, values, entries and bytes are bounded.

use bytes::Bytes;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Longest key in bytes: what Workers KV allows, the narrower of the two platforms.
pub const MAX_KEY_BYTES: usize = 512;
/// Largest value in bytes: 1 MiB.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;
/// Most entries in a store.
pub const MAX_ENTRIES: usize = 200_000;
/// Most bytes of keys and values in a store: 512 MiB.
pub const MAX_STORE_BYTES: usize = 512 * 1024 * 1024;

/// Why a store call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// There is no such store.
    #[error("there is no store {0:?}")]
    NoSuchStore(String),
    /// The key is empty or too long.
    #[error("a key has 1 to {MAX_KEY_BYTES} bytes")]
    KeyLength,
    /// The value is too large.
    #[error("a value has at most {MAX_VALUE_BYTES} bytes")]
    ValueTooLarge,
    /// The store holds as much as it may.
    #[error("the store is full")]
    Full,
}

/// The stores of an application. Clones share the same stores.
#[derive(Debug, Clone, Default)]
pub struct KeyValueStores(Arc<BTreeMap<String, Arc<Store>>>);

impl KeyValueStores {
    /// Empty stores with these labels.
    pub fn new(labels: &BTreeSet<String>) -> Self {
        Self(Arc::new(labels.iter().map(|label| (label.clone(), Arc::default())).collect()))
    }

    /// The labels of all stores, in order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of `key`, if there is one.
    ///
    /// # Errors
    /// [`KvError::NoSuchStore`].
    pub fn get(&self, store: &str, key: &str) -> Result<Option<Bytes>, KvError> {
        Ok(self.store(store)?.get(key))
    }

    /// Sets `key`, replacing what was there.
    ///
    /// # Errors
    /// [`KvError::NoSuchStore`], or the bounds.
    pub fn set(&self, store: &str, key: &str, value: impl Into<Bytes>) -> Result<(), KvError> {
        self.store(store)?.set(key, value.into())
    }

    /// Deletes `key`; a key that is not there is no error.
    ///
    /// # Errors
    /// [`KvError::NoSuchStore`].
    pub fn delete(&self, store: &str, key: &str) -> Result<(), KvError> {
        self.store(store)?.delete(key);
        Ok(())
    }

    /// All keys, sorted.
    ///
    /// # Errors
    /// [`KvError::NoSuchStore`].
    pub fn keys(&self, store: &str) -> Result<Vec<String>, KvError> {
        Ok(self.store(store)?.keys())
    }

    /// Deletes every entry of the store.
    ///
    /// # Errors
    /// [`KvError::NoSuchStore`].
    pub fn clear(&self, store: &str) -> Result<(), KvError> {
        *self.store(store)?.write() = Entries::default();
        Ok(())
    }

    pub(crate) fn store(&self, label: &str) -> Result<&Arc<Store>, KvError> {
        self.0.get(label).ok_or_else(|| KvError::NoSuchStore(label.to_owned()))
    }
}

/// One store.
#[derive(Debug, Default)]
pub(crate) struct Store {
    entries: RwLock<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    values: HashMap<String, Bytes>,
    /// Of all keys and values.
    bytes: usize,
}

impl Entries {
    fn insert(&mut self, key: &str, value: Bytes) {
        self.remove(key);
        self.bytes += key.len() + value.len();
        self.values.insert(key.to_owned(), value);
    }

    fn remove(&mut self, key: &str) {
        if let Some(old) = self.values.remove(key) {
            self.bytes -= key.len() + old.len();
        }
    }

    /// Whether `key` may take `size` bytes of value.
    fn has_room(&self, key: &str, size: usize) -> bool {
        let replaced = self.values.get(key).map(|old| key.len() + old.len());
        let entries = self.values.len() + usize::from(replaced.is_none());
        entries <= MAX_ENTRIES && self.bytes - replaced.unwrap_or(0) + key.len() + size <= MAX_STORE_BYTES
    }
}

impl Store {
    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        self.read().values.get(key).cloned()
    }

    pub(crate) fn exists(&self, key: &str) -> bool {
        self.read().values.contains_key(key)
    }

    pub(crate) fn set(&self, key: &str, value: Bytes) -> Result<(), KvError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(KvError::KeyLength);
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(KvError::ValueTooLarge);
        }
        let mut entries = self.write();
        if !entries.has_room(key, value.len()) {
            return Err(KvError::Full);
        }
        entries.insert(key, value);
        Ok(())
    }

    pub(crate) fn delete(&self, key: &str) {
        self.write().remove(key);
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.read().values.keys().cloned().collect();
        keys.sort_unstable();
        keys
    }

    // No code panics while it holds the lock, so a poisoned one still guards consistent entries.
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
