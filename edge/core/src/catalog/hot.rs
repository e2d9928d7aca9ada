//! What an instance read of the store a moment ago. Under load nearly every read is of the same few entries, and the store is
//! asked for each of them once a second instead of a thousand times. Public data only, bounded in number and in bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::catalog::entry::Entry;

const MAX_ENTRIES: usize = 256;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Entries of the store, and when each was read, in milliseconds.
pub(crate) struct HotEntries {
    entries: BTreeMap<String, (i64, Entry)>,
    bytes: usize,
}

impl HotEntries {
    pub(crate) const fn new() -> Self {
        Self { entries: BTreeMap::new(), bytes: 0 }
    }

    /// The entry, if it was read less than `max_age_millis` ago. A clock that went back makes it old.
    pub(super) fn get(&self, key: &str, now: Timestamp, max_age_millis: i64) -> Option<Entry> {
        let (read_at, entry) = self.entries.get(key)?;
        (0..max_age_millis).contains(&(now.as_millisecond() - read_at)).then(|| entry.clone())
    }

    /// Keeps an entry. Where there is no room, everything goes: what is still wanted is back with its next read.
    pub(super) fn insert(&mut self, key: &str, entry: &Entry, now: Timestamp) {
        self.remove(key);
        let size = key.len() + entry.size();
        if self.entries.len() >= MAX_ENTRIES || self.bytes + size > MAX_BYTES {
            self.entries.clear();
            self.bytes = 0;
        }
        if size <= MAX_BYTES {
            self.bytes += size;
            self.entries.insert(key.to_owned(), (now.as_millisecond(), entry.clone()));
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((_, entry)) = self.entries.remove(key) {
            self.bytes -= key.len() + entry.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;

    use super::*;
    use crate::envelope::{Envelope, Lifetime};

    fn entry(size: usize) -> Entry {
        let lifetime = Lifetime { fresh_seconds: 60, stale_seconds: 60 };
        let (body, none) = (Bytes::from(vec![b'x'; size]), HeaderValue::from_static(""));
        Entry { envelope: Envelope::new(body, none.clone(), at(0), lifetime), cache_control: none }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn an_entry_is_hot_for_its_moment() {
        let mut hot = HotEntries::new();
        hot.insert("a", &entry(1), at(1_000));
        assert!(hot.get("a", at(1_999), 1_000).is_some());
        assert!(hot.get("a", at(2_000), 1_000).is_none() && hot.get("a", at(999), 1_000).is_none());
        assert!(hot.get("a", at(1_000), 0).is_none(), "switched off");
        hot.remove("a");
        assert!(hot.get("a", at(1_000), 1_000).is_none());
    }

    #[test]
    fn neither_many_entries_nor_large_ones_grow_the_memory() {
        let mut hot = HotEntries::new();
        for index in 0..10_000 {
            hot.insert(&index.to_string(), &entry(100), at(0));
            assert!(hot.entries.len() <= MAX_ENTRIES);
        }
        for index in 0..100 {
            hot.insert(&index.to_string(), &entry(1024 * 1024), at(0));
            assert!(hot.bytes <= MAX_BYTES);
        }
        hot.insert("same", &entry(10), at(0));
        let before = hot.bytes;
        hot.insert("same", &entry(10), at(0));
        assert_eq!(hot.bytes, before);
        hot.insert("huge", &entry(MAX_BYTES), at(0));
        assert!(hot.get("huge", at(0), 1_000).is_none());
    }
}
