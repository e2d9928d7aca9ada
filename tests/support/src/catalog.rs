//! A seeded generator of a plausible catalog, as plain rows that any importer can take.
//!
//! Product `n` of a seed is always the same, however many are asked for, so a larger catalog extends a smaller one. Money
//! is counted in cents throughout.

mod random;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use self::{
    random::Random,
    words::{LEAVES, Leaf, OptionKind, ROOTS},
};

/// One category. A parent always comes before its children in [`categories`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedCategory {
    /// Name in URLs: `a-z`, `0-9` and hyphens.
    pub slug: &'static str,
    /// What the shop calls it.
    pub name: &'static str,
    /// The slug of the category it belongs to.
    pub parent: Option<&'static str>,
}

/// One product with one to six variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedProduct {
    /// Unique within a seed: `a-z`, `0-9` and hyphens.
    pub handle: String,
    /// What the shop calls it.
    pub name: String,
    /// Two or three sentences.
    pub description: String,
    /// The maker.
    pub brand: String,
    /// The slug of a category without children.
    pub category: &'static str,
    /// Lower case, without repetition.
    pub tags: Vec<String>,
    /// One to four URLs.
    pub images: Vec<String>,
    /// Name and value of what is particular to the product.
    pub specifications: BTreeMap<String, String>,
    /// What can be bought. Options are empty for an only variant.
    pub variants: Vec<GeneratedVariant>,
    /// 0 to 5 with two decimals; 0 without reviews.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub rating: Decimal,
    /// How many reviews the rating is the mean of.
    pub review_count: u32,
}

/// One thing to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedVariant {
    /// Unique within a seed.
    pub sku: String,
    /// Name and value of each option, in the order they are shown.
    pub options: Vec<(String, String)>,
    /// In US dollars, two decimals, above zero.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub price: Decimal,
    /// On hand.
    pub stock: u32,
    /// Of one piece.
    pub weight_grams: u32,
    /// How many may be sold beyond the stock; zero for nearly all.
    pub backorder_limit: u32,
}

impl GeneratedProduct {
    /// The lowest price of its variants.
    pub fn price(&self) -> Decimal {
        self.variants.iter().map(|variant| variant.price).min().unwrap_or_default()
    }

    /// The stock of its variants together.
    pub fn stock(&self) -> u32 {
        self.variants.iter().map(|variant| variant.stock).sum()
    }
}

/// The tree of categories, parents first.
pub fn categories() -> impl Iterator<Item = GeneratedCategory> {
    let roots = ROOTS.iter().map(|&(slug, name)| GeneratedCategory { slug, name, parent: None });
    let leaves =
        LEAVES.iter().map(|leaf| GeneratedCategory { slug: leaf.slug, name: leaf.name, parent: Some(leaf.parent) });
    roots.chain(leaves)
}

/// The first `count` products of `seed`.
pub fn generate(seed: u64, count: u64) -> impl Iterator<Item = GeneratedProduct> {
    (0..count).map(move |number| product(seed, number))
}

fn product(seed: u64, number: u64) -> GeneratedProduct {
    let mut random = Random::new(seed, number);
    let leaf = random.pick(LEAVES);
    let (style, noun, line) = (*random.pick(leaf.styles), *random.pick(leaf.nouns), *random.pick(words::LINES));
    let brand = *random.pick(leaf.brands);
    let name = format!("{line} {style} {noun}");
    let handle = format!("{}-{number}", slug(&name));
    let material = *random.pick(leaf.materials);
    let review_count = review_count(&mut random);
    GeneratedProduct {
        description: description(&mut random, leaf, &name, brand, material),
        tags: tags(&mut random, leaf, style),
        images: (1..=random.between(1, 4))
            .map(|n| format!("https://images.example.com/{}/{handle}-{n}.jpg", leaf.slug))
            .collect(),
        specifications: specifications(&mut random, leaf, material),
        variants: variants(&mut random, leaf, number),
        rating: rating(&mut random, review_count),
        review_count,
        brand: brand.to_owned(),
        category: leaf.slug,
        handle,
        name,
    }
}

