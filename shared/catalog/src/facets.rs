//! What the products of a group are chosen by: brand, tags, and each variant's price and options.

use std::collections::BTreeMap;

use bytes::Bytes;
use commerce_domain::{Product, ProductId, Variant, VariantId};
use uuid::Uuid;

use crate::{
    Kind, Segment, SegmentError, StockLevel, column,
    listing::ten_thousandths,
    segment,
    text::{self, Texts},
};

/// Stands between the name of an option and its value, of which neither has it.
const BETWEEN: char = '\u{1f}';

/// The columns of a group. Products stand in the order of their ids, and each one's variants together, in their own order.
#[derive(Debug, Clone)]
pub struct FacetGroup {
    /// Of each product the place of its brand in `texts`; of none the place behind the last.
    pub(crate) brands: Vec<u16>,
    /// Where the tags of each product end in `tags`.
    pub(crate) tag_ends: Vec<u32>,
    /// Places in `texts`.
    pub(crate) tags: Vec<u16>,
    /// Where the variants of each product end.
    pub(crate) variant_ends: Vec<u32>,
    pub(crate) variants: Vec<u128>,
    /// Of each variant, in ten-thousandths of its currency.
    pub(crate) prices: Vec<i64>,
    /// Where the options of each variant end in `options`.
    pub(crate) option_ends: Vec<u32>,
    /// Places in `texts`, of name and value.
    pub(crate) options: Vec<u16>,
    pub(crate) texts: Texts,
}

/// Gives each text a place, in their order.
#[derive(Default)]
struct Dictionary(BTreeMap<String, u16>);

impl Dictionary {
    fn of(products: &[Product]) -> Self {
        let mut texts = BTreeMap::new();
        for product in products {
            texts.extend(product.brand.iter().chain(&product.tags).map(|text| (text.clone(), 0)));
            let options = product.variants.iter().flat_map(|variant| &variant.options);
            texts.extend(options.map(|(name, value)| (option_text(name, value), 0)));
        }
        for (place, (_, number)) in (0..u16::MAX).zip(&mut texts) {
            *number = place;
        }
        Self(texts)
    }

    fn place(&self, text: &str) -> u16 {
        self.0.get(text).copied().unwrap_or(u16::MAX)
    }
}

impl FacetGroup {
    /// The facets of products that stand in the order of their ids.
    pub(crate) fn write(products: &[Product]) -> Segment {
        let dictionary = Dictionary::of(products);
        let variants: Vec<&Variant> = products.iter().flat_map(|product| &product.variants).collect();
        let brand = |product: &Product| product.brand.as_deref().map_or(u16::MAX, |brand| dictionary.place(brand));
        let tags = products.iter().flat_map(|product| &product.tags).map(|tag| dictionary.place(tag));
        let options = variants.iter().flat_map(|variant| &variant.options);
        let options = options.map(|(name, value)| dictionary.place(&option_text(name, value)));
        segment::write(
            Kind::Facets,
            &[
                column::write(products.iter().map(brand)),
                column::write(ends(products.iter().map(|product| product.tags.len()))),
                column::write(tags),
                column::write(ends(products.iter().map(|product| product.variants.len()))),
                column::write(variants.iter().map(|variant| variant.id.as_uuid().as_u128())),
                column::write(variants.iter().map(|variant| ten_thousandths(variant.price))),
                column::write(ends(variants.iter().map(|variant| variant.options.len()))),
                column::write(options),
                text::write(dictionary.0.keys().map(String::as_str)),
            ],
        )
    }

    /// Reads the facets.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        let [brands, tag_ends, tags, variant_ends, variants, prices, option_ends, options, texts] =
            segment::read(Kind::Facets, bytes)?;
        let brands: Vec<u16> = column::cells(&brands).collect();
        let variants: Vec<u128> = column::cells(&variants).collect();
        let (tags, options): (Vec<u16>, Vec<u16>) = (column::cells(&tags).collect(), column::cells(&options).collect());
        Ok(Self {
            tag_ends: read_ends(&tag_ends, brands.len(), tags.len())?,
            variant_ends: read_ends(&variant_ends, brands.len(), variants.len())?,
            option_ends: read_ends(&option_ends, variants.len(), options.len())?,
            prices: column::read(&prices, variants.len())?.collect(),
            texts: Texts::read(&texts)?,
            brands,
            tags,
            variants,
            options,
        })
    }

    /// Of each variant of these products, which are the group's in their order, whether it can be bought: not where nothing is known of
    /// it.
    #[must_use]
    pub fn in_stock(
        &self,
        products: impl IntoIterator<Item = ProductId>,
        level: impl Fn(ProductId, VariantId) -> Option<StockLevel>,
    ) -> Vec<bool> {
        let is_there = |product, variant| {
            let variant = VariantId::from_uuid(Uuid::from_u128(variant)).ok();
            variant.and_then(|variant| level(product, variant)).is_some_and(|level| level.sellable > 0)
        };
        let of_product = |(place, product)| {
            self.variants[range(&self.variant_ends, place)].iter().map(move |variant| is_there(product, *variant))
        };
        products.into_iter().take(self.len()).enumerate().flat_map(of_product).collect()
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.brands.len()
    }

    /// Whether there are none, as in no group that was published.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.brands.is_empty()
    }
}

/// An option as one text.
pub(crate) fn option_text(name: &str, value: &str) -> String {
    format!("{name}{BETWEEN}{value}")
}

/// Name and value of an option.
pub(crate) fn option_pair(text: &str) -> Option<(&str, &str)> {
    text.split_once(BETWEEN)
}

/// What belongs to the thing at a place, of things that end there.
pub(crate) fn range(ends: &[u32], place: usize) -> std::ops::Range<usize> {
    let start = if place == 0 { 0 } else { ends[place - 1] as usize };
    start..ends[place] as usize
}

fn ends(counts: impl Iterator<Item = usize>) -> impl Iterator<Item = u32> {
    counts.scan(0, |end, count| {
        *end += u32::try_from(count).expect("should fit: a group has some thousands of products");
        Some(*end)
    })
}

/// Ends that grow up to `last`.
fn read_ends(bytes: &[u8], count: usize, last: usize) -> Result<Vec<u32>, SegmentError> {
    let ends: Vec<u32> = column::read(bytes, count)?.collect();
    let is_sound = ends.is_sorted() && ends.last().map_or(0, |end| *end as usize) == last;
    if is_sound { Ok(ends) } else { Err(SegmentError::Malformed("where things end")) }
}
