//! Segments: immutable bytes, named by their hash.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// The version of the format that this code writes and reads. Another one is published anew, never converted.
pub const FORMAT: u8 = 1;

const MAGIC: [u8; 4] = *b"CCat";
/// Magic, version, kind, number of sections.
const PREFIX_LENGTH: usize = 7;
/// More sections than any kind has.
const MAX_SECTIONS: usize = 64;
const ID_LENGTH: usize = 16;

/// Where the head lies, in a bucket as in a key-value store.
pub const HEAD_KEY: &str = "catalog/head";

/// Where a segment lies.
#[must_use]
pub fn segment_key(id: SegmentId) -> String {
    format!("catalog/segments/{id}")
}

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Some products in full.
    Chunk = 1,
    /// Which chunks a group has.
    ChunkTable = 2,
    /// What the products of a group are listed by.
    Listing = 3,
    /// What the products of a group are searched by.
    Search = 4,
    /// What the products of a group are chosen by.
    Facets = 5,
    /// What there is of variants.
    Stock = 6,
    /// All categories.
    Categories = 7,
}

/// Why bytes are not the segment that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The bytes are not those that the name stands for.
    #[error("the segment's bytes do not have its hash")]
    Damaged,
    /// No segment at all.
    #[error("this is no segment")]
    NotASegment,
    /// A segment of another version of the format.
    #[error("the segment is of format {0}, not of {FORMAT}")]
    OtherFormat(u8),
    /// A segment of another kind.
    #[error("the segment is of another kind")]
    OtherKind,
    /// What a section holds is not what its kind has there. Names what.
    #[error("the segment is malformed: {0}")]
    Malformed(&'static str),
}

/// The name of a segment: the first 128 bits of the SHA-256 of its bytes. As text 22 characters of base64url (RFC 4648, section 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId([u8; ID_LENGTH]);

impl SegmentId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut id = [0; ID_LENGTH];
        id.copy_from_slice(&Sha256::digest(bytes)[..ID_LENGTH]);
        Self(id)
    }

    /// What names these segments together, and in this order.
    pub(crate) fn of_names(names: impl Iterator<Item = Self>) -> Self {
        let mut hash = Sha256::new_with_prefix([FORMAT]);
        names.for_each(|name| hash.update(name.0));
        let mut id = [0; ID_LENGTH];
        id.copy_from_slice(&hash.finalize()[..ID_LENGTH]);
        Self(id)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; ID_LENGTH] {
        &self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; ID_LENGTH]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SegmentId {
    type Err = SegmentError;

    fn from_str(text: &str) -> Result<Self, SegmentError> {
        let mut id = [0; ID_LENGTH];
        let read = Base64UrlUnpadded::decode(text, &mut id).map_err(|_| SegmentError::Malformed("a name"))?;
        if read.len() == ID_LENGTH { Ok(Self(id)) } else { Err(SegmentError::Malformed("a name")) }
    }
}

/// Bytes with their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    id: SegmentId,
    bytes: Bytes,
}

