//! The Idempotency-Key: its forms, what it is compared by, and the answers that it replays
//! (IETF httpapi draft "The Idempotency-Key HTTP Header Field").

use std::time::Duration;

use bytes::Bytes;
use commerce_api::{Route, limits::MAX_IDEMPOTENCY_KEY};
use commerce_domain::CustomerId;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// How long an answer is kept for replays.
pub const KEPT_FOR: Duration = Duration::from_hours(24);
/// How long a request owns its claim. No request lasts longer; what has not ended by then has died.
pub const LEASE: Duration = Duration::from_secs(30);

/// A SHA-256.
pub type Hash = [u8; 32];

/// A key that a client gave to a request, as the hash that it is looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey(Hash);

/// The header's value is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_IDEMPOTENCY_KEY} visible ASCII characters, bare or in double quotes")]
pub struct KeyError;

impl IdempotencyKey {
    /// The key in the header's value: a Structured Field string or the bare characters, which spell the same key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(value: &str) -> Result<Self, KeyError> {
        let value = value.trim_matches([' ', '\t']);
        let key = match value.strip_prefix('"') {
            Some(rest) => unquoted(rest)?,
            None => value.to_owned(),
        };
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len());
        if visible && fits { Ok(Self(Sha256::digest(key).into())) } else { Err(KeyError) }
    }

    /// What it is looked up by.
    #[must_use]
    pub fn hash(self) -> Hash {
        self.0
    }
}

/// The content of a Structured Field string (RFC 9651, section 3.3.3), from after its opening quote.
fn unquoted(rest: &str) -> Result<String, KeyError> {
    let mut key = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    loop {
        match letters.next().ok_or(KeyError)? {
            '"' => break,
            '\\' => match letters.next() {
                Some(escaped @ ('"' | '\\')) => key.push(escaped),
                _ => return Err(KeyError),
            },
            plain => key.push(plain),
        }
    }
    if letters.next().is_none() { Ok(key) } else { Err(KeyError) }
}

/// What two requests with one key must agree in: method, route and body.
#[must_use]
pub fn request_hash(route: Route, body: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(route.method().as_str());
    hash.update([0]);
    hash.update(route.pattern());
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// The right to do something once: whose, on which route, under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimKey {
    /// The caller.
    pub principal: CustomerId,
    /// The route's name.
    pub route: &'static str,
    /// The hash of the key.
    pub key_hash: Hash,
    /// Whether the key is made of what is asked for, because the client sent none.
    pub synthetic: bool,
    /// What was asked for.
    pub request_hash: Hash,
}

/// For how long a claim is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Now.
    pub now: Timestamp,
    /// From then on, somebody else may take the claim over.
    pub until: Timestamp,
}

impl Lease {
    /// A lease of [`LEASE`] from `now`.
    #[must_use]
    pub fn from(now: Timestamp) -> Self {
        Self { now, until: now.saturating_add(LEASE).unwrap_or(Timestamp::MAX) }
    }
}

/// An answer as it is kept and sent again: status, the headers that matter, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// What a request under a key is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub stored: StoredAnswer,
    /// Whether an earlier request made it.
    pub replayed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_spell_the_same_key() {
        let bare = IdempotencyKey::parse("8e03978e-40d5").unwrap();
        assert_eq!(IdempotencyKey::parse("\"8e03978e-40d5\""), Ok(bare));
        assert_eq!(IdempotencyKey::parse(" 8e03978e-40d5 "), Ok(bare));
        assert_eq!(IdempotencyKey::parse(r#""a\"b\\c""#), IdempotencyKey::parse(r#"a"b\c"#));
        assert_ne!(IdempotencyKey::parse("8e03978e-40d6"), Ok(bare));
    }

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        assert!(IdempotencyKey::parse(&format!("\"{}\"", "k".repeat(255))).is_ok());
        for bad in ["", "\"\"", " ", "a b", "\"a b\"", "\"a", "\"a\"b", "\"a\\n\"", "é", "\"", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad), Err(KeyError), "{bad}");
        }
    }

    #[test]
    fn the_hash_of_a_request_covers_route_and_body() {
        let one = request_hash(Route::CreateOrder, b"{}");
        assert_eq!(one, request_hash(Route::CreateOrder, b"{}"));
        assert_ne!(one, request_hash(Route::CreatePayment, b"{}"));
        assert_ne!(one, request_hash(Route::CreateOrder, b"{ }"));
    }
}
