//! The Idempotency-Key of `POST /v1/cart/items`, which lives in the cart's own item.

use base64ct::{Base64UrlUnpadded, Encoding};
use commerce_api::{Problem, idempotency::key_of};
use commerce_aws::cart_table::{StoredCart, StoredKey};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::request::Call;

/// For how long a key is remembered, in seconds.
pub(super) const KEEP_SECONDS: i64 = 24 * 60 * 60;
/// The keys that a cart keeps when it is trimmed.
const KEEP: usize = 32;
/// Trimmed beyond this many, so that not every request with a key costs a second write.
const TRIM_ABOVE: usize = 40;

/// A key and the request that it was sent with; hashes of both, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestKey {
    pub(super) key_hash: String,
    pub(super) request_hash: String,
}

impl RequestKey {
    /// The key of the request, if it has one.
    ///
    /// # Errors
    /// A 400 where the header is no key.
    pub(super) fn of<P>(call: &Call<'_, P>) -> Result<Option<Self>, Problem> {
        let Some(key) = key_of(call.headers())? else { return Ok(None) };
        let route = call.route.name();
        Ok(Some(Self {
            key_hash: hash(&[route.as_bytes(), key.as_bytes()]),
            request_hash: hash(&[call.request.method().as_str().as_bytes(), route.as_bytes(), call.request.body()]),
        }))
    }
}

/// 128 bits of the SHA-256 of the parts, each with its length before it.
fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    Base64UrlUnpadded::encode_string(&hash.finalize()[..16])
}

/// The use of the key that the cart remembers, unless it is too long ago.
pub(super) fn earlier_use<'a>(cart: &'a StoredCart, key: &RequestKey, now: Timestamp) -> Option<&'a StoredKey> {
    cart.keys.get(&key.key_hash).filter(|used| used.at > now.as_second() - KEEP_SECONDS)
}

/// The keys to drop once there are many: all but the newest. The one that was just used stays in any case, as others may have
/// been used in the same second.
pub(super) fn surplus(cart: &StoredCart, just_used: Option<&RequestKey>) -> Vec<String> {
    if cart.keys.len() <= TRIM_ABOVE {
        return Vec::new();
    }
    let is_other = |hash: &String| just_used.is_none_or(|key| key.key_hash != *hash);
    let mut others: Vec<_> = cart.keys.iter().filter(|(hash, _)| is_other(hash)).collect();
    others.sort_unstable_by_key(|(hash, used)| (used.at, *hash));
    let kept = KEEP - (cart.keys.len() - others.len());
    others.iter().take(others.len().saturating_sub(kept)).map(|(hash, _)| (*hash).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(hash(&[b"ab"]).len(), 22);
    }

    fn cart_with(keys: impl Iterator<Item = (String, i64)>) -> StoredCart {
        let used = |at| StoredKey { request_hash: String::new(), at };
        StoredCart {
            user_id: String::new(),
            cart_id: String::new(),
            version: 1,
            quantities: [].into(),
            lines: [].into(),
            added_at: [].into(),
            keys: keys.map(|(hash, at)| (hash, used(at))).collect(),
            updated_at: 0,
            ttl: 0,
        }
    }

    #[test]
    fn the_newest_keys_stay() {
        let mut cart = cart_with((0..40).map(|index| (format!("{index:02}"), 100 - index)));
        assert!(surplus(&cart, None).is_empty());
        cart.keys.insert("new".to_owned(), StoredKey { request_hash: String::new(), at: 200 });
        assert_eq!(surplus(&cart, None), ["39", "38", "37", "36", "35", "34", "33", "32", "31"]);
    }

    #[test]
    fn the_key_just_used_stays_among_many_of_its_second() {
        let mut cart = cart_with((0..41).map(|index| (format!("{index:02}"), 100)));
        let just_used = |hash: &str| RequestKey { key_hash: hash.to_owned(), request_hash: String::new() };
        for hash in ["00", "20", "40"] {
            let dropped = surplus(&cart, Some(&just_used(hash)));
            assert_eq!((dropped.len(), dropped.contains(&hash.to_owned())), (9, false), "{hash}");
        }
        cart.keys.remove("40");
        assert!(surplus(&cart, Some(&just_used("00"))).is_empty());
    }
}
