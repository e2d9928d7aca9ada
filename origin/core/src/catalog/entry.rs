//! A product on its way into or out of the catalog, with nothing that belongs to one database: no ids, no times.

use std::collections::BTreeMap;

use commerce_domain::{CategorySlug, Currency, Money, catalog::MAX_VARIANTS};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

/// Cells of an imported file by the file's column name, word for word: those without a place of their own, and those that were
/// not written as this shop writes them.
pub type Extra = BTreeMap<String, String>;

/// A product with its variants and images. The handle is what tells whether the catalog knows it already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Names the product in files; unique.
    pub handle: String,
    /// What the shop calls it.
    pub name: String,
    /// Free text, may be HTML.
    pub description: String,
    /// The maker.
    pub brand: Option<String>,
    /// The category it is listed in.
    pub category: EntryCategory,
    /// Labels, lower case.
    pub tags: Vec<String>,
    /// What is particular to it.
    pub specifications: BTreeMap<String, String>,
    /// Whether shoppers see it.
    pub published: bool,
    /// The currency of all its prices.
    pub currency: Currency,
    /// 0 to 5, two decimals.
    pub rating: Decimal,
    /// How many reviews.
    pub review_count: u32,
    /// Images in the order they are shown.
    pub images: Vec<EntryImage>,
    /// 1 to [`MAX_VARIANTS`] variants in the order they are shown, with distinct options.
    pub variants: Vec<EntryVariant>,
    /// Cells of the product as a whole.
    pub extra: Extra,
}

/// A category by slug, with the name to give it if it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryCategory {
    /// The slug.
    pub slug: CategorySlug,
    /// The name.
    pub name: String,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryImage {
    /// Where it is.
    pub url: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// Cells of the image.
    pub extra: Extra,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryVariant {
    /// The merchant's number.
    pub sku: Option<String>,
    /// Name and value of each option; the names are the same in all variants of a product.
    pub options: Vec<(String, String)>,
    /// The price of one.
    pub price: Money,
    /// The weight of one.
    pub weight_grams: Option<u32>,
    /// How many there are.
    pub stock: i64,
    /// How many may be sold beyond that.
    pub backorder_limit: u32,
    /// Cells of the variant.
    pub extra: Extra,
}

impl EntryCategory {
    /// Where products go that name no category.
    #[must_use]
    pub fn uncategorized() -> Self {
        Self::titled("Uncategorized")
    }

    /// The category of a title; no title means [`Self::uncategorized`].
    ///
    /// Titles that differ in case, white space and common punctuation alone ("Home & Garden", "home garden") name one category.
    /// Where the slug cannot show all that is left ("C++", "電子 TV", a very long title), it ends with a hash of it, so that two
    /// categories never become one.
    #[must_use]
    pub fn titled(title: &str) -> Self {
        let title = title.trim();
        if title.is_empty() {
            return Self::uncategorized();
        }
        Self { slug: slug(title), name: title.to_owned() }
    }
}

/// Characters that stand between words and mean nothing by themselves, beside white space and general punctuation.
const SEPARATORS: &str = "&,-/_.'\"()[]{}:;|<>!?\\`´«»·";

fn slug(title: &str) -> CategorySlug {
    let words = words(title);
    match CategorySlug::from_title(&words) {
        Ok(slug) if slug.as_str() == words => slug,
        Ok(slug) => {
            let shown: String = slug.as_str().chars().take(MAX_SHOWN).collect();
            let hash = fingerprint(&words) >> 32;
            let slug = format!("{}-{hash:08x}", shown.trim_end_matches('-'));
            slug.parse().expect("should be a slug: one that is cut, a hyphen and 8 hexadecimal digits")
        }
        Err(_) => {
            let slug = format!("c{:016x}", fingerprint(&words));
            slug.parse().expect("should be a slug: a letter and 16 hexadecimal digits")
        }
    }
}

/// How much of a title stands before the hash in a slug, which has at most 80 characters.
const MAX_SHOWN: usize = 71;

/// The title in lower case, with one hyphen for whatever separates its words.
fn words(title: &str) -> String {
    let separates = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || SEPARATORS.contains(letter)
            || ('\u{2010}'..='\u{2027}').contains(&letter)
    };
    let words = title.split(separates).filter(|word| !word.is_empty());
    let words = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    // A title of nothing but separators is taken by its letters.
    if words.is_empty() { title.to_owned() } else { words }
}

