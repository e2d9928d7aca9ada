//! Tokens that need not be verified again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::token::VerifiedToken;

type Digest = [u8; 32];

/// A bounded memory of verified tokens, keyed by the SHA-256 of the token, so that it holds no token. Plain data: the
/// caller guards it with a lock.
///
/// There is no list of revoked tokens yet: a token that its issuer has withdrawn is accepted until it expires, whether it is
/// remembered here or not (docs/decisions/0009).
pub struct VerifiedTokens {
    capacity: usize,
    by_digest: BTreeMap<Digest, VerifiedToken>,
    by_expiry: BTreeSet<(Timestamp, Digest)>,
}

impl VerifiedTokens {
    /// An empty memory of at most `capacity` tokens.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, by_digest: BTreeMap::new(), by_expiry: BTreeSet::new() }
    }

    /// What `token` said when it was verified, while `now` is before its expiry. An expired entry is dropped.
    pub fn get(&mut self, token: &str, now: Timestamp) -> Option<VerifiedToken> {
        let digest = digest(token);
        let found = self.by_digest.get(&digest)?;
        if now < found.expires_at {
            return Some(found.clone());
        }
        self.remove(&digest);
        None
    }

    /// Remembers a token that was just verified. A full memory forgets the token that expires first.
    pub fn insert(&mut self, token: &str, verified: VerifiedToken) {
        if self.capacity == 0 {
            return;
        }
        let digest = digest(token);
        self.remove(&digest);
        if self.by_digest.len() >= self.capacity
            && let Some((_, first)) = self.by_expiry.pop_first()
        {
            self.by_digest.remove(&first);
        }
        self.by_expiry.insert((verified.expires_at, digest));
        self.by_digest.insert(digest, verified);
    }

    /// Forgets everything, as is due when a key has left the key set.
    pub fn clear(&mut self) {
        self.by_digest.clear();
        self.by_expiry.clear();
    }

    fn remove(&mut self, digest: &Digest) {
        if let Some(verified) = self.by_digest.remove(digest) {
            self.by_expiry.remove(&(verified.expires_at, *digest));
        }
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedTokens")
            .field("capacity", &self.capacity)
            .field("len", &self.by_digest.len())
            .finish_non_exhaustive()
    }
}

fn digest(token: &str) -> Digest {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal::Principal;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn verified(subject: &str, expires_at: i64) -> VerifiedToken {
        let principal = Principal {
            subject: subject.into(),
            issuer: "issuer".into(),
            roles: BTreeSet::new(),
            client_id: "app-1".into(),
            scope: None,
            username: None,
            token_id: None,
        };
        VerifiedToken { principal, expires_at: at(expires_at) }
    }

    /// How many tokens are remembered; both maps agree on it.
    fn count(tokens: &VerifiedTokens) -> usize {
        assert_eq!(tokens.by_digest.len(), tokens.by_expiry.len());
        tokens.by_digest.len()
    }

    #[test]
    fn a_token_is_remembered_until_the_instant_it_expires() {
        let mut tokens = VerifiedTokens::new(2);
        tokens.insert("token", verified("a", 100));
        assert_eq!(tokens.get("token", at(99)), Some(verified("a", 100)));
        assert_eq!(tokens.get("token", at(100)), None);
        assert_eq!(count(&tokens), 0);
    }

    #[test]
    fn another_token_is_not_found() {
        let mut tokens = VerifiedTokens::new(2);
        tokens.insert("token", verified("a", 100));
        assert_eq!(tokens.get("token2", at(1)), None);
    }

    #[test]
    fn a_full_memory_forgets_what_expires_first() {
        let mut tokens = VerifiedTokens::new(2);
        for (token, expires_at) in [("late", 300), ("soon", 100), ("later", 400), ("later", 400)] {
            tokens.insert(token, verified(token, expires_at));
        }
        assert_eq!(count(&tokens), 2);
        assert_eq!(tokens.get("soon", at(1)), None);
        assert!(tokens.get("late", at(1)).is_some() && tokens.get("later", at(1)).is_some());
    }

    #[test]
    fn no_capacity_remembers_nothing() {
        let mut tokens = VerifiedTokens::new(0);
        tokens.insert("token", verified("a", 100));
        assert_eq!(count(&tokens), 0);
    }

    #[test]
    fn all_can_be_forgotten() {
        let mut tokens = VerifiedTokens::new(3);
        for token in ["a", "b", "c"] {
            tokens.insert(token, verified(token, 100));
        }
        assert_eq!(count(&tokens), 3);
        tokens.clear();
        assert_eq!((count(&tokens), tokens.get("b", at(1))), (0, None));
    }

    #[test]
    fn debug_output_shows_only_sizes() {
        let mut tokens = VerifiedTokens::new(3);
        tokens.insert("secret-token", verified("subject-1", 100));
        let shown = format!("{tokens:?}");
        assert!(!shown.contains("secret-token") && !shown.contains("subject-1"), "{shown}");
    }
}
