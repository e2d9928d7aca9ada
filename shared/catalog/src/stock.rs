//! How many there are of each variant: small segments of their own, because orders change them all the time and change nothing else.

use bytes::Bytes;
use commerce_domain::VariantId;

use crate::{Kind, Segment, SegmentError, column, segment};

/// What there is of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockLevel {
    /// On hand and not held; below zero where pieces are sold that are yet to come.
    pub available: i32,
    /// How many can be bought now: those available, and those that may be sold before they come.
    pub sellable: i32,
}

/// The levels of some variants, by their ids.
#[derive(Debug, Clone, Default)]
pub struct StockGroup {
    variants: Vec<u128>,
    levels: Vec<StockLevel>,
}

impl StockGroup {
    /// The segment of these levels. Each variant stands once; their order makes no difference.
    #[must_use]
    pub fn write(levels: &[(VariantId, StockLevel)]) -> Segment {
        let mut levels: Vec<(u128, StockLevel)> =
            levels.iter().map(|(variant, level)| (variant.as_uuid().as_u128(), *level)).collect();
        levels.sort_unstable_by_key(|(variant, _)| *variant);
        segment::write(
            Kind::Stock,
            &[
                column::write(levels.iter().map(|(variant, _)| *variant)),
                column::write(levels.iter().map(|(_, level)| level.available)),
                column::write(levels.iter().map(|(_, level)| level.sellable)),
            ],
        )
    }

    /// Reads the levels.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [variants, available, sellable] = segment::read(Kind::Stock, bytes)?;
        let variants: Vec<u128> = column::cells(&variants).collect();
        if !variants.is_sorted() {
            return Err(SegmentError::Malformed("the order of variants"));
        }
        let available = column::read(&available, variants.len())?;
        let levels = available.zip(column::read(&sellable, variants.len())?);
        let levels = levels.map(|(available, sellable)| StockLevel { available, sellable }).collect();
        Ok(Self { variants, levels })
    }

    /// What there is of a variant; None of one that is not in this group.
    #[must_use]
    pub fn level(&self, variant: VariantId) -> Option<StockLevel> {
        self.level_of(variant.as_uuid().as_u128())
    }

    pub(crate) fn level_of(&self, variant: u128) -> Option<StockLevel> {
        self.variants.binary_search(&variant).ok().map(|place| self.levels[place])
    }

    /// How many variants there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.variants.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variants.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use commerce_domain::Product;
    use proptest::prelude::*;

    use super::*;
    use crate::product::samples::product;

    #[test]
    fn each_variant_has_its_level_and_a_stranger_none() {
        let products: Vec<Product> = (0..40).map(product).collect();
        let variants = products.iter().flat_map(|product| &product.variants).map(|variant| variant.id);
        let level = |place: i32| StockLevel { available: place - 3, sellable: place };
        let levels: Vec<(VariantId, StockLevel)> = variants.zip((0..).map(level)).collect();
        let reversed: Vec<_> = levels.iter().rev().copied().collect();
        assert_eq!(StockGroup::write(&levels), StockGroup::write(&reversed));
        let group = StockGroup::read(StockGroup::write(&levels).bytes()).unwrap();
        assert_eq!(group.len(), levels.len());
        for (variant, level) in levels {
            assert_eq!(group.level(variant), Some(level));
        }
        assert_eq!(group.level(product(100).variants[0].id), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(place: prop::sample::Index, byte: u8) {
            let variants = product(2).variants;
            let levels: Vec<_> = variants.iter().map(|variant| (variant.id, StockLevel::default())).collect();
            let mut bytes = StockGroup::write(&levels).bytes().to_vec();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Ok(group) = StockGroup::read(&Bytes::from(bytes)) {
                for variant in &variants {
                    let _ = group.level(variant.id);
                }
            }
        }
    }
}