/// Eight bytes of a hash.
pub(super) fn fingerprint(text: &str) -> u64 {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

impl CatalogEntry {
    /// Whether a variant with these options may be added, and if not, why.
    ///
    /// # Errors
    /// The reason: too many variants, other option names than the first variant's, or options that are taken.
    pub fn room_for(&self, options: &[(String, String)]) -> Result<(), String> {
        if self.variants.len() == MAX_VARIANTS {
            return Err(format!("a product has at most {MAX_VARIANTS} variants"));
        }
        let Some(first) = self.variants.first() else { return Ok(()) };
        let names = |options: &[(String, String)]| options.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        if names(&first.options) != names(options) {
            return Err("all variants of a product have the same options".to_owned());
        }
        if self.variants.iter().any(|variant| variant.options == options) {
            return Err("another variant of the product has the same options".to_owned());
        }
        Ok(())
    }

    /// The lowest price; zero for an entry without variants, which no reader hands out.
    #[must_use]
    pub fn lowest_price(&self) -> Money {
        let prices = self.variants.iter().map(|variant| variant.price);
        prices.min_by_key(|price| price.amount()).unwrap_or_else(|| Money::zero(self.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(title: &str) -> String {
        EntryCategory::titled(title).slug.to_string()
    }

    #[test]
    fn every_title_finds_a_category() {
        assert_eq!(slug_of(" Home & Garden "), "home-garden");
        assert_eq!(EntryCategory::titled("  "), EntryCategory::uncategorized());
        let japan = EntryCategory::titled("日本");
        assert_eq!((japan.slug.as_str().len(), japan.name.as_str()), (17, "日本"));
        assert_ne!(slug_of("日本"), slug_of("日本語"));
        assert_eq!(slug_of("&").len(), 17);
    }

    #[test]
    fn ordinary_titles_have_plain_slugs_and_their_spellings_are_one_category() {
        for (slug, titles) in [
            ("home-garden", &["Home & Garden", "home garden", "HOME/Garden", "Home – Garden"][..]),
            ("men-s-t-shirts", &["Men's T-Shirts", "Men’s T-shirts"]),
            ("tvs-4k", &["TVs, 4K"]),
            ("animals-pet-supplies-dogs", &["Animals & Pet Supplies > Dogs"]),
            ("necklace", &["Necklace"]),
        ] {
            for title in titles {
                assert_eq!(slug_of(title), slug, "{title}");
            }
        }
    }

    #[test]
    fn different_titles_are_different_categories() {
        let long = "a very long title, ".repeat(8);
        let (long, longer) = (format!("{long} one"), format!("{long} other"));
        for group in [
            &["C", "C++", "C#"][..],
            &["電子 TV", "家具 TV", "TV"],
            &["Été", "T", "Bté"],
            &[&long, &longer],
            &["&", "/"],
        ] {
            let slugs: std::collections::BTreeSet<String> = group.iter().map(|title| slug_of(title)).collect();
            assert_eq!(slugs.len(), group.len(), "{slugs:?}");
        }
        assert!(slug_of("C++").starts_with("c-") && slug_of("電子 TV").starts_with("tv-"));
        assert_eq!((slug_of("C++"), slug_of("ÉTÉ")), (slug_of("c++"), slug_of("été")), "case makes no difference");
        assert!(slug_of(&long).len() <= 80);
    }
}
