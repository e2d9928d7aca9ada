//! The Idempotency-Key of `POST /v1/cart/items`, which lives in the cart's own item.

use base64ct::{Base64UrlUnpadded, Encoding};
use commerce_api::{Problem, headers::IDEMPOTENCY_KEY, limits::MAX_IDEMPOTENCY_KEY};
use commerce_aws::cart_table::{StoredCart, StoredKey};
use http::HeaderMap;
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
        let Some(key) = key_text(call.headers())? else { return Ok(None) };
        let route = call.route.name();
        Ok(Some(Self {
            key_hash: hash(&[route.as_bytes(), key.as_bytes()]),
            request_hash: hash(&[call.request.method().as_str().as_bytes(), route.as_bytes(), call.request.body()]),
        }))
    }
}

/// The key between its quotes, or as it is: a Structured Field string and the bare text spell the same key.
fn key_text(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let refused = || {
        let message = format!("must be one key of 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters");
        Problem::invalid("Idempotency-Key", message)
    };
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| refused())?.trim(),
        _ => return Err(refused()),
    };
    let key = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let visible = key.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'"');
    if visible && (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) { Ok(Some(key)) } else { Err(refused()) }
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

/// The keys to drop once there are many: all but the newest.
pub(super) fn surplus(cart: &StoredCart) -> Vec<String> {
    if cart.keys.len() <= TRIM_ABOVE {
        return Vec::new();
    }
    let mut keys: Vec<_> = cart.keys.iter().map(|(hash, used)| (used.at, hash)).collect();
    keys.sort_unstable();
    keys.iter().take(keys.len() - KEEP).map(|(_, hash)| (*hash).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, value.parse().unwrap());
        key_text(&headers).map(|key| key.map(str::to_owned))
    }

    #[test]
    fn quoted_and_bare_spell_one_key() {
        for spelling in ["k-1", "\"k-1\"", " k-1 "] {
            assert_eq!(key(spelling).unwrap().as_deref(), Some("k-1"), "{spelling}");
        }
        assert!(key(&"k".repeat(255)).is_ok());
        for bad in ["", "\"\"", "a b", "\"a", "a\"b", &"k".repeat(256)] {
            assert!(key(bad).is_err(), "{bad}");
        }
        assert_eq!(key_text(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(hash(&[b"ab"]).len(), 22);
    }

    #[test]
    fn the_newest_keys_stay() {
        let used = |at| StoredKey { request_hash: String::new(), at };
        let mut cart = StoredCart {
            user_id: String::new(),
            cart_id: String::new(),
            version: 1,
            quantities: [].into(),
            lines: [].into(),
            added_at: [].into(),
            keys: (0..40).map(|index| (format!("{index:02}"), used(100 - index))).collect(),
            updated_at: 0,
            ttl: 0,
        };
        assert!(surplus(&cart).is_empty());
        cart.keys.insert("new".to_owned(), used(200));
        assert_eq!(surplus(&cart), ["39", "38", "37", "36", "35", "34", "33", "32", "31"]);
    }
}
