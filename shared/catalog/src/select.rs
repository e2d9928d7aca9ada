//! Choosing products, and counting what else could be chosen.
//!
//! Facets are disjunctive: what is counted under one is chosen by all the others. What a variant has (price, options, stock) is asked of
//! one variant at a time: a product that is blue in S and red in XL is not blue and XL.

use std::collections::{BTreeMap, BTreeSet};

use crate::facets::{FacetGroup, option_pair, range};

/// What products to choose. Nothing of it set: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Of one of these brands.
    pub brands: BTreeSet<String>,
    /// With all of these tags.
    pub tags: BTreeSet<String>,
    /// Rated so or better, in hundredths.
    pub least_rating: Option<u16>,
    /// A variant that costs at least so much, in ten-thousandths.
    pub least_price: Option<i64>,
    /// A variant that costs at most so much, in ten-thousandths.
    pub most_price: Option<i64>,
    /// A variant that can be bought.
    pub in_stock: bool,
    /// A variant that has, of each of these options, one of its values.
    pub options: BTreeMap<String, BTreeSet<String>>,
}

/// How many products would be chosen by each value of one facet, everything else as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FacetCounts {
    /// By brand.
    pub brands: BTreeMap<String, usize>,
    /// By option and value.
    pub options: BTreeMap<String, BTreeMap<String, usize>>,
    /// With a variant that can be bought.
    pub in_stock: usize,
    /// By how many whole points they have at least: five to one.
    pub ratings: [usize; 5],
    /// By price: below each of the bounds that were asked for, and at or above the last.
    pub prices: Vec<usize>,
}

/// What a product or variant lacks of a selection: a bit for each thing that is asked.
type Lacks = u128;

const BRAND: Lacks = 1;
const TAGS: Lacks = 1 << 1;
const RATING: Lacks = 1 << 2;
const PRICE: Lacks = 1 << 3;
const STOCK: Lacks = 1 << 4;
/// The first option; the others follow. A hundred of them are more than a request can name.
const OPTION: Lacks = 1 << 5;

/// A group, and what of it is not in its facets.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// The group.
    pub facets: &'a FacetGroup,
    /// Of each product, in hundredths.
    pub ratings: &'a [u16],
    /// Of each variant, whether it can be bought.
    pub in_stock: &'a [bool],
}

/// A selection in the words of one group.
struct Asked<'s> {
    selection: &'s Selection,
    brands: Vec<u16>,
    /// One that no product has stands for all.
    tags: Option<Vec<u16>>,
    /// For each option the places of its values.
    options: Vec<(&'s str, Vec<u16>)>,
}

impl<'s> Asked<'s> {
    fn new(selection: &'s Selection, group: &FacetGroup) -> Self {
        let of = |texts: &BTreeSet<String>| -> Vec<u16> {
            texts.iter().filter_map(|text| group.texts.place(text)).collect()
        };
        let tags = of(&selection.tags);
        let option = |(name, values): (&'s String, &BTreeSet<String>)| {
            let texts = values.iter().map(|value| crate::facets::option_text(name, value));
            (name.as_str(), texts.filter_map(|text| group.texts.place(&text)).collect())
        };
        Self {
            selection,
            brands: of(&selection.brands),
            tags: (tags.len() == selection.tags.len()).then_some(tags),
            options: selection.options.iter().take(100).map(option).collect(),
        }
    }

    fn product_lacks(&self, group: &Chosen<'_>, place: usize) -> Lacks {
        let Selection { brands, least_rating, .. } = self.selection;
        let mut lacks = 0;
        if !brands.is_empty() && !self.brands.contains(&group.facets.brands[place]) {
            lacks |= BRAND;
        }
        let tags = &group.facets.tags[range(&group.facets.tag_ends, place)];
        if self.tags.as_ref().is_none_or(|wanted| !wanted.iter().all(|tag| tags.contains(tag))) {
            lacks |= TAGS;
        }
        if least_rating.is_some_and(|least| group.ratings.get(place).copied().unwrap_or(0) < least) {
            lacks |= RATING;
        }
        lacks
    }

    fn variant_lacks(&self, group: &Chosen<'_>, variant: usize) -> Lacks {
        let Selection { least_price, most_price, in_stock, .. } = self.selection;
        let price = group.facets.prices[variant];
        let mut lacks = 0;
        if least_price.is_some_and(|least| price < least) || most_price.is_some_and(|most| price > most) {
            lacks |= PRICE;
        }
        if *in_stock && !can_be_bought(group, variant) {
            lacks |= STOCK;
        }
        let options = &group.facets.options[range(&group.facets.option_ends, variant)];
        for (bit, (_, values)) in (0..).zip(&self.options) {
            if !options.iter().any(|option| values.contains(option)) {
                lacks |= OPTION << bit;
            }
        }
        lacks
    }

