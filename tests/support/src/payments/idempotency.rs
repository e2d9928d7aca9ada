//! Idempotency keys: <https://docs.stripe.com/api/idempotent_requests>.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{error::StripeError, journal::Record};
use crate::bounded::BoundedMap;

/// Keys kept at most; the oldest is forgotten first.
const MAX_KEYS: usize = 100_000;
/// Keys are forgotten after a day.
const LIFE_SECONDS: i64 = 24 * 3600;
const MAX_KEY_CHARACTERS: usize = 255;

/// An answer as it is kept and repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredAnswer {
    pub(super) status: u16,
    pub(super) body: Value,
    /// The id of the request that it answered first.
    pub(super) request_id: String,
}

/// What is known of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    target: String,
    fingerprint: [u8; 32],
    claimed_at: i64,
    /// Absent while the request runs.
    answer: Option<StoredAnswer>,
}

/// What a key says about a request.
#[derive(Debug)]
pub(super) enum Claim {
    /// First of its kind: it runs.
    Fresh,
    /// Answered before.
    Replay(StoredAnswer),
}

#[derive(Debug)]
pub(super) struct Keys(BoundedMap<Entry>);

impl Keys {
    pub(super) fn new() -> Self {
        Self(BoundedMap::new(MAX_KEYS))
    }

    /// Claims `key` for a request to `target` with these parameters.
    pub(super) fn claim(
        &mut self,
        key: &str,
        target: &str,
        fingerprint: [u8; 32],
        now: i64,
    ) -> Result<Claim, StripeError> {
        if key.chars().count() > MAX_KEY_CHARACTERS {
            return Err(StripeError::invalid("Idempotency keys can have up to 255 characters"));
        }
        match self.0.get(key).filter(|entry| now - entry.claimed_at < LIFE_SECONDS) {
            Some(entry) if entry.target != target || entry.fingerprint != fingerprint => {
                Err(StripeError::key_reused(key))
            }
            Some(Entry { answer: None, .. }) => Err(StripeError::key_in_use(key)),
            Some(Entry { answer: Some(answer), .. }) => Ok(Claim::Replay(answer.clone())),
            None => {
                let entry = Entry { target: target.to_owned(), fingerprint, claimed_at: now, answer: None };
                self.0.insert(key, entry);
                Ok(Claim::Fresh)
            }
        }
    }

    /// Keeps the answer to repeat it. What the journal is to have of it is returned.
    pub(super) fn keep(&mut self, key: &str, answer: StoredAnswer) -> Option<Record> {
        let entry = self.0.get_mut(key)?;
        entry.answer = Some(answer);
        Some(Record::Key(key.to_owned(), entry.clone()))
    }

    /// What was answered, for a journal.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        let answered = self.0.entries().filter(|(_, entry)| entry.answer.is_some());
        answered.map(|(key, entry)| Record::Key(key.to_owned(), entry.clone()))
    }

    /// Takes back what an earlier run noted.
    pub(super) fn restore(&mut self, key: &str, entry: Entry) {
        self.0.insert(key, entry);
    }

    /// Forgets a claim whose request was refused before it began.
    pub(super) fn release(&mut self, key: &str) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> StoredAnswer {
        StoredAnswer { status: 200, body: Value::Null, request_id: "req_1".to_owned() }
    }

    #[test]
    fn a_key_is_in_use_until_its_answer_is_kept_and_then_repeats_it() {
        let mut keys = Keys::new();
        assert!(matches!(keys.claim("k", "/a", [1; 32], 0), Ok(Claim::Fresh)));
        assert_eq!(keys.claim("k", "/a", [1; 32], 0).unwrap_err().status, http::StatusCode::CONFLICT);
        keys.keep("k", answer());
        assert!(matches!(keys.claim("k", "/a", [1; 32], 1), Ok(Claim::Replay(kept)) if kept == answer()));
    }

    #[test]
    fn other_parameters_or_another_route_are_refused() {
        let mut keys = Keys::new();
        keys.claim("k", "/a", [1; 32], 0).unwrap();
        keys.keep("k", answer());
        assert_eq!(keys.claim("k", "/a", [2; 32], 0).unwrap_err().kind, "idempotency_error");
        assert_eq!(keys.claim("k", "/b", [1; 32], 0).unwrap_err().kind, "idempotency_error");
    }

    #[test]
    fn a_key_is_free_again_after_a_day_or_when_released() {
        let mut keys = Keys::new();
        keys.claim("k", "/a", [1; 32], 0).unwrap();
        assert!(keys.claim("k", "/b", [2; 32], LIFE_SECONDS - 1).is_err());
        assert!(matches!(keys.claim("k", "/b", [2; 32], LIFE_SECONDS), Ok(Claim::Fresh)));
        keys.release("k");
        assert!(matches!(keys.claim("k", "/a", [1; 32], LIFE_SECONDS), Ok(Claim::Fresh)));
    }
}
