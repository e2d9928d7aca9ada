//! Segments that an instance keeps, read once: as many as fit, and of those the ones that were asked for last.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use commerce_catalog::{
    Categories, Chunk, ChunkTable, FacetGroup, ListingGroup, SearchGroup, SegmentError, SegmentId, StockGroup,
};

/// What all of them together may have, as they were written. Read, they take about as much again: a Worker has 128 MB.
const MAX_BYTES: usize = 40 * 1_024 * 1_024;

/// A kind of segment, as it is used.
pub(super) trait Kept: Sized + Send + Sync + 'static {
    /// Reads it.
    fn read(bytes: &Bytes) -> Result<Self, SegmentError>;
    fn wrap(this: Arc<Self>) -> Value;
    fn unwrap(value: &Value) -> Option<&Arc<Self>>;
}

macro_rules! kept {
    ($($kind:ident),*) => {
        /// A segment that was read.
        #[derive(Debug, Clone)]
        pub(super) enum Value {
            $($kind(Arc<$kind>),)*
        }

        $(impl Kept for $kind {
            fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
                Self::read(bytes)
            }

            fn wrap(this: Arc<Self>) -> Value {
                Value::$kind(this)
            }

            fn unwrap(value: &Value) -> Option<&Arc<Self>> {
                match value {
                    Value::$kind(this) => Some(this),
                    _ => None,
                }
            }
        })*
    };
}

kept!(Categories, Chunk, ChunkTable, FacetGroup, ListingGroup, SearchGroup, StockGroup);

/// What an instance keeps.
pub(super) struct Segments {
    kept: BTreeMap<SegmentId, Entry>,
    bytes: usize,
    /// Counts uses.
    uses: u64,
}

struct Entry {
    value: Value,
    bytes: usize,
    last_use: u64,
}

impl Segments {
    pub(super) const fn new() -> Self {
        Self { kept: BTreeMap::new(), bytes: 0, uses: 0 }
    }

    pub(super) fn get<K: Kept>(&mut self, id: SegmentId) -> Option<Arc<K>> {
        self.uses += 1;
        let entry = self.kept.get_mut(&id)?;
        entry.last_use = self.uses;
        K::unwrap(&entry.value).cloned()
    }

    /// Keeps a segment of so many bytes. What was not asked for longest makes room.
    pub(super) fn insert<K: Kept>(&mut self, id: SegmentId, value: Arc<K>, bytes: usize) {
        self.uses += 1;
        let entry = Entry { value: K::wrap(value), bytes, last_use: self.uses };
        self.bytes += bytes;
        if let Some(before) = self.kept.insert(id, entry) {
            self.bytes -= before.bytes;
        }
        while self.bytes > MAX_BYTES && self.kept.len() > 1 {
            let oldest = self.kept.iter().min_by_key(|(_, entry)| entry.last_use).map(|(id, _)| *id);
            let Some(gone) = oldest.and_then(|id| self.kept.remove(&id)) else { return };
            self.bytes -= gone.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> SegmentId {
        SegmentId::of(&index.to_le_bytes())
    }

    fn keep(segments: &mut Segments, index: u32, bytes: usize) {
        segments.insert(id(index), Arc::new(Categories::default()), bytes);
    }

    fn has(segments: &mut Segments, index: u32) -> bool {
        segments.get::<Categories>(id(index)).is_some()
    }

    #[test]
    fn what_was_asked_for_last_stays_and_the_bytes_are_bounded() {
        let mut segments = Segments::new();
        for index in 0..4 {
            keep(&mut segments, index, MAX_BYTES / 4);
        }
        assert!(has(&mut segments, 0));
        keep(&mut segments, 4, MAX_BYTES / 2);
        let left: Vec<bool> = (0..5).map(|index| has(&mut segments, index)).collect();
        assert_eq!(left, [true, false, false, true, true]);
        assert_eq!(segments.bytes, MAX_BYTES);
    }

    #[test]
    fn the_same_segment_counts_once_and_a_huge_one_alone_is_kept() {
        let mut segments = Segments::new();
        keep(&mut segments, 1, 10);
        keep(&mut segments, 1, 10);
        assert_eq!(segments.bytes, 10);
        keep(&mut segments, 2, 2 * MAX_BYTES);
        assert!(!has(&mut segments, 1) && has(&mut segments, 2));
        keep(&mut segments, 3, 1);
        assert_eq!((segments.bytes, has(&mut segments, 2)), (1, false));
    }

    #[test]
    fn a_segment_of_another_kind_is_none() {
        let mut segments = Segments::new();
        keep(&mut segments, 1, 10);
        assert!(segments.get::<Chunk>(id(1)).is_none());
    }
}
