//! What the origin has nothing for: products that it does not know, and pages without a product. Remembered for a moment by
//! one instance: bounded, and never stored elsewhere, so that asking for made-up ids and pages neither reaches the origin each
//! time nor fills a store.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// How long it is believed, in milliseconds.
const KEEP_MILLIS: i64 = 5_000;
const CAPACITY: usize = 256;

/// What was answered for a key, and until when that is believed.
pub(crate) struct Moment<T>(BTreeMap<String, (i64, T)>);

impl<T: Clone> Moment<T> {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<T> {
        let (until, value) = self.0.get(key)?;
        (now.as_millisecond() < *until).then(|| value.clone())
    }

    /// Remembers `key`, unless the memory is full of others as young.
    pub(super) fn insert(&mut self, key: &str, value: T, now: Timestamp) {
        if self.0.len() >= CAPACITY {
            self.0.retain(|_, (until, _)| now.as_millisecond() < *until);
        }
        if self.0.len() < CAPACITY {
            self.0.insert(key.to_owned(), (now.as_millisecond() + KEEP_MILLIS, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_is_believed_for_a_moment() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let mut absent = Moment::new();
        absent.insert("a", 7, at(0));
        assert_eq!(
            (absent.get("a", at(4_999)), absent.get("a", at(5_000)), absent.get("b", at(0))),
            (Some(7), None, None)
        );
    }

    #[test]
    fn made_up_ids_do_not_grow_the_memory() {
        let mut absent = Moment::new();
        for index in 0..1_000 {
            absent.insert(&index.to_string(), (), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(absent.0.len(), CAPACITY);
        absent.insert("later", (), Timestamp::from_second(10).unwrap());
        assert_eq!(absent.0.len(), 1);
    }
}
