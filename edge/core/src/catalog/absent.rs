//! Products that the origin does not know, remembered for a moment by one instance: bounded, and never stored elsewhere, so
//! that asking for made-up ids neither reaches the origin each time nor fills a store.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// How long an absence is believed, in milliseconds.
const KEEP_MILLIS: i64 = 5_000;
const CAPACITY: usize = 256;

/// Keys of absent products, and until when that is believed.
pub(crate) struct AbsentProducts(BTreeMap<String, i64>);

impl AbsentProducts {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn contains(&self, key: &str, now: Timestamp) -> bool {
        self.0.get(key).is_some_and(|until| now.as_millisecond() < *until)
    }

    /// Remembers `key`, unless the memory is full of others as young.
    pub(super) fn insert(&mut self, key: &str, now: Timestamp) {
        if self.0.len() >= CAPACITY {
            self.0.retain(|_, until| now.as_millisecond() < *until);
        }
        if self.0.len() < CAPACITY {
            self.0.insert(key.to_owned(), now.as_millisecond() + KEEP_MILLIS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_is_believed_for_a_moment() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let mut absent = AbsentProducts::new();
        absent.insert("a", at(0));
        assert!(absent.contains("a", at(4_999)) && !absent.contains("a", at(5_000)) && !absent.contains("b", at(0)));
    }

    #[test]
    fn made_up_ids_do_not_grow_the_memory() {
        let mut absent = AbsentProducts::new();
        for index in 0..1_000 {
            absent.insert(&index.to_string(), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(absent.0.len(), CAPACITY);
        absent.insert("later", Timestamp::from_second(10).unwrap());
        assert_eq!(absent.0.len(), 1);
    }
}