impl Segment {
    /// The segment of that name, if these are its bytes.
    ///
    /// # Errors
    /// [`SegmentError::Damaged`].
    pub fn verified(id: SegmentId, bytes: Bytes) -> Result<Self, SegmentError> {
        if SegmentId::of(&bytes) == id { Ok(Self { id, bytes }) } else { Err(SegmentError::Damaged) }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Puts a segment together: a prefix, the length of each section (u32, little endian), the sections.
pub(crate) fn write(kind: Kind, sections: &[Vec<u8>]) -> Segment {
    let count = u8::try_from(sections.len()).expect("should fit: a kind has a handful of sections");
    let length = sections.iter().map(|section| 4 + section.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(PREFIX_LENGTH + length);
    bytes.extend(MAGIC);
    bytes.extend([FORMAT, kind as u8, count]);
    for section in sections {
        let length = u32::try_from(section.len()).expect("should fit: a group has some thousands of products");
        bytes.extend(length.to_le_bytes());
    }
    for section in sections {
        bytes.extend(section);
    }
    Segment { id: SegmentId::of(&bytes), bytes: Bytes::from(bytes) }
}

/// The sections of a segment of this kind, `N` of them, sharing its memory.
pub(crate) fn read<const N: usize>(kind: Kind, bytes: &Bytes) -> Result<[Bytes; N], SegmentError> {
    let prefix = bytes.first_chunk::<PREFIX_LENGTH>().ok_or(SegmentError::NotASegment)?;
    let [magic @ .., format, found, count] = *prefix;
    if magic != MAGIC {
        return Err(SegmentError::NotASegment);
    }
    if format != FORMAT {
        return Err(SegmentError::OtherFormat(format));
    }
    if found != kind as u8 {
        return Err(SegmentError::OtherKind);
    }
    if usize::from(count) != N || N > MAX_SECTIONS {
        return Err(SegmentError::Malformed("the number of sections"));
    }
    let mut place = PREFIX_LENGTH + 4 * N;
    let lengths = bytes.get(PREFIX_LENGTH..place).ok_or(SegmentError::Malformed("the lengths"))?;
    let mut sections = [const { Bytes::new() }; N];
    for (section, length) in sections.iter_mut().zip(lengths.as_chunks::<4>().0) {
        let end = place.checked_add(u32::from_le_bytes(*length) as usize).filter(|end| *end <= bytes.len());
        let end = end.ok_or(SegmentError::Malformed("the length of a section"))?;
        *section = bytes.slice(place..end);
        place = end;
    }
    if place == bytes.len() { Ok(sections) } else { Err(SegmentError::Malformed("what follows the sections")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_the_hash_of_the_bytes() {
        let segment = write(Kind::Listing, &[b"one".to_vec()]);
        assert!(Segment::verified(segment.id(), segment.bytes().clone()).is_ok());
        let mut other = segment.bytes().to_vec();
        other[9] ^= 1;
        assert_eq!(Segment::verified(segment.id(), other.into()), Err(SegmentError::Damaged));
    }

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_one() {
        let id = SegmentId::of(b"x");
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "a", "/1234567890123456789012", &format!("{id}A"), &format!("{id}==")] {
            assert!(bad.parse::<SegmentId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn another_kind_format_or_number_of_sections_is_refused() {
        let bytes = write(Kind::Listing, &[b"one".to_vec(), b"two".to_vec()]).bytes().clone();
        assert_eq!(read::<2>(Kind::Chunk, &bytes), Err(SegmentError::OtherKind));
        assert_eq!(read::<1>(Kind::Listing, &bytes), Err(SegmentError::Malformed("the number of sections")));
        let mut later = bytes.to_vec();
        later[4] = FORMAT + 1;
        assert_eq!(read::<2>(Kind::Listing, &later.into()), Err(SegmentError::OtherFormat(FORMAT + 1)));
        assert_eq!(read::<2>(Kind::Listing, &Bytes::from_static(b"{}")), Err(SegmentError::NotASegment));
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(read::<2>(Kind::Listing, &longer.into()), Err(SegmentError::Malformed("what follows the sections")));
        for length in 0..bytes.len() {
            assert!(read::<2>(Kind::Listing, &bytes.slice(..length)).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn sections_come_back_as_they_were(one: Vec<u8>, two: Vec<u8>, three: Vec<u8>) {
            let segment = write(Kind::Chunk, &[one.clone(), two.clone(), three.clone()]);
            prop_assert_eq!(read::<3>(Kind::Chunk, segment.bytes()).unwrap(), [one, two, three].map(Bytes::from));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let mut segment = b"CCat\x01\x01\x03".to_vec();
            segment.extend(bytes);
            let _ = read::<3>(Kind::Chunk, &segment.into());
        }
    }
}
