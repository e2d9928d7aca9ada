//! What is published, in the tests' bucket and key-value store.

use std::collections::BTreeMap;

use bytes::Bytes;
use commerce_catalog::{
    Categories, Category, FORMAT, HEAD_KEY, Head, STOCK_HEAD_KEY, Segment, StockGroup, StockHead, StockLevel,
    build_group, segment_key,
};
use commerce_domain::{Currency, Money, Product, ProductId, Variant, VariantId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::fake::{Fake, NOW};

/// Objects by their keys: what one publication writes.
#[derive(Clone, Default)]
pub(crate) struct Objects(pub(crate) BTreeMap<String, Bytes>);

impl Objects {
    fn add(&mut self, segment: &Segment) {
        self.0.insert(segment_key(segment.id()), segment.bytes().clone());
    }

    /// The segments alone.
    pub(crate) fn without_heads(mut self) -> Self {
        self.0.retain(|key, _| key != HEAD_KEY && key != STOCK_HEAD_KEY);
        self
    }
}

/// A product whose name and price in cents tell its version.
pub(crate) fn product(index: u32, version: u64) -> Product {
    let id = |prefix: &str| format!("{prefix}_01h4vjdvzefw18zfwz5dxw{index:04}");
    let price = Money::from_minor(i64::from(index) * 100 + i64::try_from(version).unwrap(), Currency::USD).unwrap();
    Product {
        id: id("prod").parse::<ProductId>().unwrap(),
        name: format!("Thing {index}, version {version}"),
        description: String::new(),
        brand: Some("Brand".to_owned()),
        category: ["lamps", "audio"][(index % 2) as usize].parse().unwrap(),
        tags: vec!["tag".to_owned()],
        images: vec!["https://cdn.test/1.jpg".to_owned()],
        specifications: BTreeMap::new(),
        variants: vec![Variant {
            id: id("var").parse::<VariantId>().unwrap(),
            sku: None,
            options: Vec::new(),
            price,
            weight_grams: None,
            backorder_limit: 0,
            stock: 0,
        }],
        rating: Decimal::new(450, 2),
        review_count: 7,
        version,
        created_at: at(i64::from(index) - 1_000_000),
        updated_at: at(0),
    }
}

/// So many seconds after the tests begin.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW + second).unwrap()
}

/// What publishing these products comes to in that second; of each variant five can be bought.
pub(crate) fn published(products: &[Product], second: i64) -> Objects {
    published_with(products, second, |_| 5)
}

/// The same with so many of each variant.
pub(crate) fn published_with(products: &[Product], second: i64, stock: impl Fn(&Variant) -> i32) -> Objects {
    let mut objects = Objects::default();
    let category = |slug: &str, parent: Option<&str>| Category {
        slug: slug.parse().unwrap(),
        name: slug.to_uppercase(),
        parent: parent.map(|slug| slug.parse().unwrap()),
    };
    let categories =
        Categories::new(vec![category("home", None), category("lamps", Some("home")), category("audio", None)]).write();
    objects.add(&categories);
    let built = build_group(products);
    for segment in built.iter().flat_map(|group| &group.segments) {
        objects.add(segment);
    }
    let level = |variant| StockLevel { available: stock(variant), sellable: stock(variant) };
    let variants = products.iter().flat_map(|product| &product.variants);
    let stock = StockGroup::write(&variants.map(|variant| (variant.id, level(variant))).collect::<Vec<_>>());
    objects.add(&stock);
    let sequence = u64::try_from(second + 1_000).unwrap();
    let groups = built.into_iter().map(|group| group.entry).collect();
    let head = Head { format: FORMAT, sequence, written_at: at(second), categories: categories.id(), groups };
    objects.0.insert(HEAD_KEY.to_owned(), head.write().into());
    let stock = StockHead { format: FORMAT, sequence, as_of: at(second), slots: vec![stock.id()] };
    objects.0.insert(STOCK_HEAD_KEY.to_owned(), stock.write().into());
    objects
}

impl Fake {
    /// An edge that reads what is published, whose origin is down.
    pub(crate) fn with_bucket() -> Self {
        let fake = Self::new();
        fake.set("catalog_bucket", "shop");
        fake.set("objects_endpoint", "http://objects.test");
        fake.origin_is_down();
        fake
    }

    /// As Workers KV gets it.
    pub(crate) fn push(&self, objects: &Objects) {
        for (key, bytes) in &objects.0 {
            self.kv_set(key, bytes.clone());
        }
    }
}
