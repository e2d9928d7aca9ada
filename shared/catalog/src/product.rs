//! A product as it lies in a chunk: all of it but its stock, which has segments of its own.

use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::SegmentError;

/// Encoded by postcard (its wire format 1.0). A field more or less is another [`crate::FORMAT`].
#[derive(Serialize, Deserialize)]
struct ProductRecord<'a> {
    name: &'a str,
    description: &'a str,
    brand: Option<&'a str>,
    category: &'a str,
    #[serde(borrow)]
    tags: Vec<&'a str>,
    #[serde(borrow)]
    images: Vec<&'a str>,
    #[serde(borrow)]
    specifications: Vec<(&'a str, &'a str)>,
    currency: &'a str,
    #[serde(borrow)]
    variants: Vec<VariantRecord<'a>>,
    /// In hundredths.
    rating: u16,
    review_count: u32,
    version: u64,
    /// Microseconds since 1970.
    created_at: i64,
    /// Microseconds since 1970.
    updated_at: i64,
}

#[derive(Serialize, Deserialize)]
struct VariantRecord<'a> {
    id: [u8; 16],
    sku: Option<&'a str>,
    #[serde(borrow)]
    options: Vec<(&'a str, &'a str)>,
    /// In minor units of the product's currency.
    price: i64,
    weight_grams: Option<u32>,
    backorder_limit: u32,
}

/// The mean of the reviews in hundredths: 0 to 500.
pub(crate) fn rating_hundredths(rating: Decimal) -> u16 {
    (rating * Decimal::ONE_HUNDRED).to_u16().unwrap_or(0)
}

/// The record of a product.
pub(crate) fn write(product: &Product) -> Vec<u8> {
    let currency = product.price().map_or(Currency::USD, Money::currency);
    let record = ProductRecord {
        name: &product.name,
        description: &product.description,
        brand: product.brand.as_deref(),
        category: product.category.as_str(),
        tags: product.tags.iter().map(String::as_str).collect(),
        images: product.images.iter().map(String::as_str).collect(),
        specifications: pairs(&product.specifications),
        currency: currency.code(),
        variants: product.variants.iter().map(variant_record).collect(),
        rating: rating_hundredths(product.rating),
        review_count: product.review_count,
        version: product.version,
        created_at: product.created_at.as_microsecond(),
        updated_at: product.updated_at.as_microsecond(),
    };
    postcard::to_allocvec(&record).expect("should encode: texts and numbers into memory")
}

fn variant_record(variant: &Variant) -> VariantRecord<'_> {
    VariantRecord {
        id: *variant.id.as_uuid().as_bytes(),
        sku: variant.sku.as_deref(),
        options: pairs(variant.options.iter().map(|(name, value)| (name, value))),
        price: variant.price.minor(),
        weight_grams: variant.weight_grams,
        backorder_limit: variant.backorder_limit,
    }
}

fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<(&'a str, &'a str)> {
    pairs.into_iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The product of a record, with the stock that is known of its variants.
pub(crate) fn read(id: ProductId, record: &[u8], stock: impl Fn(VariantId) -> i64) -> Result<Product, SegmentError> {
    const WRONG: SegmentError = SegmentError::Malformed("a product");
    let record: ProductRecord<'_> = postcard::from_bytes(record).map_err(|_| WRONG)?;
    let currency: Currency = record.currency.parse().map_err(|_| WRONG)?;
    let variants = record.variants.into_iter().map(|variant| {
        let id = VariantId::from_uuid(Uuid::from_bytes(variant.id)).map_err(|_| WRONG)?;
        Ok(Variant {
            id,
            sku: variant.sku.map(str::to_owned),
            options: owned(variant.options),
            price: Money::from_minor(variant.price, currency).map_err(|_| WRONG)?,
            weight_grams: variant.weight_grams,
            backorder_limit: variant.backorder_limit,
            stock: stock(id),
        })
    });
    Ok(Product {
        id,
        name: record.name.to_owned(),
        description: record.description.to_owned(),
        brand: record.brand.map(str::to_owned),
        category: record.category.parse().map_err(|_| WRONG)?,
        tags: record.tags.into_iter().map(str::to_owned).collect(),
        images: record.images.into_iter().map(str::to_owned).collect(),
        specifications: owned(record.specifications),
        variants: variants.collect::<Result<_, _>>()?,
        rating: Decimal::new(i64::from(record.rating), 2),
        review_count: record.review_count,
        version: record.version,
        created_at: Timestamp::from_microsecond(record.created_at).map_err(|_| WRONG)?,
        updated_at: Timestamp::from_microsecond(record.updated_at).map_err(|_| WRONG)?,
    })
}

fn owned<C: FromIterator<(String, String)>>(pairs: Vec<(&str, &str)>) -> C {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{samples::product, *};

    #[test]
    fn a_product_comes_back_as_it_was() {
        for index in 0..50 {
            let product = product(index);
            let stock = |id| product.variants.iter().find(|variant| variant.id == id).unwrap().stock;
            assert_eq!(read(product.id, &write(&product), stock), Ok(product.clone()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(index in 0_u32..20, place: prop::sample::Index, byte: u8, length: prop::sample::Index) {
            let product = product(index);
            let mut record = write(&product);
            let place = place.index(record.len());
            record[place] = byte;
            record.truncate(length.index(record.len()) + 1);
            let _ = read(product.id, &record, |_| 0);
        }
    }
}
