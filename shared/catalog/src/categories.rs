//! Categories: a small segment with all of them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use commerce_domain::CategorySlug;
use serde::{Deserialize, Serialize};

use crate::{Kind, Segment, SegmentError, segment};

/// A category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Names it in URLs.
    pub slug: CategorySlug,
    /// As shoppers read it.
    pub name: String,
    /// The one above it.
    pub parent: Option<CategorySlug>,
}

/// All categories of one state of the catalog, by their slugs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Categories(Vec<Category>);

/// Encoded by postcard (its wire format 1.0).
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    slug: &'a str,
    name: &'a str,
    parent: Option<&'a str>,
}

impl Categories {
    /// These categories.
    #[must_use]
    pub fn new(mut categories: Vec<Category>) -> Self {
        categories.sort_unstable_by(|one, other| one.slug.cmp(&other.slug));
        Self(categories)
    }

    /// Their segment.
    #[must_use]
    pub fn write(&self) -> Segment {
        let record = |category: &'_ Category| -> Vec<u8> {
            let Category { slug, name, parent } = category;
            let record = Record { slug: slug.as_str(), name, parent: parent.as_ref().map(CategorySlug::as_str) };
            postcard::to_allocvec(&record).expect("should encode: texts into memory")
        };
        segment::write(Kind::Categories, &[self.0.iter().flat_map(record).collect()])
    }

    /// Reads a segment.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn read(bytes: &Bytes) -> Result<Self, SegmentError> {
        const WRONG: SegmentError = SegmentError::Malformed("a category");
        let [records] = segment::read(Kind::Categories, bytes)?;
        let (mut rest, mut categories) = (&records[..], Vec::new());
        while !rest.is_empty() {
            let (record, behind) = postcard::take_from_bytes::<Record<'_>>(rest).map_err(|_| WRONG)?;
            rest = behind;
            categories.push(Category {
                slug: record.slug.parse().map_err(|_| WRONG)?,
                name: record.name.to_owned(),
                parent: record.parent.map(str::parse).transpose().map_err(|_| WRONG)?,
            });
        }
        if categories.is_sorted_by(|one, next| one.slug < next.slug) { Ok(Self(categories)) } else { Err(WRONG) }
    }

    /// All of them, by their slugs.
    #[must_use]
    pub fn all(&self) -> &[Category] {
        &self.0
    }

    /// The category and those below it; none where there is no such category. A circle of categories ends.
    #[must_use]
    pub fn below(&self, slug: &CategorySlug) -> BTreeSet<CategorySlug> {
        let mut children = BTreeMap::<&CategorySlug, Vec<&CategorySlug>>::new();
        for category in &self.0 {
            if let Some(parent) = &category.parent {
                children.entry(parent).or_default().push(&category.slug);
            }
        }
        let (mut below, mut next) = (BTreeSet::new(), Vec::from_iter(self.find(slug).map(|category| &category.slug)));
        while let Some(slug) = next.pop() {
            if below.insert(slug.clone()) {
                next.extend(children.get(slug).into_iter().flatten());
            }
        }
        below
    }

    /// How many products each category has, with those below it, of how many each has itself.
    #[must_use]
    pub fn counted(&self, own: &BTreeMap<CategorySlug, u64>) -> Vec<(&Category, u64)> {
        let mut counts = BTreeMap::<&CategorySlug, u64>::new();
        for (slug, count) in own {
            let (mut above, mut at) = (BTreeSet::new(), self.find(slug));
            while let Some(category) = at.filter(|category| above.insert(&category.slug)) {
                *counts.entry(&category.slug).or_default() += count;
                at = category.parent.as_ref().and_then(|parent| self.find(parent));
            }
        }
        self.0.iter().map(|category| (category, counts.get(&category.slug).copied().unwrap_or(0))).collect()
    }

    fn find(&self, slug: &CategorySlug) -> Option<&Category> {
        self.0.binary_search_by(|category| category.slug.cmp(slug)).ok().map(|place| &self.0[place])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug(text: &str) -> CategorySlug {
        text.parse().unwrap()
    }

    fn categories(pairs: &[(&str, Option<&str>)]) -> Categories {
        let category = |(name, parent): &(&str, Option<&str>)| Category {
            slug: slug(name),
            name: format!("The {name}"),
            parent: parent.map(slug),
        };
        Categories::new(pairs.iter().map(category).collect())
    }

    fn sample() -> Categories {
        categories(&[
            ("home", None),
            ("lamps", Some("home")),
            ("desk-lamps", Some("lamps")),
            ("audio", None),
            ("ring-a", Some("ring-b")),
            ("ring-b", Some("ring-a")),
        ])
    }

    #[test]
    fn categories_come_back_as_they_were_in_whatever_order_they_came() {
        let bytes = sample().write();
        assert_eq!(Categories::read(bytes.bytes()), Ok(sample()));
        let reversed = Categories::new(sample().all().iter().rev().cloned().collect());
        assert_eq!(reversed.write(), bytes);
        assert_eq!(Categories::read(Categories::default().write().bytes()), Ok(Categories::default()));
    }

    #[test]
    fn a_category_has_those_below_it_and_a_circle_ends() {
        let all = sample();
        let below = |name: &str| all.below(&slug(name)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(below("home"), ["desk-lamps", "home", "lamps"]);
        assert_eq!(below("audio"), ["audio"]);
        assert_eq!(below("ring-a"), ["ring-a", "ring-b"]);
        assert!(below("nothing").is_empty());
    }

    #[test]
    fn products_count_in_all_categories_above_theirs() {
        let own = BTreeMap::from([(slug("desk-lamps"), 2), (slug("home"), 1), (slug("unknown"), 9)]);
        let all = sample();
        let counted: Vec<(String, u64)> =
            all.counted(&own).into_iter().map(|(category, count)| (category.slug.to_string(), count)).collect();
        let expected = [("audio", 0), ("desk-lamps", 2), ("home", 3), ("lamps", 2), ("ring-a", 0), ("ring-b", 0)];
        assert_eq!(counted, expected.map(|(slug, count)| (slug.to_owned(), count)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(place: prop::sample::Index, byte: u8) {
            let mut bytes = sample().write().bytes().to_vec();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = Categories::read(&bytes.into());
        }
    }
}