fn description(random: &mut Random, leaf: &Leaf, name: &str, brand: &str, material: &str) -> String {
    let use_case = random.pick(leaf.uses);
    let praise = random.pick(words::PRAISE);
    let closing = if random.chance(60) { format!(" Main material: {material}.") } else { String::new() };
    format!("The {name} by {brand} is made for {use_case}. {praise}{closing}")
}

fn tags(random: &mut Random, leaf: &Leaf, style: &str) -> Vec<String> {
    let mut tags = vec![leaf.slug.to_owned(), slug(style)];
    for _ in 0..random.between(0, 3) {
        let tag = (*random.pick(words::TAGS)).to_owned();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn specifications(random: &mut Random, leaf: &Leaf, material: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([("material".to_owned(), material.to_owned())]);
    for (name, values) in leaf.specifications {
        all.insert((*name).to_owned(), (*random.pick(values)).to_owned());
    }
    all.insert("warranty".to_owned(), format!("{} years", random.between(1, 5)));
    all
}

/// Two of five products have several variants, where their kind has options at all.
fn variants(random: &mut Random, leaf: &Leaf, number: u64) -> Vec<GeneratedVariant> {
    let base_cents = price_cents(random, leaf.price_dollars);
    let base_grams = random.between(leaf.weight_grams.0, leaf.weight_grams.1);
    let several = leaf.options != OptionKind::None && random.chance(40);
    let choices = if several { choices(random, leaf.options) } else { vec![Vec::new()] };
    choices
        .into_iter()
        .enumerate()
        .map(|(place, options)| {
            let step = leaf.options.price_step_cents() * place as u64;
            GeneratedVariant {
                sku: format!("{}-{number:06}-{place}", leaf.sku),
                options,
                price: cents(base_cents + step),
                stock: stock(random),
                weight_grams: u32::try_from(base_grams).unwrap_or(u32::MAX),
                backorder_limit: if random.chance(3) { 10 } else { 0 },
            }
        })
        .collect()
}

/// Two to six combinations of option values.
fn choices(random: &mut Random, kind: OptionKind) -> Vec<Vec<(String, String)>> {
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let run = |random: &mut Random, name: &str, values: &[&str]| -> Vec<Vec<(String, String)>> {
        let length = 2 + random.place(values.len().min(6) - 1);
        let start = random.place(values.len() - length + 1);
        values[start..start + length].iter().map(|value| vec![named(name, value)]).collect()
    };
    match kind {
        OptionKind::None => vec![Vec::new()],
        OptionKind::Colour => run(random, "Color", words::COLOURS),
        OptionKind::ShoeSize => run(random, "Size", words::SHOE_SIZES),
        OptionKind::Storage => run(random, "Storage", words::STORAGE),
        OptionKind::SizeAndColour => {
            let start = random.place(words::COLOURS.len() - 1);
            let sizes = run(random, "Size", words::SIZES);
            let colours = if sizes.len() <= 3 { 2 } else { 1 };
            let colours = &words::COLOURS[start..start + colours];
            sizes
                .iter()
                .flat_map(|size| colours.iter().map(|colour| [size.clone(), vec![named("Color", colour)]].concat()))
                .collect()
        }
    }
}

/// Cheap is more common than dear, and prices end the way shops let them.
fn price_cents(random: &mut Random, (low, high): (u64, u64)) -> u64 {
    let dollars = random.between(low, high).min(random.between(low, high));
    dollars * 100 + *random.pick(&[99, 99, 99, 95, 50, 49, 0])
}

fn cents(amount: u64) -> Decimal {
    Decimal::new(i64::try_from(amount).unwrap_or(i64::MAX), 2)
}

/// One in fourteen is sold out, some are low, most are well stocked.
fn stock(random: &mut Random) -> u32 {
    let pieces = match random.below(100) {
        0..7 => 0,
        7..25 => random.between(1, 9),
        _ => random.between(10, 250),
    };
    u32::try_from(pieces).unwrap_or(u32::MAX)
}

fn review_count(random: &mut Random) -> u32 {
    let count = if random.chance(15) { 0 } else { random.between(1, 900).min(random.between(1, 900)) };
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn rating(random: &mut Random, review_count: u32) -> Decimal {
    if review_count == 0 { Decimal::new(0, 2) } else { cents(random.between(250, 500).max(random.between(250, 500))) }
}

fn slug(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join("-")
}
