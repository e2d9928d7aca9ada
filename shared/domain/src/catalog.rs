//! Products, their variants, and categories.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{Money, ProductId, VariantId};

/// A product has at most this many variants.
pub const MAX_VARIANTS: usize = 100;

/// A product as the shop shows it, with one to [`MAX_VARIANTS`] sellable variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The id.
    pub id: ProductId,
    /// What the shop calls it, 1 to 255 characters.
    pub name: String,
    /// Free text; may be empty.
    pub description: String,
    /// The maker, where known.
    pub brand: Option<String>,
    /// The category it is listed in.
    pub category: CategorySlug,
    /// Free labels, lower case, in the order they were given.
    pub tags: Vec<String>,
    /// Image URLs; the first is the one shown in lists.
    pub images: Vec<String>,
    /// Name and value of what is particular to the product ("battery": "30 hours").
    pub specifications: BTreeMap<String, String>,
    /// What can be bought, in the order it is shown.
    pub variants: Vec<Variant>,
    /// The mean of all approved reviews, 0 to 5, two decimals.
    pub rating: Decimal,
    /// How many reviews that mean is of.
    pub review_count: u32,
    /// Grows by one with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The thing that is priced, stocked and sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The id.
    pub id: VariantId,
    /// The merchant's own number, where there is one.
    pub sku: Option<String>,
    /// Name and value of each option ("Size": "XL"), in the order they are shown; empty for an only variant.
    pub options: Vec<(String, String)>,
    /// The price of one.
    pub price: Money,
    /// The weight of one, in grams.
    pub weight_grams: Option<u32>,
    /// How many may be sold beyond what is in stock; zero denies backorders.
    pub backorder_limit: u32,
    /// On hand minus reserved, as of the last projection. For display: DynamoDB's counter decides.
    pub stock: i64,
}

impl Product {
    /// The lowest price of any variant; what lists show and sort by. None only for a product without variants, which no store holds.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        self.variants.iter().map(|variant| variant.price).min_by_key(|price| price.amount())
    }

    /// The stock of all variants together.
    #[must_use]
    pub fn stock(&self) -> i64 {
        self.variants.iter().map(|variant| variant.stock).sum()
    }
}

/// The name of a category in URLs: 1 to 80 of `a-z`, `0-9` and inner hyphens. Its id is `cat_` and the slug.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategorySlug(String);

/// The text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a category is 1 to 80 of a-z, 0-9 and inner hyphens")]
pub struct SlugError;

impl CategorySlug {
    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The category's id, `cat_<slug>`.
    #[must_use]
    pub fn category_id(&self) -> String {
        format!("cat_{}", self.0)
    }

    /// The slug within a category id.
    ///
    /// # Errors
    /// [`SlugError`] if the text does not begin with `cat_`, or the rest is no slug.
    pub fn from_category_id(id: &str) -> Result<Self, SlugError> {
        id.strip_prefix("cat_").ok_or(SlugError)?.parse()
    }

    /// A slug made of any text: letters and digits of ASCII stay, everything else becomes a hyphen.
    ///
    /// # Errors
    /// [`SlugError`] if nothing is left.
    pub fn from_title(title: &str) -> Result<Self, SlugError> {
        let mut slug = String::with_capacity(title.len().min(80));
        for letter in title.chars() {
            match letter.to_ascii_lowercase() {
                plain @ ('a'..='z' | '0'..='9') => slug.push(plain),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
            if slug.len() == 80 {
                break;
            }
        }
        slug.trim_end_matches('-').parse()
    }
}

impl FromStr for CategorySlug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let tidy = !text.starts_with('-') && !text.ends_with('-');
        if (1..=80).contains(&text.len()) && plain && tidy { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }
}

impl fmt::Display for CategorySlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_slugs() {
        for (title, slug) in [("Home & Garden", "home-garden"), ("  TVs, 4K ", "tvs-4k"), ("Été", "t")] {
            assert_eq!(CategorySlug::from_title(title).unwrap().as_str(), slug);
        }
        assert!(CategorySlug::from_title("日本").is_err());
        assert!(CategorySlug::from_title(&"ab ".repeat(100)).unwrap().as_str().len() <= 80);
    }

    #[test]
    fn a_category_id_is_cat_and_the_slug() {
        let slug = CategorySlug::from_category_id("cat_electronics").unwrap();
        assert_eq!((slug.as_str(), slug.category_id().as_str()), ("electronics", "cat_electronics"));
        for bad in ["electronics", "cat_", "cat_-a", "cat_A", "cat_a b"] {
            assert!(CategorySlug::from_category_id(bad).is_err(), "{bad}");
        }
    }
}
