//! Reads the parts of a row: what it says of the product, of a variant, of an image.

use std::collections::BTreeMap;

use commerce_api::json::parse_body;
use commerce_domain::Currency;
use rust_decimal::Decimal;

use super::{
    columns::{
        BACKORDER_LIMIT, BODY, CONTINUE_LIMIT, CURRENCY, GRAMS, HANDLE, IMAGE_ALT, IMAGE_POSITION, IMAGE_SRC,
        OPTION_NAMES, OPTION_VALUES, Owner, POLICY, PRICE, PUBLISHED, QUANTITY, RATING, REVIEW_COUNT, SKU,
        SPECIFICATIONS, STATUS, TAGS, TITLE, TYPE, VENDOR, owner,
    },
    row::{Faults, Row},
    spelling::{self, keep},
};
use crate::catalog::{
    entry::{CatalogEntry, EntryCategory, EntryImage, EntryVariant, Extra},
    rules::{self, NO_OPTION},
};

/// The product that a first row begins, without variants and images.
pub(super) fn product(row: &Row<'_>, default_currency: Currency, faults: &mut Faults) -> Option<CatalogEntry> {
    let before = faults.found.len();
    faults.take(HANDLE, rules::name(row.trimmed(HANDLE)));
    faults.take(TITLE, rules::name(row.trimmed(TITLE)));
    faults.take(BODY, rules::description(row.raw(BODY)));
    let brand = Some(row.trimmed(VENDOR)).filter(|brand| !brand.is_empty());
    if let Some(brand) = brand {
        faults.take(VENDOR, rules::name(brand));
    }
    if !row.trimmed(TYPE).is_empty() {
        faults.take(TYPE, rules::name(row.trimmed(TYPE)));
    }
    let tags = faults.take(TAGS, rules::tags(row.raw(TAGS).split(',')));
    let published = faults.take(PUBLISHED, spelling::flag(row.trimmed(PUBLISHED)));
    let currency = faults.take(CURRENCY, currency(row.trimmed(CURRENCY), default_currency));
    let rating = faults.take(RATING, rating(row.trimmed(RATING)));
    let review_count = faults.take(REVIEW_COUNT, review_count(row.trimmed(REVIEW_COUNT)));
    let specifications = faults.take(SPECIFICATIONS, specifications(row.trimmed(SPECIFICATIONS)));
    if faults.found.len() > before {
        return None;
    }
    let mut entry = CatalogEntry {
        handle: row.trimmed(HANDLE).to_owned(),
        name: row.trimmed(TITLE).to_owned(),
        description: row.raw(BODY).to_owned(),
        brand: brand.map(str::to_owned),
        category: EntryCategory::titled(row.raw(TYPE)),
        tags: tags?,
        specifications: specifications?,
        published: published? && spelling::is_active(row.raw(STATUS)),
        currency: currency?,
        rating: rating?,
        review_count: review_count?,
        images: Vec::new(),
        variants: Vec::new(),
        extra: Extra::new(),
    };
    keep_product_spelling(row, &mut entry);
    Some(entry)
}

fn keep_product_spelling(row: &Row<'_>, entry: &mut CatalogEntry) {
    let ours = [
        (HANDLE, entry.handle.clone()),
        (TITLE, entry.name.clone()),
        (VENDOR, entry.brand.clone().unwrap_or_default()),
        (TYPE, spelling::category(&entry.category).to_owned()),
        (TAGS, entry.tags.join(", ")),
        (PUBLISHED, entry.published.to_string()),
        (STATUS, String::new()),
    ];
    for (column, ours) in ours {
        if row.has_column(column) {
            keep(&mut entry.extra, column, row.raw(column), &ours);
        }
    }
}

fn currency(cell: &str, default: Currency) -> Result<Currency, String> {
    if cell.is_empty() { Ok(default) } else { cell.parse().map_err(|_| format!("{cell:?} is no known currency")) }
}

fn rating(cell: &str) -> Result<Decimal, String> {
    if cell.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let rating = spelling::decimal(cell)?.normalize();
    let fits = rating.scale() <= 2 && (Decimal::ZERO..=Decimal::from(5)).contains(&rating);
    if fits { Ok(rating) } else { Err("must be from 0 to 5 with at most two decimals".to_owned()) }
}

fn review_count(cell: &str) -> Result<u32, String> {
    let count = u32::try_from(spelling::whole(cell)?).ok().filter(|count| i32::try_from(*count).is_ok());
    count.ok_or_else(|| "must be from 0 to 2147483647".to_owned())
}

fn specifications(cell: &str) -> Result<BTreeMap<String, String>, String> {
    if cell.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Strictly: none of the names stands twice.
    let read = parse_body(cell.as_bytes());
    let read = read.map_err(|_| "is no JSON object of texts with distinct names".to_owned())?;
    rules::specifications(&read).map(|()| read)
}

/// The names of the product's options.
pub(super) fn option_names(row: &Row<'_>, faults: &mut Faults) -> Vec<String> {
    let names: Vec<String> = OPTION_NAMES.iter().map(|column| row.trimmed(column).to_owned()).collect();
    let used = names.iter().take_while(|name| !name.is_empty()).count();
    if let Some(gap) = names[used..].iter().position(|name| !name.is_empty()) {
        faults.add(OPTION_NAMES[used + gap], "the option before it has no name");
    }
    names.into_iter().take(used).collect()
}

