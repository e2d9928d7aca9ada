//! The head of stock: which segment has the levels of which products. It changes with every order, and nothing else does.

use commerce_domain::ProductId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{SegmentError, SegmentId, cut::mix, head::read_json};

/// Where the head of stock lies, in a bucket as in a key-value store.
pub const STOCK_HEAD_KEY: &str = "catalog/stock";

/// A slot has about this many products at most; where there are more, there are twice as many slots.
const PRODUCTS: usize = 1_024;
/// More slots than any shop has: a head is read whole.
const MAX_SLOTS: usize = 4_096;

/// What is there of all variants, as of one time. JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockHead {
    /// The format of the segments that it names.
    pub format: u8,
    /// Grows with each head that is written. A reader never goes back to a lower one.
    pub sequence: u64,
    /// Every change that was known by then is in it.
    pub as_of: Timestamp,
    /// The segment of each slot. Their number is a power of two.
    pub slots: Vec<SegmentId>,
}

impl StockHead {
    /// Reads a head.
    ///
    /// # Errors
    /// [`SegmentError::OtherFormat`], or [`SegmentError::Malformed`] where it is no head of stock.
    pub fn read(bytes: &[u8]) -> Result<Self, SegmentError> {
        const WRONG: SegmentError = SegmentError::Malformed("a head of stock");
        let head: Self = read_json(bytes, WRONG)?;
        let is_sound = head.slots.len().is_power_of_two() && head.slots.len() <= MAX_SLOTS;
        if is_sound { Ok(head) } else { Err(WRONG) }
    }

    /// The head as it is stored.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("should encode: texts and numbers into memory")
    }

    /// What names these levels, and no others: a hash over all that the head names.
    #[must_use]
    pub fn version(&self) -> SegmentId {
        SegmentId::of_names(self.slots.iter().copied())
    }

    /// The segment that has the levels of the product's variants.
    #[must_use]
    pub fn slot_of(&self, product: ProductId) -> Option<SegmentId> {
        self.slots.get(slot(product, self.slots.len())).copied()
    }
}

/// How many slots a shop with so many products has: a power of two. It grows as soon as it must, and shrinks only where a quarter would
/// do, so that a product more or less does not publish all stock anew, again and again.
#[must_use]
pub fn slots_for(products: usize, before: usize) -> usize {
    let fitting = products.div_ceil(PRODUCTS).next_power_of_two().min(MAX_SLOTS);
    let keeps = before.is_power_of_two() && (fitting == before || fitting * 2 == before);
    if keeps { before } else { fitting }
}

/// The slot of a product, out of so many, a power of two.
#[must_use]
pub fn slot(product: ProductId, slots: usize) -> usize {
    let bits = slots.trailing_zeros();
    let place = mix(product).checked_shr(u64::BITS - bits).unwrap_or(0);
    usize::try_from(place).unwrap_or(0)
}

/// Where a product stands among all, in the order of slots, whatever their number.
#[must_use]
pub fn stock_place(product: ProductId) -> i64 {
    (mix(product) ^ (1 << 63)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{product::samples::id, segment::FORMAT};

    #[test]
    fn slots_are_about_equal_and_stand_in_the_order_of_places() {
        for slots in [1, 2, 64] {
            let mut counts = vec![0; slots];
            let mut places: Vec<(i64, usize)> =
                (0..20_000).map(|index| (stock_place(id(index)), slot(id(index), slots))).collect();
            places.sort_unstable();
            assert!(places.is_sorted_by_key(|(_, slot)| *slot), "{slots}");
            for (_, slot) in places {
                counts[slot] += 1;
            }
            let fair = 20_000 / slots;
            assert!(counts.iter().all(|count| (fair * 7 / 10..=fair * 13 / 10).contains(count)), "{counts:?}");
        }
    }

    #[test]
    fn the_number_of_slots_follows_the_products_slowly() {
        for (products, before, slots) in [
            (0, 0, 1),
            (1, 1, 1),
            (1_024, 1, 1),
            (1_025, 1, 2),
            (1_000, 2, 2),
            (1_000, 4, 1),
            (100_000, 2, 128),
            (10_000_000, 128, 4_096),
        ] {
            assert_eq!(slots_for(products, before), slots, "{products} products, {before} before");
        }
    }

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is_one() {
        let head = StockHead {
            format: FORMAT,
            sequence: 7,
            as_of: Timestamp::UNIX_EPOCH,
            slots: vec![SegmentId::of(b"a"), SegmentId::of(b"b")],
        };
        assert_eq!(StockHead::read(&head.write()), Ok(head.clone()));
        let three = StockHead { slots: [head.slots.clone(), vec![SegmentId::of(b"c")]].concat(), ..head.clone() };
        assert!(StockHead::read(&three.write()).is_err());
        assert!(StockHead::read(&StockHead { slots: Vec::new(), ..head.clone() }.write()).is_err());
        let other = StockHead { format: FORMAT + 1, ..head };
        assert_eq!(StockHead::read(&other.write()), Err(SegmentError::OtherFormat(FORMAT + 1)));
        assert!(StockHead::read(b"{}").is_err());
    }
}
