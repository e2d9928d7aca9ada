//! Where groups and chunks begin: a matter of the ids alone, so that a product which comes or goes moves no cut but its own.

use commerce_domain::ProductId;

/// A group has about this many products.
const GROUP: u64 = 2_048;
/// And at most this many, whatever the ids are.
pub(crate) const MAX_GROUP: usize = 8_192;
/// A chunk has about this many products. Divides [`GROUP`]: a group begins with a chunk.
const CHUNK: u64 = 32;
/// And at most this many.
pub(crate) const MAX_CHUNK: usize = 128;
/// A chunk ends before it would have more bytes than this, unless one product has.
pub(crate) const MAX_CHUNK_BYTES: usize = 256 * 1_024;

/// Whether a group begins with this product.
#[must_use]
pub fn starts_group(id: ProductId) -> bool {
    mix(id).is_multiple_of(GROUP)
}

/// Whether a chunk begins with this product.
pub(crate) fn starts_chunk(id: ProductId) -> bool {
    mix(id).is_multiple_of(CHUNK)
}

/// Spreads ids evenly, also those that were made one after the other: the finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast
/// splittable pseudorandom number generators", 2014) over both halves.
pub(crate) fn mix(id: ProductId) -> u64 {
    let (high, low) = id.as_uuid().as_u64_pair();
    let mut mixed = low ^ high.rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::samples::id;

    #[test]
    fn cuts_come_about_as_often_as_they_should() {
        let ids = (0..200_000).map(id);
        let (groups, chunks) = ids.fold((0, 0), |(groups, chunks), id| {
            assert!(!starts_group(id) || starts_chunk(id));
            (groups + i32::from(starts_group(id)), chunks + i32::from(starts_chunk(id)))
        });
        assert!((70..130).contains(&groups), "{groups}");
        assert!((5_900..6_600).contains(&chunks), "{chunks}");
    }
}
