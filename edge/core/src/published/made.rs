//! Answers that an instance has put together. They hold for as long as nothing is published that differs.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderValue;

use super::Versions;

const MAX_ANSWERS: usize = 1_024;
const MAX_BYTES: usize = 8 * 1_024 * 1_024;

/// A body and its entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) body: Bytes,
    pub(crate) etag: HeaderValue,
}

/// Answers of one state of the catalog and one of stock, by what was asked for, spelled one way. Public data only.
pub(crate) struct MadeAnswers {
    of: Option<Versions>,
    answers: BTreeMap<String, Made>,
    bytes: usize,
}

impl MadeAnswers {
    pub(crate) const fn new() -> Self {
        Self { of: None, answers: BTreeMap::new(), bytes: 0 }
    }

    /// The answer of that state, if it was put together already.
    pub(crate) fn get(&self, of: Versions, target: &str) -> Option<Made> {
        if self.of == Some(of) { self.answers.get(target).cloned() } else { None }
    }

    /// Keeps an answer of that state, and none of any other. Where there is no room, all go: what is still wanted is put together again.
    pub(crate) fn insert(&mut self, of: Versions, target: &str, made: &Made) {
        let size = target.len() + made.body.len();
        let is_full = self.answers.len() >= MAX_ANSWERS || self.bytes + size > MAX_BYTES;
        if self.of != Some(of) || is_full {
            self.of = Some(of);
            self.answers.clear();
            self.bytes = 0;
        }
        // Two requests may have put the same together.
        if size <= MAX_BYTES && self.answers.insert(target.to_owned(), made.clone()).is_none() {
            self.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use commerce_catalog::SegmentId;

    use super::*;

    fn made(size: usize) -> Made {
        Made { body: Bytes::from(vec![b'x'; size]), etag: HeaderValue::from_static("\"x\"") }
    }

    fn state(catalog: u8, stock: u8) -> Versions {
        [SegmentId::of(&[catalog]), SegmentId::of(&[stock])]
    }

    #[test]
    fn an_answer_holds_for_its_state_alone() {
        let mut answers = MadeAnswers::new();
        assert_eq!(answers.get(state(1, 1), "a"), None);
        answers.insert(state(1, 1), "a", &made(1));
        assert_eq!(answers.get(state(1, 1), "a"), Some(made(1)));
        assert_eq!((answers.get(state(1, 1), "b"), answers.get(state(1, 2), "a")), (None, None));
        assert_eq!(answers.get(state(2, 1), "a"), None);
        answers.insert(state(1, 2), "b", &made(1));
        assert_eq!((answers.get(state(1, 1), "a"), answers.get(state(1, 2), "a")), (None, None));
    }

    #[test]
    fn number_and_bytes_are_bounded() {
        let mut answers = MadeAnswers::new();
        for index in 0..3 * MAX_ANSWERS {
            answers.insert(state(1, 1), &format!("{index}"), &made(1));
            assert!(answers.answers.len() <= MAX_ANSWERS);
        }
        for index in 0..10 {
            answers.insert(state(1, 1), &format!("{index}"), &made(MAX_BYTES / 4));
            answers.insert(state(1, 1), &format!("{index}"), &made(MAX_BYTES / 4));
            let held: usize = answers.answers.iter().map(|(target, made)| target.len() + made.body.len()).sum();
            assert!(held == answers.bytes && held <= MAX_BYTES, "{held}");
        }
        answers.insert(state(1, 1), "huge", &made(MAX_BYTES + 1));
        assert_eq!(answers.get(state(1, 1), "huge"), None);
    }
}
