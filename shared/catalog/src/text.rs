//! Tables of texts: where each one ends (u32, little endian), then all of them.

use std::cmp::Ordering;

use bytes::Bytes;

use crate::{SegmentError, column};

/// Texts by their place. Their bytes are checked once, when the table is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    /// Where each one ends in `bytes`.
    ends: Vec<u32>,
    bytes: Bytes,
}

/// The table of these texts.
pub(crate) fn write<'a>(texts: impl IntoIterator<Item = &'a str> + Clone) -> Vec<u8> {
    let mut end = 0_u32;
    let ends = texts.clone().into_iter().map(|text| {
        end += u32::try_from(text.len()).expect("should fit: texts of some thousands of products");
        end
    });
    let mut ends: Vec<u32> = ends.collect();
    let count = u32::try_from(ends.len()).expect("should fit: as above");
    ends.insert(0, count);
    let mut bytes = column::write(ends);
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

impl Texts {
    /// Reads a table, sharing its memory.
    pub(crate) fn read(section: &Bytes) -> Result<Self, SegmentError> {
        const WRONG: SegmentError = SegmentError::Malformed("a table of texts");
        let count = column::at::<u32>(section, 0).ok_or(WRONG)? as usize;
        let start = count.checked_mul(4).and_then(|length| length.checked_add(4)).ok_or(WRONG)?;
        let ends: Vec<u32> = column::read(section.get(4..start).ok_or(WRONG)?, count)?.collect();
        let bytes = section.slice(start..);
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        let mut before = 0;
        for end in &ends {
            if *end < before || !text.is_char_boundary(*end as usize) {
                return Err(WRONG);
            }
            before = *end;
        }
        if before as usize == bytes.len() { Ok(Self { ends, bytes }) } else { Err(WRONG) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where a text stands in a table whose texts are in their order.
    pub(crate) fn place(&self, text: &str) -> Option<u16> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle)?.cmp(text) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return u16::try_from(middle).ok(),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The text at a place.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)? as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        std::str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_come_back_as_they_were(texts: Vec<String>) {
            let table = Texts::read(&write(texts.iter().map(String::as_str)).into()).unwrap();
            prop_assert_eq!(table.iter().collect::<Vec<_>>(), texts.iter().collect::<Vec<_>>());
            prop_assert_eq!(table.get(texts.len()), None);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(count in 0_u32..4, bytes in proptest::collection::vec(0_u8..20, 0..40)) {
            let mut section = count.to_le_bytes().to_vec();
            section.extend(bytes);
            if let Ok(table) = Texts::read(&section.into()) {
                prop_assert_eq!(table.iter().count(), table.len());
            }
        }
    }

    #[test]
    fn a_text_that_ends_within_a_character_is_refused() {
        let mut table = write(["é", "x"]);
        table[4] = 1;
        assert!(Texts::read(&table.into()).is_err());
    }
}
