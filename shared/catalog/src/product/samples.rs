//! Products for tests: the same for the same number, unlike each other in everything that can differ.

use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Builder;

fn uuid(index: u32, salt: u8) -> uuid::Uuid {
    let mut random = [salt; 10];
    random[..4].copy_from_slice(&index.wrapping_mul(2_654_435_761).to_be_bytes());
    Builder::from_unix_timestamp_millis(1_700_000_000_000 + u64::from(index), &random).into_uuid()
}

/// The id of the product of that number. A larger number has a larger id.
pub(crate) fn id(index: u32) -> ProductId {
    ProductId::from_uuid(uuid(index, 0)).unwrap()
}

pub(crate) fn product(index: u32) -> Product {
    let currency: Currency = if index % 7 == 3 { "JPY" } else { "USD" }.parse().unwrap();
    let variants = (0..=index % 3).map(|number| Variant {
        id: VariantId::from_uuid(uuid(index, u8::try_from(number).unwrap() + 1)).unwrap(),
        sku: index.is_multiple_of(2).then(|| format!("SKU-{index}-{number}")),
        options: if index.is_multiple_of(3) { vec![] } else { vec![("Size".to_owned(), format!("{number}"))] },
        price: Money::from_minor(i64::from(index * 37 % 1_000 + number * 5), currency).unwrap(),
        weight_grams: index.is_multiple_of(4).then_some(100 + number),
        backorder_limit: number,
        stock: i64::from(number) - 1,
    });
    Product {
        id: id(index),
        name: format!("Lampe {}é{}", index * 31 % 500, index % 5),
        description: "Warm light. ".repeat((index % 6) as usize),
        brand: (!index.is_multiple_of(3)).then(|| format!("Brand {}", index % 11)),
        category: ["lamps", "desks", "audio"][(index % 3) as usize].parse().unwrap(),
        tags: (0..index % 4).map(|tag| format!("tag{}", (index + tag) % 9)).collect(),
        images: (0..index % 3).map(|image| format!("https://img.example/{index}/{image}.webp")).collect(),
        specifications: (0..index % 3).map(|spec| (format!("spec{spec}"), format!("{index}"))).collect(),
        variants: variants.collect(),
        rating: Decimal::new(i64::from(index * 13 % 501), 2),
        review_count: index % 40,
        version: u64::from(index % 6 + 1),
        created_at: Timestamp::from_microsecond(1_700_000_000_000_000 + i64::from(index * 7 % 1_000) * 1_001).unwrap(),
        updated_at: Timestamp::from_microsecond(1_700_000_500_000_000 + i64::from(index)).unwrap(),
    }
}
