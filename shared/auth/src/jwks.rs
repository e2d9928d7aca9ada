//! The issuer's public keys.

use std::{collections::BTreeMap, fmt};

use base64ct::{Base64UrlUnpadded, Encoding};
use jwt_simple::algorithms::RS256PublicKey;
use serde::Deserialize;
use serde_json::Value;

use crate::principal::is_claim_text;

/// The most keys that a key set may hold.
pub const MAX_JWKS_KEYS: usize = 16;

/// The longest key set document that is read, in bytes.
pub const MAX_JWKS_LENGTH: usize = 64 * 1024;

/// A JSON Web Key Set (RFC 7517, section 5): the RS256 signature keys in it, by key id.
#[derive(Clone)]
pub struct Jwks {
    keys: BTreeMap<String, RS256PublicKey>,
}

/// Why a document is not a usable key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Longer than [`MAX_JWKS_LENGTH`].
    #[error("key set is too long")]
    TooLong,
    /// Not JSON of the expected shape.
    #[error("key set is malformed")]
    Malformed,
    /// More than [`MAX_JWKS_KEYS`] keys.
    #[error("key set holds too many keys")]
    TooManyKeys,
    /// Two keys share an id, so that the document does not say which one is meant.
    #[error("key set repeats a key id")]
    DuplicateKeyId,
    /// No key in it can verify an RS256 signature.
    #[error("key set holds no usable key")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Jwks {
    /// Reads a key set. Keys of another type, use or algorithm, keys without an id, RSA keys outside 2048 to 4096 bits or
    /// with an exponent other than 65537, and whatever is no key at all are skipped (RFC 7517, section 5: what is not
    /// understood, lacks a member or has a value out of range should be ignored).
    ///
    /// # Errors
    /// [`JwksError`] where the document is too large, malformed or ambiguous, or nothing usable is left.
    pub fn from_json(json: &[u8]) -> Result<Self, JwksError> {
        if json.len() > MAX_JWKS_LENGTH {
            return Err(JwksError::TooLong);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| JwksError::Malformed)?;
        if document.keys.len() > MAX_JWKS_KEYS {
            return Err(JwksError::TooManyKeys);
        }
        let mut keys = BTreeMap::new();
        let entries = document.keys.into_iter().filter_map(|key| serde_json::from_value::<Entry>(key).ok());
        for (kid, key) in entries.filter_map(Entry::into_key) {
            if keys.insert(kid, key).is_some() {
                return Err(JwksError::DuplicateKeyId);
            }
        }
        if keys.is_empty() { Err(JwksError::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// The key with the id `kid`.
    pub fn get(&self, kid: &str) -> Option<&RS256PublicKey> {
        self.keys.get(kid)
    }

    /// The ids of the usable keys, in order.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.keys.keys()).finish()
    }
}

impl Entry {
    fn into_key(self) -> Option<(String, RS256PublicKey)> {
        let usable = self.kty == "RSA"
            && self.usage.is_none_or(|usage| usage == "sig")
            && self.alg.is_none_or(|algorithm| algorithm == "RS256");
        let kid = self.kid.filter(|kid| usable && is_claim_text(kid))?;
        let modulus = Base64UrlUnpadded::decode_vec(&self.n?).ok()?;
        let exponent = Base64UrlUnpadded::decode_vec(&self.e?).ok()?;
        // The library indexes the last byte of the modulus; its length check comes first, so an empty one is safe.
        let key = RS256PublicKey::from_components(&modulus, &exponent).ok()?.with_key_id(&kid);
        Some((kid, key))
    }
}
