//! What an instance remembers of the issuer's keys.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commerce_auth::Jwks;
use jiff::Timestamp;

use crate::{envelope::Envelope, platform::Platform};

/// For how long a key is taken to be unknown after the issuer did not know it, in milliseconds.
const UNKNOWN_MILLIS: i64 = 60_000;
const MAX_UNKNOWN: usize = 64;

/// The memory of one instance.
pub(crate) struct KeyMemory {
    pub(super) held: Option<Held>,
    /// Key ids that the issuer did not know, and until when that is believed.
    unknown: BTreeMap<String, i64>,
    /// Until when a request may be searching for a key set, in milliseconds; 0 if none is.
    pub(super) searching_until: i64,
}

/// A key set, and how long it is good for.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) keys: Arc<Jwks>,
    pub(super) envelope: Envelope,
}

impl Held {
    pub(super) fn has(&self, kid: &str) -> bool {
        self.keys.get(kid).is_some()
    }

    /// Whether the issuer gave it less than `age` ago.
    pub(super) fn is_younger(&self, age: Duration, now: Timestamp) -> bool {
        self.envelope.age_seconds(now) < i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
    }
}

impl KeyMemory {
    pub(crate) const fn new() -> Self {
        Self { held: None, unknown: BTreeMap::new(), searching_until: 0 }
    }

    pub(super) fn is_unknown(&self, kid: &str, now: Timestamp) -> bool {
        self.unknown.get(kid).is_some_and(|until| now.as_millisecond() < *until)
    }

    pub(super) fn remember_unknown(&mut self, kid: &str, now: Timestamp) {
        if self.unknown.len() >= MAX_UNKNOWN {
            self.unknown.retain(|_, until| now.as_millisecond() < *until);
        }
        // Full of young ones: somebody is guessing, and the cooldown alone has to do.
        if self.unknown.len() < MAX_UNKNOWN {
            self.unknown.insert(kid.to_owned(), now.as_millisecond() + UNKNOWN_MILLIS);
        }
    }
}

/// Keeps the key set in memory if it is newer than what is there, and says which one is. Where a key has gone, tokens that it
/// signed must be verified again, and will be refused.
pub(super) fn remember<P: Platform>(platform: &P, candidate: Held) -> Held {
    let (newest, lost_a_key) = {
        let mut memory = platform.memory().keys();
        match &memory.held {
            Some(held) if held.envelope.stored_at > candidate.envelope.stored_at => (held.clone(), false),
            before => {
                let lost = before.as_ref().is_some_and(|before| before.keys.key_ids().any(|kid| !candidate.has(kid)));
                memory.held = Some(candidate.clone());
                memory.unknown.retain(|kid, _| !candidate.has(kid));
                (candidate, lost)
            }
        }
    };
    if lost_a_key {
        platform.memory().tokens().clear();
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_key_ids_do_not_grow_the_memory() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut memory = KeyMemory::new();
        for index in 0..1_000 {
            memory.remember_unknown(&format!("made-up-{index}"), at(0));
        }
        assert_eq!(memory.unknown.len(), MAX_UNKNOWN);
        assert!(memory.is_unknown("made-up-0", at(59)) && !memory.is_unknown("made-up-0", at(60)));
        assert!(!memory.is_unknown("made-up-999", at(0)), "the cooldown has to do");
        memory.remember_unknown("later", at(60));
        assert_eq!(memory.unknown.len(), 1, "the old ones make room");
    }
}
