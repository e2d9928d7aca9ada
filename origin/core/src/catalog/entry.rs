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

    /// The category of a title; no title means [`Self::uncategorized`]. A title without any letter or digit of ASCII gets a slug
    /// made of its hash.
    #[must_use]
    pub fn titled(title: &str) -> Self {
        let title = title.trim();
        if title.is_empty() {
            return Self::uncategorized();
        }
        let slug = CategorySlug::from_title(title).unwrap_or_else(|_| hashed(title));
        Self { slug, name: title.to_owned() }
    }
}

fn hashed(title: &str) -> CategorySlug {
    let hash = Sha256::digest(title.as_bytes());
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("c{number:016x}").parse().expect("should be a slug: a letter and 16 hexadecimal digits")
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

    #[test]
    fn every_title_finds_a_category() {
        assert_eq!(EntryCategory::titled(" Home & Garden ").slug.as_str(), "home-garden");
        assert_eq!(EntryCategory::titled("  "), EntryCategory::uncategorized());
        let japan = EntryCategory::titled("日本");
        assert_eq!((japan.slug.as_str().len(), japan.name.as_str()), (17, "日本"));
        assert_ne!(japan.slug, EntryCategory::titled("日本語").slug);
    }
}
