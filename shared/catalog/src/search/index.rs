//! What a group is searched by: its words, and which products have each of them.

use std::collections::BTreeMap;

use bytes::Bytes;
use commerce_domain::Product;
use fst::{Map, MapBuilder};

use super::words::words;
use crate::{Kind, Segment, SegmentError, column, segment};

/// How much a word counts, by where it stands.
mod weight {
    pub(super) const NAME: u32 = 8;
    pub(super) const SKU: u32 = 8;
    pub(super) const BRAND: u32 = 5;
    pub(super) const CATEGORY: u32 = 4;
    pub(super) const TAG: u32 = 4;
    pub(super) const OPTION: u32 = 2;
    pub(super) const DESCRIPTION: u32 = 1;
}

/// A word's places in a group: the lower 16 bits of its number say how many products have it, the others where its list begins.
const COUNT_BITS: u32 = 16;

/// The words of a group.
#[derive(Debug, Clone)]
pub struct SearchGroup {
    terms: Map<Bytes>,
    /// For each word: for each product that has it, how far its place is behind the one before (varint), and the weight (a byte).
    postings: Bytes,
    /// The weight of all words of each product.
    lengths: Vec<u16>,
}

/// A word of a group: where its list begins, and how many products are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term(u64);

impl Term {
    pub(super) fn new(number: u64) -> Self {
        Self(number)
    }

    pub(super) fn count(self) -> u64 {
        self.0 & ((1 << COUNT_BITS) - 1)
    }

    fn start(self) -> usize {
        usize::try_from(self.0 >> COUNT_BITS).unwrap_or(usize::MAX)
    }
}

impl SearchGroup {
    /// The words of products that stand in the order of their ids.
    pub(crate) fn write(products: &[Product]) -> Segment {
        let mut places: BTreeMap<String, Vec<(u32, u8)>> = BTreeMap::new();
        let mut lengths = Vec::with_capacity(products.len());
        for (place, product) in (0_u32..).zip(products) {
            let mut length = 0_u32;
            for (word, weight) in weighted_words(product) {
                length = length.saturating_add(weight);
                places.entry(word).or_default().push((place, u8::try_from(weight).unwrap_or(u8::MAX)));
            }
            lengths.push(u16::try_from(length).unwrap_or(u16::MAX));
        }
        let (mut terms, mut postings) = (MapBuilder::memory(), Vec::new());
        for (word, places) in &places {
            let number = ((postings.len() as u64) << COUNT_BITS) | places.len() as u64;
            terms.insert(word, number).expect("should be in order: of a sorted map");
            let mut before = 0;
            for (place, weight) in places {
                write_varint(&mut postings, place - before);
                postings.push(*weight);
                before = *place;
            }
        }
        let terms = terms.into_inner().expect("should be written: into memory");
        segment::write(Kind::Search, &[terms, postings, column::write(lengths)])
    }

    /// Reads the words.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [terms, postings, lengths] = segment::read(Kind::Search, bytes)?;
        let terms = Map::new(terms).map_err(|_| SegmentError::Malformed("the words"))?;
        Ok(Self { terms, postings, lengths: column::cells(&lengths).collect() })
    }

    pub(super) fn terms(&self) -> &Map<Bytes> {
        &self.terms
    }

    /// How many products there are.
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// The weight of all words of each product.
    pub(super) fn lengths(&self) -> &[u16] {
        &self.lengths
    }

    /// The products that have a word: place and weight.
    pub(super) fn postings(&self, term: Term) -> impl Iterator<Item = (usize, u8)> {
        let mut rest = self.postings.get(term.start()..).unwrap_or_default();
        let mut place = 0_usize;
        (0..term.count()).map_while(move |_| {
            place = place.checked_add(read_varint(&mut rest)? as usize)?;
            let (weight, behind) = rest.split_first()?;
            rest = behind;
            (place < self.lengths.len()).then_some((place, *weight))
        })
    }
}

/// Each word of a product, with all that it counts.
fn weighted_words(product: &Product) -> BTreeMap<String, u32> {
    let mut weights = BTreeMap::new();
    let mut add = |text: &str, weight| {
        for word in words(text) {
            *weights.entry(word).or_insert(0) += weight;
        }
    };
    add(&product.name, weight::NAME);
    add(product.brand.as_deref().unwrap_or_default(), weight::BRAND);
    add(product.category.as_str(), weight::CATEGORY);
    product.tags.iter().for_each(|tag| add(tag, weight::TAG));
    for variant in &product.variants {
        add(variant.sku.as_deref().unwrap_or_default(), weight::SKU);
    }
    let mut options: Vec<&str> =
        product.variants.iter().flat_map(|variant| &variant.options).map(|(_, value)| value.as_str()).collect();
    options.sort_unstable();
    options.dedup();
    for value in options {
        add(value, weight::OPTION);
    }
    add(&product.description, weight::DESCRIPTION);
    weights
}

/// LEB128, as postcard and Protocol Buffers have it.
fn write_varint(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read_varint(rest: &mut &[u8]) -> Option<u32> {
    let (mut number, mut shift) = (0_u32, 0);
    loop {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}
