//! From a line to a product.

use commerce_domain::{CategorySlug, Currency};
use rust_decimal::Decimal;

use super::{ImageField, ProductLine, VariantField};
use crate::catalog::{
    entry::{CatalogEntry, EntryCategory, EntryImage, EntryVariant},
    rules::{self, MAX_IMAGES},
};

/// Refused fields: path and reason.
pub(super) type Refused = Vec<(String, String)>;

/// The product of a line.
pub(super) fn parse(line: &[u8]) -> Result<CatalogEntry, Refused> {
    let line: ProductLine = commerce_api::json::parse_body(line).map_err(|problem| {
        let fields: Refused = problem.fields().iter().map(|f| (f.field.clone(), f.message.clone())).collect();
        if fields.is_empty() { vec![("row".to_owned(), "is not valid JSON".to_owned())] } else { fields }
    })?;
    let mut refused = Refused::new();
    let entry = entry(line, &mut refused);
    match entry {
        Some(entry) if refused.is_empty() => Ok(entry),
        _ => Err(refused),
    }
}

/// The value, or its fault noted.
fn take<T>(refused: &mut Refused, field: impl Into<String>, outcome: Result<T, String>) -> Option<T> {
    outcome.map_err(|reason| refused.push((field.into(), reason))).ok()
}

fn entry(line: ProductLine, refused: &mut Refused) -> Option<CatalogEntry> {
    take(refused, "handle", rules::name(&line.handle));
    take(refused, "name", rules::name(&line.name));
    take(refused, "description", rules::description(&line.description));
    line.brand.as_deref().map(|brand| take(refused, "brand", rules::name(brand)));
    let slug = line.category.slug.parse::<CategorySlug>().map_err(|error| error.to_string());
    let slug = take(refused, "category.slug", slug);
    take(refused, "category.name", rules::name(&line.category.name));
    let tags = take(refused, "tags", rules::tags(line.tags.iter().map(String::as_str)));
    take(refused, "specifications", rules::specifications(&line.specifications));
    let currency = line.currency.parse::<Currency>().map_err(|error| error.to_string());
    let currency = take(refused, "currency", currency);
    let rating = line.rating.0.normalize();
    if rating.scale() > 2 || !(Decimal::ZERO..=Decimal::from(5)).contains(&rating) {
        refused.push(("rating".to_owned(), "must be from 0 to 5 with at most two decimals".to_owned()));
    }
    if i32::try_from(line.review_count).is_err() {
        refused.push(("reviewCount".to_owned(), "is too large".to_owned()));
    }
    take(refused, "extra", rules::extra(&line.extra));
    let mut entry = CatalogEntry {
        handle: line.handle.trim().to_owned(),
        name: line.name.trim().to_owned(),
        description: line.description,
        brand: line.brand.map(|brand| brand.trim().to_owned()),
        category: EntryCategory { slug: slug?, name: line.category.name.trim().to_owned() },
        tags: tags?,
        specifications: line.specifications,
        published: line.published,
        currency: currency?,
        rating,
        review_count: line.review_count,
        images: images(line.images, refused),
        variants: Vec::new(),
        extra: line.extra,
    };
    for (index, field) in line.variants.into_iter().enumerate() {
        if let Some(variant) = variant(field, index, &entry, refused) {
            entry.variants.push(variant);
        }
    }
    if entry.variants.is_empty() && refused.is_empty() {
        refused.push(("variants".to_owned(), "must not be empty".to_owned()));
    }
    take(refused, "row", rules::size(&entry));
    Some(entry)
}

fn images(fields: Vec<ImageField>, refused: &mut Refused) -> Vec<EntryImage> {
    if fields.len() > MAX_IMAGES {
        refused.push(("images".to_owned(), format!("has more than {MAX_IMAGES} images")));
        return Vec::new();
    }
    for (index, field) in fields.iter().enumerate() {
        take(refused, format!("images[{index}].url"), rules::image_url(&field.url));
        take(refused, format!("images[{index}].alt"), rules::free_text(&field.alt));
        take(refused, format!("images[{index}].extra"), rules::extra(&field.extra));
    }
    fields.into_iter().map(|field| EntryImage { url: field.url, alt: field.alt, extra: field.extra }).collect()
}

fn variant(field: VariantField, index: usize, entry: &CatalogEntry, refused: &mut Refused) -> Option<EntryVariant> {
    let at = |name: &str| format!("variants[{index}].{name}");
    field.sku.as_deref().map(|sku| take(refused, at("sku"), rules::name(sku)));
    let given = field.options.iter().map(|option| (option.name.as_str(), option.value.as_str()));
    let options = rules::options(given).and_then(|options| entry.room_for(&options).map(|()| options));
    let options = take(refused, at("options"), options);
    let price = take(refused, at("price"), rules::amount(field.price, entry.currency));
    field.weight_grams.map(|grams| take(refused, at("weightGrams"), rules::grams(grams)));
    take(refused, at("stock"), rules::count(field.stock));
    take(refused, at("backorderLimit"), rules::count(i64::from(field.backorder_limit)));
    take(refused, at("extra"), rules::extra(&field.extra));
    Some(EntryVariant {
        sku: field.sku.map(|sku| sku.trim().to_owned()),
        options: options?,
        price: price?,
        weight_grams: field.weight_grams,
        stock: field.stock,
        backorder_limit: field.backorder_limit,
        extra: field.extra,
    })
}
