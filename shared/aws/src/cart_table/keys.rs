//! The keys of requests that a cart remembers.

use jiff::Timestamp;

use super::{StoredCart, StoredKey};

/// For how long a key is remembered, in seconds.
pub const KEY_KEPT_SECONDS: i64 = 24 * 60 * 60;
/// The keys that a cart keeps when it is trimmed.
const KEEP: usize = 32;
/// Trimmed beyond this many, so that not every request with a key costs a second write.
const TRIM_ABOVE: usize = 40;

impl StoredCart {
    /// The use of the key with this hash that the cart remembers, unless it is too long ago.
    #[must_use]
    pub fn earlier_use(&self, key_hash: &str, now: Timestamp) -> Option<&StoredKey> {
        self.keys.get(key_hash).filter(|used| used.at > now.as_second() - KEY_KEPT_SECONDS)
    }

    /// The keys to drop once there are many: all but the newest. The one that was just used stays in any case, as others may have
    /// been used in the same second.
    #[must_use]
    pub fn surplus_keys(&self, just_used: Option<&str>) -> Vec<String> {
        if self.keys.len() <= TRIM_ABOVE {
            return Vec::new();
        }
        let is_other = |hash: &String| just_used.is_none_or(|key| key != hash);
        let mut others: Vec<_> = self.keys.iter().filter(|(hash, _)| is_other(hash)).collect();
        others.sort_unstable_by_key(|(hash, used)| (used.at, *hash));
        let kept = KEEP - (self.keys.len() - others.len());
        others.iter().take(others.len().saturating_sub(kept)).map(|(hash, _)| (*hash).clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart_with(keys: impl Iterator<Item = (String, i64)>) -> StoredCart {
        StoredCart {
            user_id: String::new(),
            cart_id: String::new(),
            version: 1,
            quantities: [].into(),
            lines: [].into(),
            added_at: [].into(),
            keys: keys.map(|(hash, at)| (hash, StoredKey { at, ..StoredKey::default() })).collect(),
            updated_at: 0,
            ttl: 0,
        }
    }

    #[test]
    fn the_newest_keys_stay() {
        let mut cart = cart_with((0..40).map(|index| (format!("{index:02}"), 100 - index)));
        assert!(cart.surplus_keys(None).is_empty());
        cart.keys.insert("new".to_owned(), StoredKey { at: 200, ..StoredKey::default() });
        assert_eq!(cart.surplus_keys(None), ["39", "38", "37", "36", "35", "34", "33", "32", "31"]);
    }

    #[test]
    fn the_key_just_used_stays_among_many_of_its_second() {
        let mut cart = cart_with((0..41).map(|index| (format!("{index:02}"), 100)));
        for hash in ["00", "20", "40"] {
            let dropped = cart.surplus_keys(Some(hash));
            assert_eq!((dropped.len(), dropped.contains(&hash.to_owned())), (9, false), "{hash}");
        }
        cart.keys.remove("40");
        assert!(cart.surplus_keys(Some("00")).is_empty());
    }
}
