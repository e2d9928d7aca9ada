//! The Idempotency-Key of `POST /v1/cart/items`, which lives in the cart's own item.

use base64ct::{Base64UrlUnpadded, Encoding};
use commerce_api::{Problem, idempotency::key_of};
use sha2::{Digest, Sha256};

use crate::request::Call;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(hash(&[b"ab"]).len(), 22);
    }
}
