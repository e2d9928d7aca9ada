//! Our own interchange format: one product a line, as JSON. Nothing of a product is lost in it.

mod parse;
mod reader;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use commerce_api::{Amount, DecimalNumber, product::OptionValue};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use self::reader::{MAX_LINE_BYTES, NdjsonReader};
use super::entry::{CatalogEntry, Extra};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProductLine {
    handle: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<String>,
    category: CategoryField,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    specifications: BTreeMap<String, String>,
    #[serde(default = "yes")]
    published: bool,
    currency: String,
    #[serde(default = "zero")]
    rating: DecimalNumber,
    #[serde(default)]
    review_count: u32,
    #[serde(default)]
    images: Vec<ImageField>,
    variants: Vec<VariantField>,
    #[serde(default)]
    extra: Extra,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryField {
    slug: String,
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageField {
    url: String,
    #[serde(default)]
    alt: String,
    #[serde(default)]
    extra: Extra,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VariantField {
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<String>,
    #[serde(default)]
    options: Vec<OptionValue>,
    price: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_grams: Option<u32>,
    #[serde(default)]
    stock: i64,
    #[serde(default)]
    backorder_limit: u32,
    #[serde(default)]
    extra: Extra,
}

fn yes() -> bool {
    true
}

fn zero() -> DecimalNumber {
    DecimalNumber(Decimal::ZERO)
}

/// How many bytes the line of a product has, its end included.
pub fn line_bytes(entry: &CatalogEntry) -> usize {
    let mut count = Count(0);
    // A count takes any number of bytes.
    let _ = write_line(&mut count, entry);
    count.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a product as a line.
///
/// # Errors
/// Where writing fails.
pub fn write_line(output: &mut impl Write, entry: &CatalogEntry) -> io::Result<()> {
    let variants = entry.variants.iter().map(|variant| VariantField {
        sku: variant.sku.clone(),
        options: commerce_api::product::option_values(&variant.options),
        price: variant.price.into(),
        weight_grams: variant.weight_grams,
        stock: variant.stock,
        backorder_limit: variant.backorder_limit,
        extra: variant.extra.clone(),
    });
    let images = entry.images.iter().map(|image| ImageField {
        url: image.url.clone(),
        alt: image.alt.clone(),
        extra: image.extra.clone(),
    });
    let line = ProductLine {
        handle: entry.handle.clone(),
        name: entry.name.clone(),
        description: entry.description.clone(),
        brand: entry.brand.clone(),
        category: CategoryField { slug: entry.category.slug.to_string(), name: entry.category.name.clone() },
        tags: entry.tags.clone(),
        specifications: entry.specifications.clone(),
        published: entry.published,
        currency: entry.currency.to_string(),
        rating: DecimalNumber(entry.rating),
        review_count: entry.review_count,
        images: images.collect(),
        variants: variants.collect(),
        extra: entry.extra.clone(),
    };
    serde_json::to_writer(&mut *output, &line)?;
    output.write_all(b"\n")
}