    /// The bit of an option; none where nothing is asked of it.
    fn bit(&self, option: &str) -> Lacks {
        let asked = self.options.iter().position(|(name, _)| *name == option);
        asked.map_or(0, |place| OPTION << place)
    }
}

fn can_be_bought(group: &Chosen<'_>, variant: usize) -> bool {
    group.in_stock.get(variant).copied().unwrap_or(false)
}

/// Which of a group's products are chosen, of those that `is_candidate` says.
#[must_use]
pub fn choose(selection: &Selection, group: &Chosen<'_>, is_candidate: impl Fn(usize) -> bool) -> Vec<bool> {
    let asked = Asked::new(selection, group.facets);
    let has_variant =
        |place| range(&group.facets.variant_ends, place).any(|variant| asked.variant_lacks(group, variant) == 0);
    let is_chosen = |place| is_candidate(place) && asked.product_lacks(group, place) == 0 && has_variant(place);
    (0..group.facets.len()).map(is_chosen).collect()
}

impl FacetCounts {
    /// Adds what a group has, of the products that `is_candidate` says. `bounds` are the bounds of prices, in ten-thousandths, growing.
    pub fn add(
        &mut self,
        selection: &Selection,
        group: &Chosen<'_>,
        bounds: &[i64],
        is_candidate: impl Fn(usize) -> bool,
    ) {
        let asked = Asked::new(selection, group.facets);
        self.prices.resize(bounds.len() + 1, 0);
        let (mut brands, mut options) = (BTreeMap::<u16, usize>::new(), BTreeMap::<u16, usize>::new());
        for place in (0..group.facets.len()).filter(|place| is_candidate(*place)) {
            let lacks = asked.product_lacks(group, place);
            let variants = range(&group.facets.variant_ends, place);
            let of_variants: Vec<(usize, Lacks)> =
                variants.map(|variant| (variant, asked.variant_lacks(group, variant))).collect();
            if of_variants.iter().any(|(_, lacks)| *lacks == 0) {
                if lacks & !BRAND == 0 {
                    *brands.entry(group.facets.brands[place]).or_default() += 1;
                }
                if lacks & !RATING == 0 {
                    self.count_rating(group.ratings.get(place).copied().unwrap_or(0));
                }
            }
            if lacks == 0 {
                self.count_variants(&asked, group, &of_variants, bounds, &mut options);
            }
        }
        for (place, count) in brands {
            if let Some(brand) = group.facets.texts.get(usize::from(place)) {
                *self.brands.entry(brand.to_owned()).or_default() += count;
            }
        }
        for (place, count) in options {
            if let Some((name, value)) = group.facets.texts.get(usize::from(place)).and_then(option_pair) {
                *self.options.entry(name.to_owned()).or_default().entry(value.to_owned()).or_default() += count;
            }
        }
    }

    fn count_rating(&mut self, rating: u16) {
        for (least, count) in (1..=5_u16).rev().zip(&mut self.ratings) {
            *count += usize::from(rating >= least * 100);
        }
    }

    /// A product counts once for each value that one of its variants has.
    fn count_variants(
        &mut self,
        asked: &Asked<'_>,
        group: &Chosen<'_>,
        variants: &[(usize, Lacks)],
        bounds: &[i64],
        options: &mut BTreeMap<u16, usize>,
    ) {
        let (mut values, mut prices, mut in_stock) = (BTreeSet::new(), BTreeSet::new(), false);
        for (variant, lacks) in variants {
            in_stock |= lacks & !STOCK == 0 && can_be_bought(group, *variant);
            if lacks & !PRICE == 0 {
                let price = group.facets.prices[*variant];
                prices.insert(bounds.partition_point(|bound| *bound <= price));
            }
            for option in &group.facets.options[range(&group.facets.option_ends, *variant)] {
                let name = group.facets.texts.get(usize::from(*option)).and_then(option_pair).map(|(name, _)| name);
                if name.is_some_and(|name| lacks & !asked.bit(name) == 0) {
                    values.insert(*option);
                }
            }
        }
        self.in_stock += usize::from(in_stock);
        for bucket in prices {
            self.prices[bucket] += 1;
        }
        for value in values {
            *options.entry(value).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests;