/// The variant of a row that has a price.
pub(super) fn variant(
    row: &Row<'_>,
    names: &[String],
    currency: Currency,
    faults: &mut Faults,
) -> Option<EntryVariant> {
    let before = faults.found.len();
    let options = options(row, names, faults);
    let sku = Some(row.trimmed(SKU)).filter(|sku| !sku.is_empty());
    if let Some(sku) = sku {
        faults.take(SKU, rules::name(sku));
    }
    let amount = spelling::decimal(row.trimmed(PRICE));
    let price = faults.take(PRICE, amount.and_then(|amount| rules::price(amount, currency)));
    let weight_grams = faults.take(GRAMS, spelling::grams(row.trimmed(GRAMS)));
    let quantity = spelling::quantity(row.trimmed(QUANTITY));
    let stock = faults.take(QUANTITY, quantity.and_then(|stock| rules::count(stock).map(|()| stock)));
    let backorder_limit = backorder_limit(row, faults);
    if faults.found.len() > before {
        return None;
    }
    let mut variant = EntryVariant {
        sku: sku.map(str::to_owned),
        options,
        price: price?,
        weight_grams: weight_grams?,
        stock: stock?,
        backorder_limit: backorder_limit?,
        extra: Extra::new(),
    };
    keep_variant_spelling(row, &mut variant);
    Some(variant)
}

fn keep_variant_spelling(row: &Row<'_>, variant: &mut EntryVariant) {
    let ours = [
        (SKU, variant.sku.clone().unwrap_or_default()),
        (PRICE, spelling::price(variant.price)),
        (GRAMS, variant.weight_grams.map(|grams| grams.to_string()).unwrap_or_default()),
        (QUANTITY, variant.stock.to_string()),
        (POLICY, policy_cell(variant.backorder_limit).to_owned()),
    ];
    for (column, ours) in ours {
        if row.has_column(column) {
            keep(&mut variant.extra, column, row.raw(column), &ours);
        }
    }
    for (index, column) in OPTION_VALUES.into_iter().enumerate().filter(|(_, column)| row.has_column(column)) {
        let ours = option_cell(&variant.options, index).1.to_owned();
        keep(&mut variant.extra, column, row.raw(column), &ours);
    }
}

/// The cells of the option at this place: its name and the variant's value.
pub(super) fn option_cell(options: &[(String, String)], index: usize) -> (&str, &str) {
    match options.get(index) {
        Some((name, value)) => (name, value),
        None if index == 0 => NO_OPTION,
        None => ("", ""),
    }
}

/// The cell that says whether more may be sold than there is.
pub(super) fn policy_cell(backorder_limit: u32) -> &'static str {
    if backorder_limit == 0 { "deny" } else { "continue" }
}

fn options(row: &Row<'_>, names: &[String], faults: &mut Faults) -> Vec<(String, String)> {
    let mut given = Vec::new();
    for (index, column) in OPTION_VALUES.iter().enumerate() {
        match (names.get(index), row.trimmed(column)) {
            (Some(name), "") if names.len() == 1 && name == NO_OPTION.0 => {}
            (Some(_), "") => faults.add(column, "the variant needs a value of this option"),
            (Some(name), value) => given.push((name.as_str(), value)),
            (None, "") => {}
            (None, value) if index == 0 && value == NO_OPTION.1 => {}
            (None, _) => faults.add(column, "the product has no such option"),
        }
    }
    faults.take(OPTION_VALUES[0], rules::options(given)).unwrap_or_default()
}

fn backorder_limit(row: &Row<'_>, faults: &mut Faults) -> Option<u32> {
    let goes_on = faults.take(POLICY, spelling::policy(row.trimmed(POLICY)))?;
    let ours = row.trimmed(BACKORDER_LIMIT);
    if ours.is_empty() {
        return Some(if goes_on { CONTINUE_LIMIT } else { 0 });
    }
    let limit = spelling::whole(ours).and_then(|limit| rules::count(limit).map(|()| limit));
    faults.take(BACKORDER_LIMIT, limit).and_then(|limit| u32::try_from(limit).ok())
}

/// The image of a row that has one, and its place where one is given.
pub(super) fn image(row: &Row<'_>, faults: &mut Faults) -> Option<(Option<u32>, EntryImage)> {
    let before = faults.found.len();
    faults.take(IMAGE_SRC, rules::image_url(row.trimmed(IMAGE_SRC)));
    faults.take(IMAGE_ALT, rules::free_text(row.raw(IMAGE_ALT)));
    let position = faults.take(IMAGE_POSITION, spelling::position(row.trimmed(IMAGE_POSITION)));
    if faults.found.len() > before {
        return None;
    }
    let mut extra = Extra::new();
    keep(&mut extra, IMAGE_SRC, row.raw(IMAGE_SRC), row.trimmed(IMAGE_SRC));
    if row.has_column(IMAGE_POSITION) {
        extra.insert(IMAGE_POSITION.to_owned(), row.raw(IMAGE_POSITION).to_owned());
    }
    let image = EntryImage { url: row.trimmed(IMAGE_SRC).to_owned(), alt: row.raw(IMAGE_ALT).to_owned(), extra };
    Some((position?, image))
}

/// The cells without a place of their own, by what keeps them. Empty ones are not kept.
pub(super) fn unplaced(row: &Row<'_>) -> Vec<(Owner, String, String)> {
    let cells = row.header.names().iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
    let owned = cells.map(|(name, cell)| (owner(name), name.clone(), cell.clone()));
    owned.filter(|(owner, ..)| *owner != Owner::Placed).collect()
}
